"""Who sees and finds what of a call, by access mode (video/livesessions.md, section 7)."""

import json
from urllib.parse import quote

import pytest

from tests.cloud.world import APP, error

SECRETS = ("sessionID", "publisherToken", "subscriberToken")


@pytest.fixture
def world(new_house):
    return lambda **chosen: _world(new_house(**chosen))


def _world(house):
    ann, bob, eve = house.phone("Ann"), house.phone("Bob"), house.phone("Eve")
    return house, ann, bob, eve, ann.call(bob)


def secrets_in(rows):
    return {name for row in rows for name in SECRETS if name in row}


def test_others_see_the_row_without_the_values(world):
    house, ann, bob, eve, call = world()
    (row,) = eve.find("ActiveSessions", {"callerID": ann.id})
    assert row["receiverID"] == bob.id and not secrets_in([row])
    one = eve("GET", f"/classes/ActiveSessions/{call['objectId']}").json
    assert not secrets_in([one])
    assert not secrets_in(house("GET", "/classes/ActiveSessions", None, APP).json["results"])


def test_the_two_people_see_all(world):
    _, ann, bob, _, call = world()
    for phone in (ann, bob):
        (row,) = phone.find("ActiveSessions", {"sessionID": call["sessionID"]})
        assert {name: row[name] for name in SECRETS} == {name: call[name] for name in SECRETS}


def conditions(call):
    token, session = call["publisherToken"], call["sessionID"]
    return [
        {"sessionID": session},
        {"publisherToken": {"$regex": "^" + token[:5]}},
        {"subscriberToken": {"$exists": True}},
        {"$or": [{"callerID": "nobody"}, {"sessionID": session}]},
        {"$and": [{"$or": [{"publisherToken": {"$gt": "a"}}]}]},
        {"$nor": [{"sessionID": "x"}]},
        {"sessionID": {"$ne": "x"}},
        {"sessionID": {"$in": [session]}},
        {"sessionID": {"$select": {"query": {"className": "ActiveSessions", "where": {}}, "key": "sessionID"}}},
    ]


@pytest.mark.parametrize("number", range(9))
def test_others_cannot_search_by_the_values(world, number):
    house, ann, _, eve, call = world()
    where = conditions(call)[number]
    assert eve.find("ActiveSessions", where) == []
    assert ann.find("ActiveSessions", where)
    counted = eve("GET", f"/classes/ActiveSessions?count=1&limit=0&where={quote(json.dumps(where))}").json
    assert counted["count"] == 0
    assert house("GET", f"/classes/ActiveSessions?where={quote(json.dumps(where))}", None, APP).json["results"] == []


def test_others_cannot_learn_the_values_by_order(world):
    _, ann, _, eve, _ = world()
    assert eve.find("ActiveSessions", order="sessionID") == []
    assert eve.find("ActiveSessions", order="-publisherToken") == []
    assert len(ann.find("ActiveSessions", order="sessionID")) == 1


def test_keys_show_no_more_than_without(world):
    _, ann, _, eve, call = world()
    (mine,) = ann.find("ActiveSessions", keys="sessionID")
    assert mine["sessionID"] == call["sessionID"]
    assert "callerID" not in mine and "receiverID" not in mine
    (others,) = eve.find("ActiveSessions", keys="sessionID")
    assert not secrets_in([others])


def test_excluded_keys_show_no_more_than_without(world):
    _, ann, _, eve, call = world()
    (others,) = eve.find("ActiveSessions", excludeKeys="callerID,receiverID")
    assert not secrets_in([others]) and "callerID" not in others
    (mine,) = ann.find("ActiveSessions", excludeKeys="callerID,receiverID")
    assert mine["sessionID"] == call["sessionID"] and "receiverID" not in mine


def test_values_do_not_leak_through_another_class(world):
    house, ann, _, eve, call = world()
    house.master("POST", "/classes/Guess", {"guess": call["sessionID"]})
    pointer = {"__type": "Pointer", "className": "ActiveSessions", "objectId": call["objectId"]}
    made = eve("POST", "/classes/Link", {"to": pointer}).json["objectId"]
    inner = {"className": "ActiveSessions", "where": {}}
    assert eve.find("Guess", {"guess": {"$select": {"query": inner, "key": "sessionID"}}}) == []
    found = {"className": "ActiveSessions", "where": {"sessionID": {"$regex": "^1"}}}
    assert eve.find("Link", {"to": {"$inQuery": found}}) == []
    included = eve("GET", f"/classes/Link/{made}?include=to").json["to"]
    assert included["callerID"] == ann.id and not secrets_in([included])


def test_the_master_key_sees_and_finds_all(world):
    house, _, _, _, call = world()
    where = quote(json.dumps({"sessionID": call["sessionID"]}))
    (row,) = house.master("GET", f"/classes/ActiveSessions?where={where}").json["results"]
    assert row["publisherToken"] == call["publisherToken"]


def test_participants_mode_shows_others_nothing(world):
    _, ann, bob, eve, call = world(access="participants")
    assert eve.find("ActiveSessions") == []
    assert error(eve("GET", f"/classes/ActiveSessions/{call['objectId']}"))[:2] == (404, 101)
    assert len(ann.find("ActiveSessions")) == len(bob.poll()) == 1
    assert bob.delete(call["sessionID"])


def test_open_mode_believes_clients_without_a_session(new_house):
    house = new_house(access="open")
    bob = house.phone("Bob")
    body = {"callerID": "annU000001", "receiverID": bob.id, "callerTitle": "Ann"}
    call = house("POST", "/classes/ActiveSessions", body)
    assert call.status_code == 201
    (row,) = house("GET", "/classes/ActiveSessions", None, APP).json["results"]
    assert row["sessionID"] == call.json["sessionID"]
    assert house("DELETE", f"/classes/ActiveSessions/{row['objectId']}", None, APP).status_code == 200
    assert house.state(row["objectId"]) == "delivered"


def test_open_mode_still_checks_the_identity_of_a_session(world):
    _, ann, bob, eve, _ = world(access="open")
    assert error(eve.dial(bob, callerID=ann.id))[:2] == (400, 119)


def test_a_redirected_query_is_masked_too(world):
    _, _, _, eve, call = world()
    pointer = {"__type": "Pointer", "className": "ActiveSessions", "objectId": call["objectId"]}
    eve("POST", "/classes/Link", {"calls": {"__op": "AddRelation", "objects": [pointer]}})
    assert not secrets_in(eve.find("Link", redirectClassNameForKey="calls"))
    assert eve.find("Link", {"sessionID": {"$regex": "^1"}}, redirectClassNameForKey="calls") == []
