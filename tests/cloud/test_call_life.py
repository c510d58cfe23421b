"""Whole calls over the store: deadlines, callbacks, polls, restarts. Rows of video/livesessions.md, section 10."""

import pytest

from parse_shim.events import Change
from tests.cloud.world import error


@pytest.fixture
def ann(house):
    return house.phone("Ann")


@pytest.fixture
def bob(house):
    return house.phone("Bob")


@pytest.fixture
def eve(house):
    return house.phone("Eve")


def joined(house, call, side, phone):
    """A client connects, at the video service too; its connection id."""
    connection = house.video.connect(call["sessionID"], phone.data(side))
    house.callback("connectionCreated", call["sessionID"], connection, phone.data(side))
    return connection


def left(house, call, connection, side, phone, reason="clientDisconnected"):
    house.video.sessions[call["sessionID"]].connections.pop(connection, None)
    house.callback("connectionDestroyed", call["sessionID"], connection, phone.data(side), reason=reason)


def thrown_out(house):
    return [call.arguments[1] for call in house.video.calls if call.name == "disconnect"]


def free(house, *phones):
    return not any(house.locked(phone.id) for phone in phones)


def test_a_call_that_nobody_answers_is_missed(house, ann, bob, eve):
    call = ann.call(bob)
    connection = joined(house, call, "caller", ann)
    house.wait(59)
    assert house.state(call["objectId"]) == "ringing"
    house.wait(3)
    assert house.state(call["objectId"]) == "ended missed"
    assert bob.poll() == [] and thrown_out(house) == [connection]
    eve.call(bob)


def test_the_ring_time_is_a_setting(new_house):
    house = new_house(ring_seconds=5)
    ann, bob = house.phone(), house.phone()
    call = ann.call(bob)
    house.wait(7)
    assert house.state(call["objectId"]) == "ended missed"


def test_a_due_call_ends_at_the_next_dial_if_no_timer_ran(house, ann, bob, eve):
    call = ann.call(bob)
    house.now += 61
    eve.call(bob)
    assert house.state(call["objectId"]) == "ended missed"


def test_an_answered_call_goes_on_without_callbacks(new_house):
    house = new_house(callbacks="off")
    ann, bob, eve = house.phone(), house.phone(), house.phone()
    call = ann.call(bob)
    bob.take()
    for side, phone in (("caller", ann), ("receiver", bob)):
        house.video.connect(call["sessionID"], phone.data(side))
        house.video.publish(call["sessionID"])
    house.wait(300, step=5)
    assert house.state(call["objectId"]) == "answered"
    assert thrown_out(house) == []
    assert error(eve.dial(bob))[1] == 142


def test_without_callbacks_two_quiet_checks_end_a_call(new_house):
    house = new_house(callbacks="off")
    ann, bob = house.phone(), house.phone()
    call = ann.call(bob)
    bob.take()
    session = house.video.sessions
    for side, phone in (("caller", ann), ("receiver", bob)):
        house.video.connect(call["sessionID"], phone.data(side))
    house.wait(65)
    session[call["sessionID"]].connections.clear()
    house.wait(65, step=5)
    assert house.state(call["objectId"]) == "ended completed"
    assert free(house, ann, bob)


def test_a_silent_video_service_ends_no_call(new_house):
    house = new_house(callbacks="off")
    ann, bob = house.phone(), house.phone()
    call = ann.call(bob)
    house.video.fail_next(times=1000, on="connections")
    house.wait(200, step=2)
    assert house.state(call["objectId"]) == "ringing"
    assert house.locked(ann.id) == house.locked(bob.id) == call["objectId"]


def test_a_poll_four_seconds_after_delivery_is_a_rejection(house, ann, bob, eve):
    call = ann.call(bob)
    connection = joined(house, call, "caller", ann)
    bob.take()
    assert bob.poll() == []
    assert house.state(call["objectId"]) == "delivered"
    house.now += 4
    bob.poll()
    assert house.state(call["objectId"]) == "ended rejected"
    house.sweep()
    assert thrown_out(house) == [connection]
    eve.call(bob)


def test_polls_of_the_caller_mean_nothing(house, ann, bob):
    call = ann.call(bob)
    bob.take()
    house.now += 4
    ann.poll()
    assert house.state(call["objectId"]) == "delivered"


def test_a_poll_after_the_answer_is_a_hang_up(house, ann, bob):
    call = ann.call(bob)
    bob.take()
    joined(house, call, "receiver", bob)
    house.now += 30
    bob.poll()
    assert house.state(call["objectId"]) == "ended completed"


def test_callbacks_drive_the_call(house, ann, bob):
    call = ann.call(bob)
    first = joined(house, call, "caller", ann)
    bob.take()
    second = joined(house, call, "receiver", bob)
    assert house.state(call["objectId"]) == "answered"
    left(house, call, second, "receiver", bob)
    left(house, call, first, "caller", ann)
    assert house.state(call["objectId"]) == "ended completed"
    assert free(house, ann, bob)


def test_callbacks_with_data_that_we_did_not_sign_mean_nothing(house, ann, bob):
    call = ann.call(bob)
    bob.take()
    for data in (
        "",
        "{}",
        "no json",
        {"userID": bob.id, "side": "caller"},
        {"userID": bob.id, "side": "receiver", "x": 1},
    ):
        house.callback("connectionCreated", call["sessionID"], f"c{data}", data)
    assert house.state(call["objectId"]) == "delivered"


def test_callbacks_of_unknown_sessions_mean_nothing(house, ann):
    house.callback("sessionDestroyed", "1_unknown")
    house.callback("connectionCreated", "1_unknown", "c1", ann.data("caller"))


def test_callbacks_may_come_twice(house, ann, bob):
    call = ann.call(bob)
    for _ in range(2):
        house.callback("connectionCreated", call["sessionID"], "c1", ann.data("caller"))
        house.callback("connectionCreated", call["sessionID"], "c2", bob.data("receiver"))
    assert house.state(call["objectId"]) == "answered"
    assert len(house.call(call["objectId"]).connections) == 2


def test_a_cut_off_client_may_come_back(house, ann, bob, eve):
    call = ann.call(bob)
    joined(house, call, "caller", ann)
    bob.take()
    connection = joined(house, call, "receiver", bob)
    left(house, call, connection, "receiver", bob, reason="networkDisconnected")
    house.wait(15)
    joined(house, call, "receiver", bob)
    house.wait(30)
    assert house.state(call["objectId"]) == "answered"
    assert error(eve.dial(bob))[1] == 142


def test_a_cut_off_client_that_stays_away_ends_the_call(house, ann, bob):
    call = ann.call(bob)
    other = joined(house, call, "caller", ann)
    bob.take()
    connection = joined(house, call, "receiver", bob)
    left(house, call, connection, "receiver", bob, reason="networkDisconnected")
    house.wait(22)
    assert house.state(call["objectId"]) == "ended completed"
    assert other in thrown_out(house)


def test_a_caller_whose_app_is_gone_while_ringing_cancels(house, ann, bob):
    call = ann.call(bob)
    connection = joined(house, call, "caller", ann)
    left(house, call, connection, "caller", ann)
    assert house.state(call["objectId"]) == "ended cancelled"
    assert bob.poll() == []
    ann.call(bob)


def test_who_says_yes_too_late_is_sent_away(house, ann, bob):
    call = ann.call(bob)
    row = bob.poll()[0]
    ann.delete(call["sessionID"])
    late = joined(house, call, "receiver", bob)
    assert row["sessionID"] == call["sessionID"]
    house.sweep()
    assert thrown_out(house) == [late]


def test_a_call_cannot_last_for_ever(new_house):
    house = new_house(max_call_seconds=100)
    ann, bob = house.phone(), house.phone()
    call = ann.call(bob)
    bob.take()
    joined(house, call, "receiver", bob)
    house.wait(102, step=3)
    assert house.state(call["objectId"]) == "ended too long"
    assert free(house, ann, bob)


def test_a_restart_while_ringing_changes_nothing(house, ann, bob, eve):
    call = ann.call(bob)
    house.start()
    house.wait(62)
    assert house.state(call["objectId"]) == "ended missed"
    eve.call(bob)


def test_disconnecting_is_tried_again_when_the_service_was_away(house, ann, bob):
    call = ann.call(bob)
    connection = joined(house, call, "caller", ann)
    bob.take()
    house.video.fail_next(times=2, on="disconnect")
    house.now += 4
    bob.poll()
    house.wait(5)
    assert connection in house.video.sessions[call["sessionID"]].connections
    house.wait(25)
    assert connection not in house.video.sessions[call["sessionID"]].connections


def test_a_kill_between_two_writes_is_made_good(house, ann, bob, eve, monkeypatch):
    from cloud import call_store

    call = ann.call(bob)
    monkeypatch.setattr(call_store, "do_fast_work", lambda call: call)
    house.master("DELETE", f"/classes/ActiveSessions/{call['objectId']}")
    assert not free(house, ann, bob)
    monkeypatch.undo()
    house.sweep()
    assert free(house, ann, bob)


def test_a_call_whose_locks_are_lost_gives_way(house, ann, bob, eve):
    """Nobody looked after it while its time ran out, with the clock moved far ahead."""
    call = ann.call(bob)
    house.now += 3600
    second = eve.call(bob)
    assert house.state(call["objectId"]).startswith("ended")
    assert house.locked(bob.id) == second["objectId"]


def test_ended_calls_are_forgotten_after_a_day(house, ann, bob):
    call = ann.call(bob)
    ann.delete(call["sessionID"])
    house.wait(60)
    assert house.state(call["objectId"]) == "ended cancelled"
    house.now += 86400
    house.sweep()
    assert house.rows("LiveCall") == []


def test_rows_without_a_call_are_swept(house, bob):
    house.put("ActiveSessions", 300, callerID="x", receiverID=bob.id)
    house.put("ActiveSessions", 10, callerID="y", receiverID=bob.id)
    house.sweep()
    assert [row["callerID"] for row in house.rows("ActiveSessions")] == ["y"]


def test_deleting_the_row_is_an_event_for_listeners(house, ann, bob):
    changes: list[Change] = []
    house.core.bus.subscribe(changes.append, lambda name: name == "ActiveSessions")
    call = ann.call(bob)
    house.wait(62)
    assert [(change.before or {}).get("objectId") for change in changes if change.after is None] == [call["objectId"]]


# -- users --------------------------------------------------------------------------------------------------------------------


def test_a_deleted_users_calls_end(house, ann, bob, eve):
    ann.here()
    call = ann.call(bob)
    bob.take()
    house.master("DELETE", f"/users/{ann.id}")
    assert house.state(call["objectId"]) == "ended cancelled"
    assert house.rows("ActiveUsers") == []
    eve.call(bob)


def test_who_logs_in_again_without_a_connection_is_free(house, ann, bob, eve):
    call = ann.call(bob)
    bob.take()
    connection = joined(house, call, "receiver", bob)
    bob.log_in()
    assert house.state(call["objectId"]) == "answered"
    left(house, call, connection, "receiver", bob, reason="networkDisconnected")
    bob.log_in()
    assert house.state(call["objectId"]) == "ended completed"
    eve.call(bob)


def test_the_key_is_published_in_the_config(house, ann):
    house.sweep()
    assert ann("GET", "/config").json["params"]["opentokApiKey"] == house.video.api_key


@pytest.mark.parametrize("name", ["LiveCall", "LiveCallLock", "LiveCallMark"])
def test_call_classes_are_closed_to_clients(house, ann, bob, name):
    ann.call(bob)
    lock = house.rows("LiveCallLock")[0]["objectId"]
    assert error(ann("GET", f"/classes/{name}"))[:2] == (400, 119)
    assert error(ann("POST", f"/classes/{name}", {"owner": "me"}))[:2] == (400, 119)
    assert ann("DELETE", f"/classes/{name}/{lock}").status_code in (400, 404)
    assert house.locked(bob.id)
