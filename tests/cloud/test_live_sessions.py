"""What a save, an update and a delete of an ActiveSessions row do. Rows of video/livesessions.md, section 10."""

import pytest

from parse_shim.video.fake import FAKE_KEY
from parse_shim.video.tokens import read_token, session_owner
from tests.cloud.world import error

COLUMNS = {
    "callerID": "String",
    "callerTitle": "String",
    "receiverID": "String",
    "isVideo": "Boolean",
    "isAudio": "Boolean",
    "sessionID": "String",
    "publisherToken": "String",
    "subscriberToken": "String",
}
SECRETS = ("sessionID", "publisherToken", "subscriberToken")


@pytest.fixture
def ann(house):
    return house.phone("Ann")


@pytest.fixture
def bob(house):
    return house.phone("Bob")


@pytest.fixture
def eve(house):
    return house.phone("Eve")


def token(house, text):
    return read_token(text, house.video.keys, house.now)


def test_the_columns_are_there_before_the_first_save(house):
    fields = house.master("GET", "/schemas/ActiveSessions").json["fields"]
    assert {name: fields[name]["type"] for name in COLUMNS} == COLUMNS
    people = house.master("GET", "/schemas/ActiveUsers").json["fields"]
    assert (people["userID"]["type"], people["userLocation"]["type"], people["lastSeen"]["type"]) == ("String", "GeoPoint", "Date")


def test_the_save_answer_brings_the_session_and_both_tokens(house, ann, bob):
    answer = ann.call(bob)
    assert {"objectId", "createdAt", *SECRETS} <= answer.keys()
    assert "callerID" not in answer
    assert house.video.count("create_session") == 1
    row = ann("GET", f"/classes/ActiveSessions/{answer['objectId']}").json
    assert {name: row[name] for name in SECRETS} == {name: answer[name] for name in SECRETS}


@pytest.mark.parametrize("roles, callers", [("literal", "subscriber"), ("two-way", "publisher")])
def test_roles_follow_the_setting(new_house, roles, callers):
    house = new_house(roles=roles)
    ann, bob = house.phone(), house.phone()
    answer = ann.call(bob)
    receivers, caller = token(house, answer["publisherToken"]), token(house, answer["subscriberToken"])
    assert (receivers.role, caller.role) == ("publisher", callers)
    assert receivers.session_id == caller.session_id == answer["sessionID"]
    assert session_owner(answer["sessionID"]) == FAKE_KEY
    assert caller.data == f'{{"userID":"{ann.id}","side":"caller"}}'
    assert receivers.data == f'{{"userID":"{bob.id}","side":"receiver"}}'


def test_two_calls_have_two_sessions(house, ann, bob):
    first = ann.call(bob)
    ann.delete(first["sessionID"])
    assert ann.call(bob)["sessionID"] != first["sessionID"]


def test_what_the_client_sends_for_the_values_is_replaced(house, ann, bob):
    answer = ann.call(bob, sessionID="mine", publisherToken="x", subscriberToken="y")
    row = ann("GET", f"/classes/ActiveSessions/{answer['objectId']}").json
    assert session_owner(row["sessionID"]) == FAKE_KEY
    assert row["publisherToken"] != "x" and row["subscriberToken"] != "y"
    assert answer["sessionID"] == row["sessionID"]


REFUSED = {
    "self call": ({"receiverID": "ANN"}, 142, "yourself"),
    "no receiver": ({"receiverID": {"__op": "Delete"}}, 142, "receiverID"),
    "empty receiver": ({"receiverID": ""}, 142, "receiverID"),
    "no such receiver": ({"receiverID": "nobodyU009"}, 142, "does not exist"),
    "no caller": ({"callerID": ""}, 142, "callerID"),
    "another's name": ({"callerID": "victimU009"}, 119, "own name"),
    "wrong type": ({"callerID": 5}, 111, "schema mismatch for ActiveSessions.callerID; expected String but got Number"),
    "numbers for flags": ({"isAudio": 1}, 111, "isAudio"),
    "long title": ({"callerTitle": "x" * 101}, 142, "callerTitle"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_call_is_refused_and_leaves_nothing(house, ann, bob, case):
    change, code, text = REFUSED[case]
    change = {name: ann.id if value == "ANN" else value for name, value in change.items()}
    status, got, said = error(ann.dial(bob, **change))
    assert (status, got) == (400, code)
    assert text in said
    assert house.video.count("create_session") == 0
    assert not house.rows("ActiveSessions") and not house.rows("LiveCall") and not house.rows("LiveCallLock")


def test_a_misspelt_receiver_is_named(ann, bob):
    body = {"callerID": ann.id, "recieverID": bob.id}
    assert "recieverID" in error(ann("POST", "/classes/ActiveSessions", body))[2]


def test_nobody_calls_without_a_session(house, ann, bob):
    body = {"callerID": ann.id, "receiverID": bob.id}
    assert error(house("POST", "/classes/ActiveSessions", body))[:2] == (400, 119)


def test_a_missing_title_comes_from_active_users(house, ann, bob):
    ann.here()
    answer = ann.call(bob, callerTitle="")
    assert answer["callerTitle"] == "Ann"


def test_a_title_that_nobody_knows_is_unknown(ann, bob):
    assert ann.call(bob, callerTitle="")["callerTitle"] == "Unknown"


def test_flags_are_kept_as_booleans_and_default_to_true(ann, bob):
    answer = ann("POST", "/classes/ActiveSessions", {"callerID": ann.id, "receiverID": bob.id, "isVideo": False}).json
    row = ann("GET", f"/classes/ActiveSessions/{answer['objectId']}").json
    assert (row["isVideo"], row["isAudio"]) == (False, True)


def test_more_columns_are_welcome(ann, bob):
    answer = ann.call(bob, isAligned=True, userAltitude=12.5)
    assert ann("GET", f"/classes/ActiveSessions/{answer['objectId']}").json["userAltitude"] == 12.5


@pytest.mark.parametrize("failing", ["create_session", "token"])
def test_a_video_failure_stores_nothing_and_the_next_try_works(house, ann, bob, failing):
    house.video.fail_next("the video service refused the connection", on=failing)
    status, code, text = error(ann.dial(bob))
    assert (status, code) == (400, 141)
    assert text == "could not create opentok session for activeSession: the video service refused the connection"
    assert not house.rows("ActiveSessions") and not house.rows("LiveCall") and not house.rows("LiveCallLock")
    ann.call(bob)


# -- updates ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*SECRETS, "callerID", "receiverID"])
@pytest.mark.parametrize("value", ["mine", {"__op": "Delete"}])
def test_an_update_cannot_change_what_is_the_servers(house, ann, bob, name, value):
    answer = ann.call(bob)
    path = f"/classes/ActiveSessions/{answer['objectId']}"
    before = ann("GET", path).json
    changed = ann("PUT", path, {name: value})
    assert changed.status_code == 200
    assert changed.json[name] == before[name]
    assert ann("GET", path).json[name] == before[name]
    assert house.video.count("create_session") == 1


def test_an_update_answers_no_value_that_it_did_not_touch(house, ann, bob):
    answer = ann.call(bob)
    changed = ann("PUT", f"/classes/ActiveSessions/{answer['objectId']}", {"isVideo": False})
    assert changed.json.keys() == {"updatedAt"}


def test_an_update_cannot_open_the_row_to_others(house, ann, bob, eve):
    answer = ann.call(bob)
    path = f"/classes/ActiveSessions/{answer['objectId']}"
    ann("PUT", path, {"ACL": {"*": {"read": True, "write": True}}})
    assert error(eve("PUT", path, {"isVideo": False}))[:2] == (404, 101)


# -- busy ---------------------------------------------------------------------------------------------------------------------


def test_a_third_caller_hears_busy_also_after_the_row_is_gone(house, ann, bob, eve):
    answer = ann.call(bob)
    bob.take()
    status, code, text = error(eve.dial(bob))
    assert (status, code) == (400, 142)
    assert "busy" in text
    assert house.video.count("create_session") == 1
    house.callback("sessionDestroyed", answer["sessionID"])
    eve.call(bob)


def test_a_caller_is_busy_too(ann, bob, eve):
    ann.call(bob)
    assert error(eve.dial(ann))[:2] == (400, 142)


def test_who_is_in_a_call_hears_so(house, ann, bob, eve):
    answer = ann.call(bob)
    bob.take()
    house.callback("connectionCreated", answer["sessionID"], "c1", bob.data("receiver"))
    for phone in (ann, bob):
        status, code, text = error(phone.dial(eve))
        assert (status, code) == (400, 142)
        assert text.startswith("You are already in a call")


def test_who_is_rung_hears_so(ann, bob, eve):
    ann.call(bob)
    status, code, text = error(bob.dial(eve))
    assert (status, code) == (400, 142)
    assert text.startswith("You are already in a call")


def test_who_dials_another_has_left_the_call_that_nobody_answered(house, ann, bob, eve):
    first = ann.call(bob)
    second = ann.call(eve)
    assert house.state(first["objectId"]) == "ended replaced"
    assert house.locked(eve.id) == second["objectId"]
    eve_again = error(bob.dial(eve))
    assert eve_again[:2] == (400, 142)


def test_a_redial_replaces_the_earlier_call(house, ann, bob):
    first = ann.call(bob)
    second = ann.call(bob)
    assert [row["objectId"] for row in bob.poll()] == [second["objectId"]]
    assert house.state(first["objectId"]) == "ended replaced"
    assert house.locked(bob.id) == second["objectId"]


def test_a_failed_call_leaves_the_people_free(house, ann, bob, eve):
    house.video.fail_next(on="create_session")
    ann.dial(bob)
    eve.call(bob)


def test_a_refused_store_gives_the_locks_back(house, ann, bob, eve, monkeypatch):
    insert = house.engine.insert
    from parse_shim.errors import Unavailable

    def broken(cls, doc):
        if cls.name == "ActiveSessions":
            raise Unavailable("away")
        return insert(cls, doc)

    monkeypatch.setattr(house.engine, "insert", broken)
    assert ann.dial(bob).status_code == 503
    monkeypatch.undo()
    assert not house.rows("LiveCallLock") and not house.rows("LiveCall")
    eve.call(bob)


# -- deletes ------------------------------------------------------------------------------------------------------------------


def test_the_receiver_finds_and_deletes_the_row_and_the_tokens_stay_good(house, ann, bob):
    answer = ann.call(bob)
    row = bob.take()
    assert row["publisherToken"] == answer["publisherToken"]
    gone = bob("DELETE", f"/classes/ActiveSessions/{answer['objectId']}")
    assert error(gone)[:2] == (404, 101)
    assert token(house, row["publisherToken"]).session_id == answer["sessionID"]
    assert house.state(answer["objectId"]) == "delivered"


def test_the_caller_who_deletes_the_row_gives_up(house, ann, bob, eve):
    answer = ann.call(bob)
    assert ann.delete(answer["sessionID"])
    assert house.state(answer["objectId"]) == "ended cancelled"
    eve.call(bob)


def test_a_stranger_cannot_delete_a_call(house, ann, bob, eve):
    answer = ann.call(bob)
    assert error(eve("DELETE", f"/classes/ActiveSessions/{answer['objectId']}"))[:2] == (404, 101)
    assert house.state(answer["objectId"]) == "ringing"


def test_an_administrator_who_deletes_the_row_ends_the_call(house, ann, bob):
    answer = ann.call(bob)
    house.master("DELETE", f"/classes/ActiveSessions/{answer['objectId']}")
    assert house.state(answer["objectId"]) == "ended removed"
    assert house.locked(ann.id) is None


def test_calls_are_found_oldest_first(house, ann, bob):
    ann.call(bob)
    for age in (1, 3, 2):
        house.put("ActiveSessions", age, callerID=f"c{age}", receiverID=bob.id)
    assert [row["callerID"] for row in bob.poll()] == ["c3", "c2", "c1", ann.id]
