"""Routes of operators: log, security report, purge, job schedules, GraphQL config, events."""

from typing import Any

import pytest

from parse_shim.hooks.kinds import JOB
from parse_shim.hooks.registry import Hook, Registry
from parse_shim.rest.security import Check, Group, report
from tests.web.world import APP, Web, error

JOBS = Registry([Hook(JOB, "j1", lambda r: None), Hook(JOB, "j2", lambda r: None)])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/scriptlog"), ("GET", "/security"), ("DELETE", "/purge/A"), ("GET", "/cloud_code/jobs"), ("POST", "/cloud_code/jobs"),
        ("GET", "/cloud_code/jobs/data"), ("PUT", "/cloud_code/jobs/x"), ("DELETE", "/cloud_code/jobs/x"), ("GET", "/graphql-config"),
        ("PUT", "/graphql-config"), ("POST", "/push"), ("GET", "/push_audiences"),
    ],
)  # fmt: skip
def test_all_of_them_need_the_master_key(web: Web, method: str, path: str) -> None:
    assert error(web(method, path)) == (403, None, "Permission denied")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/purge/A", None), ("POST", "/cloud_code/jobs", {"job_schedule": {}}), ("PUT", "/graphql-config", {"params": {}}),
        ("DELETE", "/cloud_code/jobs/x", None), ("POST", "/push_audiences", {"name": "A"}),
    ],
)  # fmt: skip
def test_the_read_only_key_changes_nothing(method: str, path: str, body: Any) -> None:
    web = Web(readOnlyMasterKey="ro")
    assert error(web(method, path, body, {**APP, "X-Parse-Master-Key": "ro"})) == (400, 119, "Permission denied")


def test_the_log_is_a_bare_list(web: Web) -> None:
    assert isinstance(web.master("GET", "/scriptlog?size=1&level=error").json, list)


class TestPurge:
    def test_objects_go_and_the_class_stays(self, web: Web) -> None:
        web.create("A", n=1)
        assert web.master("DELETE", "/purge/A").json == {}
        assert web.rows("A") == []
        assert "n" in web.master("GET", "/schemas/A").json["fields"]

    def test_an_unknown_class_is_empty_already(self, web: Web) -> None:
        answer = web.master("DELETE", "/purge/Nope")
        assert (answer.status_code, answer.json) == (200, {})

    def test_purged_sessions_count_no_more(self, web: Web) -> None:
        _, ann = web.sign_up()
        assert web("GET", "/users/me", headers=ann).status_code == 200
        web.master("DELETE", "/purge/_Session")
        assert error(web("GET", "/users/me", headers=ann))[:2] == (400, 209)


class TestSecurity:
    def test_off_is_409(self, web: Web) -> None:
        text = "Enable Parse Server option `security.enableCheck` to run security check."
        assert error(web.master("GET", "/security")) == (409, None, text)

    def test_the_report_names_what_is_wrong(self) -> None:
        found = Web(security={"enableCheck": True}).master("GET", "/security").json["report"]
        states = {check["title"]: check["state"] for group in found["groups"] for check in group["checks"]}
        assert (found["version"], found["state"]) == ("1.0.0", "fail")
        assert (states["Secure master key"], states["Client class creation disabled"]) == ("fail", "fail")
        assert (states["Master key addresses restricted"], states["File extensions restricted"]) == ("success", "success")
        failed = next(check for check in found["groups"][0]["checks"] if check["state"] == "fail")
        assert set(failed) == {"title", "state", "warning", "solution"}

    def test_a_sound_server_passes(self) -> None:
        sound = {
            "masterKey": "0123456789abcdefghijABCDEFGHIJ-+",
            "allowClientClassCreation": False,
            "publicServerURL": "https://x.org/parse",
        }
        assert report(Web(**sound).core)["state"] == "success"

    def test_own_checks_join_the_report(self) -> None:
        group = Group("Mine", (Check("T", "W", "S", lambda core: False),))
        found = Web(security={"enableCheck": True, "checkGroups": [group]}).master("GET", "/security").json["report"]
        assert found["groups"][-1] == {
            "name": "Mine", "state": "fail", "checks": [{"title": "T", "state": "fail", "warning": "W", "solution": "S"}],
        }  # fmt: skip


class TestJobSchedules:
    def test_life_of_a_schedule(self) -> None:
        web = Web(cloud=JOBS)
        made = web.master("POST", "/cloud_code/jobs", {"job_schedule": {"jobName": "j1", "params": "{}"}})
        assert (made.status_code, set(made.json)) == (201, {"objectId", "createdAt"})
        path = f"/cloud_code/jobs/{made.json['objectId']}"
        rows = web.master("GET", "/cloud_code/jobs").json
        assert (rows[0]["jobName"], rows[0]["startAfter"][-1]) == ("j1", "Z")
        assert web.master("GET", "/cloud_code/jobs/data").json == {"in_use": ["j1"], "jobs": ["j1", "j2"]}
        assert set(web.master("PUT", path, {"job_schedule": {"timeOfDay": "10:00"}}).json["response"]) == {"updatedAt"}
        assert web.master("DELETE", path).json == {}
        assert web.master("GET", "/cloud_code/jobs").json == []

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"job_schedule": {"jobName": "nope"}}, (400, 1, "Cannot Schedule a job that is not deployed")),
            ({}, (400, 107, "job_schedule must be an object")),
        ],
    )
    def test_refusals(self, body: Any, expected: tuple[int, int, str]) -> None:
        assert error(Web(cloud=JOBS).master("POST", "/cloud_code/jobs", body)) == expected


class TestGraphQLConfig:
    def test_it_is_kept(self, web: Web) -> None:
        assert web.master("GET", "/graphql-config").json == {}
        params = {"enabledForClasses": ["A"], "classConfigs": [{"className": "A", "query": {"get": True}}]}
        assert web.master("PUT", "/graphql-config", {"params": params}).json == {"response": {"result": True}}
        web.master("PUT", "/graphql-config", {"params": {"enabledForClasses": None}})
        assert web.master("GET", "/graphql-config").json == {"classConfigs": params["classConfigs"]}

    @pytest.mark.parametrize(
        "body", [{}, {"params": 5}, {"params": {"x": 1}}, {"params": {"enabledForClasses": "A"}}, {"params": {"classConfigs": [{}]}}]
    )
    def test_refusals(self, web: Web, body: Any) -> None:
        assert error(web.master("PUT", "/graphql-config", body))[:2] == (400, 107)


class TestEvents:
    @pytest.mark.parametrize("name", ["AppOpened", "Bought"])
    def test_without_an_adapter_they_are_forgotten(self, web: Web, name: str) -> None:
        answer = web("POST", f"/events/{name}", {"dimensions": {"a": "b"}})
        assert (answer.status_code, answer.json) == (200, {})

    def test_an_adapter_gets_them(self) -> None:
        class Adapter:
            def app_opened(self, parameters: Any, context: Any) -> None:
                seen.append(("opened", parameters))

            def track_event(self, name: str, parameters: Any, context: Any) -> Any:
                seen.append((name, parameters))
                return {"ok": True}

        seen: list[Any] = []
        web = Web(analyticsAdapter=Adapter)
        web("POST", "/events/AppOpened", {})
        assert web("POST", "/events/Bought", {"dimensions": {"a": "b"}}).json == {"ok": True}
        assert seen == [("opened", {}), ("Bought", {"dimensions": {"a": "b"}})]
