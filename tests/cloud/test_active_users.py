"""ActiveUsers: what is stored, one row a person, and who is shown to whom."""

import pytest

from tests.cloud.world import error

PLACE = {"__type": "GeoPoint", "latitude": 40, "longitude": -30}


@pytest.fixture
def ann(house):
    return house.phone("Ann")


@pytest.fixture
def bob(house):
    return house.phone("Bob")


REFUSED = {
    "no title": ({"userTitle": {"__op": "Delete"}}, 142, "userTitle"),
    "empty title": ({"userTitle": ""}, 142, "userTitle"),
    "long title": ({"userTitle": "x" * 101}, 142, "userTitle"),
    "title of another type": ({"userTitle": 5}, 111, "userTitle"),
    "no place": ({"userLocation": None}, 142, "userLocation"),
    "no user": ({"userID": ""}, 142, "userID"),
    "another user": ({"userID": "victimU009"}, 119, "own name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_row_is_refused(house, ann, case):
    change, code, text = REFUSED[case]
    body = {"userID": ann.id, "userTitle": "Ann", "userLocation": PLACE, **change}
    status, got, said = error(ann("POST", "/classes/ActiveUsers", body))
    assert (status, got) == (400, code) and text in said
    assert not house.rows("ActiveUsers")


def test_the_server_sets_last_seen_whatever_the_client_says(house, ann):
    date = {"__type": "Date", "iso": "2099-01-01T00:00:00.000Z"}
    ann("POST", "/classes/ActiveUsers", {"userID": ann.id, "userTitle": "Ann", "userLocation": PLACE, "lastSeen": date})
    assert house.rows("ActiveUsers")[0]["lastSeen"]["iso"].startswith("2023-11-14")


def test_two_creates_leave_one_row_and_an_update_moves_it(house, ann):
    for title in ("first", "second"):
        house.now += 1
        ann("POST", "/classes/ActiveUsers", {"userID": ann.id, "userTitle": title, "userLocation": PLACE})
    (row,) = house.rows("ActiveUsers")
    assert row["userTitle"] == "second"
    ann.here(41.0, -31.0)
    (row,) = house.rows("ActiveUsers")
    assert row["userLocation"]["latitude"] == 41.0


def test_a_row_stays_its_persons(house, ann, bob):
    row = ann.here()
    changed = ann("PUT", f"/classes/ActiveUsers/{row}", {"userID": bob.id})
    assert error(changed)[:2] == (400, 119)
    stolen = bob("PUT", f"/classes/ActiveUsers/{row}", {"userTitle": "Bob was here"})
    assert error(stolen)[:2] == (404, 101)
    assert error(bob("DELETE", f"/classes/ActiveUsers/{row}"))[:2] == (404, 101)


def test_people_within_200_miles_come_nearest_first_with_oneself(house, ann):
    miles = 3958.8 * 3.141592653589793 / 180
    others = [house.phone(name) for name in ("far", "near", "beyond")]
    ann.here(40.0, -30.0)
    for phone, distance in zip(others, (199, 1, 201), strict=True):
        phone.here(40.0 + distance / miles, -30.0)
    assert ann.near() == [ann.id, others[1].id, others[0].id]


# -- presence -----------------------------------------------------------------------------------------------------------------


def test_who_polls_stays_and_who_does_not_disappears(house, ann, bob):
    ann.here()
    bob.here()
    for _ in range(5):
        house.wait(8)
        bob.poll()
    assert bob.near() == [bob.id]
    assert [row["userID"] for row in house.rows("ActiveUsers")] == [bob.id]


def test_a_row_is_invisible_to_others_before_anybody_sweeps(house, ann, bob):
    row = ann.here()
    bob.here()
    house.now += 31
    assert ann.id not in bob.near()
    assert error(bob("GET", f"/classes/ActiveUsers/{row}"))[:2] == (404, 101)
    assert ann.find("ActiveUsers", {"userID": ann.id})[0]["objectId"] == row


def test_presence_seconds_is_a_setting(new_house):
    house = new_house(presence_seconds=5)
    ann, bob = house.phone(), house.phone()
    ann.here()
    house.now += 6
    assert ann.id not in bob.near()


def test_people_in_a_call_stay(house, ann, bob):
    for phone in (ann, bob):
        phone.here()
    call = ann.call(bob)
    bob.take()
    house.callback("connectionCreated", call["sessionID"], "c2", bob.data("receiver"))
    house.wait(120, step=4)
    assert house.state(call["objectId"]) == "answered"
    assert {row["userID"] for row in house.rows("ActiveUsers")} == {ann.id, bob.id}
    assert set(house.phone().near()) == {ann.id, bob.id}


def test_the_clients_broken_farewell_works(house, ann, bob):
    row = ann.here()
    bob.here()
    assert bob.find("ActiveUsers", {"userID": row}, limit="1") == []
    (found,) = ann.find("ActiveUsers", {"userID": row}, limit="1")
    assert found["objectId"] == row
    assert ann("DELETE", f"/classes/ActiveUsers/{row}").status_code == 200
    assert bob.near() == [bob.id]


def test_a_caller_who_leaves_ends_the_call_that_rings(house, ann, bob):
    row = ann.here()
    call = ann.call(bob)
    ann("DELETE", f"/classes/ActiveUsers/{row}")
    assert house.state(call["objectId"]) == "ended cancelled"
    assert bob.poll() == []


def test_rows_from_before_presence_are_swept(house, bob):
    house.put("ActiveUsers", 3600, userID="oldU000001", userTitle="old")
    house.sweep()
    assert house.rows("ActiveUsers") == []


def test_strict_online_refuses_to_call_who_is_not_there(new_house):
    house = new_house(receiver="online")
    ann, bob = house.phone(), house.phone()
    bob.here()
    house.now += 31
    status, code, text = error(ann.dial(bob))
    assert (status, code, text) == (400, 142, "User is no longer online.")
    bob.here()
    ann.call(bob)


def test_any_receiver_is_a_setting(new_house):
    house = new_house(receiver="any")
    assert house.phone().dial("somebody").status_code == 201
