"""/push from request to `_PushStatus`, and /push_audiences."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from parse_shim import ids
from parse_shim.hooks.kinds import AFTER_SAVE
from parse_shim.hooks.registry import Hook, Registry
from parse_shim.rest import push as pushing
from parse_shim.rest.push_schedule import send_due
from parse_shim.rest.push_senders import result
from parse_shim.testing.adapters import AcceptingPush
from tests.web.world import APP, Web, error


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs after the answer runs before it."""
    monkeypatch.setattr(pushing, "in_background", lambda work: work())


@pytest.fixture
def clock() -> Iterator[Callable[[float], None]]:
    yield lambda now: ids.set_clock(lambda: now)
    ids.set_clock(None)


def server(adapter: Any = None, cloud: Any = None, **options: Any) -> tuple[Web, Any]:
    adapter = adapter or AcceptingPush()
    return Web(push={"adapter": adapter}, cloud=cloud, **options), adapter


def devices(web: Web, count: int, **fields: Any) -> None:
    for number in range(count):
        body = {"deviceType": "ios", "deviceToken": f"token{number}", "installationId": f"i{number}", **fields}
        assert web("POST", "/installations", body).status_code == 201


def push(web: Web, **body: Any) -> dict[str, Any]:
    """The row that a push leaves."""
    answer = web.master("POST", "/push", body)
    assert (answer.status_code, answer.json) == (200, {"result": True}), answer.data
    status_id = answer.headers["X-Parse-Push-Status-Id"]
    return next(row for row in web.rows("_PushStatus") if row["objectId"] == status_id)


class Failing:
    """Reports one dead token, or raises."""

    def __init__(self, raises: bool = False) -> None:
        self.raises = raises

    def send(self, body: Any, installations: Any, push_status_id: str) -> Any:
        if self.raises:
            raise RuntimeError("secret detail")
        return [result(row, row["deviceToken"] != "token1", {"status": 410, "error": "Unregistered"}) for row in installations]


def test_a_push_without_a_sender_is_refused() -> None:
    assert error(Web().master("POST", "/push", {"where": {}})) == (400, 115, "Missing push configuration")


def test_only_the_master_key_may_push() -> None:
    web, _ = server(readOnlyMasterKey="ro")
    assert error(web("POST", "/push", {"where": {}})) == (403, None, "Permission denied")
    assert error(web("POST", "/push", {"where": {}}, {**APP, "X-Parse-Master-Key": "ro"})) == (400, 119, "Permission denied")


@pytest.mark.parametrize("where", [{"a": {"$nope": 1}}, {"$or": 5}, {"a": {"$regex": "("}}])
def test_conditions_that_cannot_be_read_leave_no_row(where: Any) -> None:
    web, _ = server()
    assert error(web.master("POST", "/push", {"where": where}))[0] == 400
    assert web.rows("_PushStatus") == []


def test_the_row_tells_what_was_sent_and_how_it_went() -> None:
    web, _ = server(Failing())
    devices(web, 3, channels=["c1"])
    row = push(web, channels=["c1"], data={"alert": "hi"})
    made = {name: row.pop(name) for name in ("objectId", "createdAt", "updatedAt", "pushTime")}
    assert made["pushTime"].endswith("Z")
    assert row == {
        "query": '{"channels":{"$in":["c1"]}}', "payload": '{"alert":"hi"}', "source": "rest", "status": "succeeded",
        "numSent": 2, "numFailed": 1, "sentPerType": {"ios": 2}, "failedPerType": {"ios": 1},
        "pushHash": "49f68a5c8493ec2c0bf489821c21fc3b", "ACL": {},
    }  # fmt: skip


def test_after_save_hooks_see_every_step() -> None:
    seen: list[Any] = []
    hook = Hook(AFTER_SAVE, "_PushStatus", lambda r: seen.append((r.object.get("status"), r.object.get("count"), r.object.get("numSent"))))
    web, _ = server(cloud=Registry([hook]))
    devices(web, 2)
    push(web, where={})
    assert seen == [("pending", None, 0), ("running", 1, 0), ("running", 0, 2), ("succeeded", None, 2)]


def test_a_sender_that_raises_makes_the_push_failed_without_details() -> None:
    web, _ = server(Failing(raises=True))
    devices(web, 1)
    row = push(web, where={})
    assert (row["status"], row["errorMessage"]) == ("failed", {"error": "The push could not be sent."})


def test_nobody_to_send_to_is_a_success() -> None:
    web, adapter = server()
    web("POST", "/installations", {"deviceType": "ios", "installationId": "no token"})
    assert (push(web, where={})["status"], adapter.sent) == ("succeeded", [])


def test_recipients_come_in_batches_of_a_hundred() -> None:
    web, adapter = server()
    devices(web, 205)
    row = push(web, where={"deviceType": "ios"}, data={"alert": "x"})
    assert [len(rows) for _, rows, _ in adapter.sent] == [100, 100, 5]
    assert len({row["deviceToken"] for _, rows, _ in adapter.sent for row in rows}) == 205
    assert row["numSent"] == 205 and "count" not in row


def test_badges_are_raised_in_the_installations_first() -> None:
    web, adapter = server()
    devices(web, 1, badge=4)
    push(web, where={}, data={"badge": "Increment"})
    assert web.rows("_Installation")[0]["badge"] == 5
    assert adapter.sent[0][0] == {"data": {"badge": 5}}


def test_inner_queries_choose_recipients() -> None:
    web, adapter = server()
    user_id, _ = web.sign_up()
    devices(web, 2)
    web.master(
        "PUT",
        f"/installations/{web.rows('_Installation')[0]['objectId']}",
        {"user": {"__type": "Pointer", "className": "_User", "objectId": user_id}},
    )
    push(web, where={"user": {"$inQuery": {"className": "_User", "where": {"username": "ann"}}}})
    assert [len(rows) for _, rows, _ in adapter.sent] == [1]


def test_dead_tokens_are_forgotten_when_told_so() -> None:
    web, _ = server(Failing(), cleanupInvalidInstallations=True)
    devices(web, 2)
    push(web, where={})
    assert sorted(row.get("deviceToken", "") for row in web.rows("_Installation")) == ["", "token0"]


class TestLater:
    def test_without_the_option_push_time_is_ignored(self, clock: Any) -> None:
        clock(1_700_000_000.0)
        web, adapter = server()
        devices(web, 1)
        row = push(web, where={}, push_time=1_700_000_500)
        assert (row["status"], row["pushTime"], len(adapter.sent)) == ("succeeded", "2023-11-14T22:21:40.000Z", 1)

    def test_a_scheduled_push_is_sent_when_its_time_has_come_and_once(self, clock: Any) -> None:
        clock(1_700_000_000.0)
        web, adapter = server(scheduledPush=True)
        devices(web, 1)
        row = push(web, where={}, push_time="2023-11-14T22:21:40.000Z", data={"alert": "later", "badge": 7})
        assert (row["status"], send_due(web.core), adapter.sent) == ("scheduled", 0, [])
        clock(1_700_000_500.0)
        assert (send_due(web.core), send_due(web.core)) == (1, 0)
        assert adapter.sent[0][0] == {"data": {"alert": "later", "badge": 7}}
        assert web.rows("_PushStatus")[0]["status"] == "succeeded"
        web.core.close()

    def test_an_expired_push_reaches_nobody(self, clock: Any) -> None:
        clock(1_700_000_000.0)
        web, adapter = server(scheduledPush=True)
        devices(web, 1)
        push(web, where={}, push_time=1_700_000_500, expiration_interval=10)
        clock(1_700_000_600.0)
        send_due(web.core)
        assert (adapter.sent, web.rows("_PushStatus")[0]["status"]) == ([], "succeeded")
        web.core.close()


class TestAudiences:
    def test_the_query_is_text_in_and_an_object_out(self) -> None:
        web, _ = server()
        made = web.master("POST", "/push_audiences", {"name": "A", "query": '{"deviceType":"ios"}'})
        assert made.status_code == 201
        object_id = made.json["objectId"]
        assert web.master("GET", f"/push_audiences/{object_id}").json["query"] == {"deviceType": "ios"}
        assert web.master("GET", "/push_audiences").json["results"][0]["query"] == {"deviceType": "ios"}
        assert web.rows("_Audience")[0]["query"] == '{"deviceType":"ios"}'

    def test_an_object_as_query_is_refused_and_broken_text_stays_text(self) -> None:
        web, _ = server()
        web.master("POST", "/push_audiences", {"name": "A", "query": "{broken"})
        assert web.master("GET", "/push_audiences").json["results"][0]["query"] == "{broken"
        assert error(web.master("POST", "/push_audiences", {"name": "A", "query": {}}))[:2] == (400, 111)

    def test_change_and_delete(self) -> None:
        web, _ = server()
        path = f"/push_audiences/{web.master('POST', '/push_audiences', {'name': 'A', 'query': '{}'}).json['objectId']}"
        assert web.master("PUT", path, {"name": "B"}).status_code == 200
        assert web.master("GET", path).json["name"] == "B"
        assert web.master("DELETE", path).json == {}
        assert error(web.master("GET", path))[:2] == (404, 101)
        assert error(web("GET", "/push_audiences"))[0] == 403

    def test_a_push_to_an_audience_counts_it(self) -> None:
        web, _ = server()
        object_id = web.master("POST", "/push_audiences", {"name": "A", "query": "{}"}).json["objectId"]
        push(web, where={}, audience_id=object_id)
        row = web.rows("_Audience")[0]
        assert (row["timesUsed"], row["lastUsed"]["__type"]) == (1, "Date")


def test_server_info_follows_the_sender() -> None:
    web, _ = server(scheduledPush=True)
    features = web.master("GET", "/serverInfo").json["features"]["push"]
    assert (features["immediatePush"], features["scheduledPush"], features["storedPushData"]) == (True, True, True)
    assert Web().master("GET", "/serverInfo").json["features"]["push"]["immediatePush"] is False
    web.core.close()
