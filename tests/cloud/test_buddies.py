"""BuddyTok natively: presence, invitations and chats as rows (video/buddytok.md, section 5; B11 without LiveQuery)."""

import pytest

from parse_shim.video.tokens import read_token
from tests.cloud.world import error


def pointer(phone):
    return {"__type": "Pointer", "className": "_User", "objectId": phone.id}


class Buddy:
    """A phone with a native BuddyTok client."""

    def __init__(self, house, name):
        self.phone = house.phone(name)
        self.id, self.name = self.phone.id, name
        self.appear()

    def appear(self, **more):
        rows = self.phone.find("BuddyPresence", {"user": pointer(self)})
        if rows:
            return self.phone("PUT", f"/classes/BuddyPresence/{rows[0]['objectId']}", more)
        return self.phone("POST", "/classes/BuddyPresence", {"name": self.name, **more})

    def sees(self):
        """{name: status} of everybody who is here."""
        return {row["name"]: row["status"] for row in self.phone.find("BuddyPresence")}

    def invite(self, other, **more):
        return self.phone("POST", "/classes/BuddyInvitation", {"to": pointer(other), **more})

    def answer(self, invitation, state):
        return self.phone("PUT", f"/classes/BuddyInvitation/{invitation}", {"state": state})

    def invitations(self):
        return {row["from"]["objectId"]: row["state"] for row in self.phone.find("BuddyInvitation", {"to": pointer(self)})}

    def token(self, chat):
        return self.phone.function("buddyChatToken", chat=chat)


@pytest.fixture
def ann(house):
    return Buddy(house, "Ann")


@pytest.fixture
def bob(house):
    return Buddy(house, "Bob")


@pytest.fixture
def eve(house):
    return Buddy(house, "Eve")


def invited(inviter, invitee):
    answer = inviter.invite(invitee)
    assert answer.status_code == 201, answer.data
    return answer.json["objectId"], answer.json["chat"]["objectId"]


# -- presence -----------------------------------------------------------------------------------------------------------------


def test_people_appear_change_and_go(house, ann, bob):
    assert ann.sees() == {"Ann": "online", "Bob": "online"}
    bob.appear(status="unavailable")
    assert ann.sees()["Bob"] == "unavailable"
    house.now += 31
    assert ann.sees() == {"Ann": "online"}
    house.sweep()
    assert [row["name"] for row in house.rows("BuddyPresence")] == ["Ann"]


def test_a_row_is_its_users(ann, bob):
    (mine,) = ann.phone.find("BuddyPresence", {"user": pointer(ann)})
    assert error(bob.phone("PUT", f"/classes/BuddyPresence/{mine['objectId']}", {"name": "x"}))[:2] == (404, 101)
    stolen = bob.phone("POST", "/classes/BuddyPresence", {"user": pointer(ann), "name": "Ann"})
    assert error(stolen)[:2] == (400, 119)


def test_a_second_row_replaces_the_first(house, ann):
    house.now += 1
    ann.phone("POST", "/classes/BuddyPresence", {"name": "Ann again"})
    assert [row["name"] for row in house.rows("BuddyPresence")] == ["Ann again"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_name_is_needed(house, name):
    phone = house.phone()
    assert error(phone("POST", "/classes/BuddyPresence", {"name": name}))[:2] == (400, 142)


def test_nobody_is_here_without_a_session(house):
    assert house("POST", "/classes/BuddyPresence", {"name": "x"}).status_code >= 400


def test_who_waits_for_an_answer_is_not_available_whatever_it_says(ann, bob):
    invited(ann, bob)
    assert bob.sees() == {"Ann": "unavailable", "Bob": "online"}
    ann.appear(status="online")
    assert bob.sees()["Ann"] == "unavailable"


# -- invitations --------------------------------------------------------------------------------------------------------------


def test_an_invitation_is_seen_by_its_two_people_only(house, ann, bob, eve):
    invitation, _ = invited(ann, bob)
    assert bob.invitations() == {ann.id: "pending"}
    assert eve.phone.find("BuddyInvitation") == []
    assert error(eve.answer(invitation, "accepted"))[:2] == (404, 101)
    assert house.video.count("create_session") == 1


def test_accepting_opens_the_chat_to_both(house, ann, bob, eve):
    invitation, chat = invited(ann, bob)
    assert error(bob.token(chat))[:2] == (400, 119)
    assert bob.answer(invitation, "accepted").status_code == 200
    tokens = [each.token(chat).json["result"] for each in (ann, bob)]
    assert tokens[0]["sessionId"] == tokens[1]["sessionId"] and tokens[0]["token"] != tokens[1]["token"]
    read = read_token(tokens[1]["token"], house.video.keys, house.now)
    assert read.role == "publisher" and bob.id in read.data
    assert ann.sees() == {"Ann": "unavailable", "Bob": "unavailable", "Eve": "online"}
    assert error(eve.token(chat))[:2] == (400, 119)


@pytest.mark.parametrize("state", ["declined", "cancelled"])
def test_saying_no_frees_the_inviter(ann, bob, state):
    invitation, chat = invited(ann, bob)
    who = bob if state == "declined" else ann
    assert who.answer(invitation, state).status_code == 200
    assert bob.invitations() == {ann.id: state}
    assert ann.sees() == {"Ann": "online", "Bob": "online"}
    assert error(ann.token(chat))[:2] == (404, 101)
    invited(ann, bob)


STEPS = [("ann", "accepted", 119), ("ann", "declined", 119), ("bob", "cancelled", 119), ("bob", "pending", 142), ("bob", "expired", 142)]


@pytest.mark.parametrize("who, state, code", STEPS)
def test_illegal_steps_are_refused(ann, bob, who, state, code):
    invitation, _ = invited(ann, bob)
    if state == "pending":
        bob.answer(invitation, "declined")
    answer = {"ann": ann, "bob": bob}[who].answer(invitation, state)
    assert error(answer)[:2] == (400, code)


def test_an_invitation_is_answered_once(ann, bob):
    invitation, _ = invited(ann, bob)
    assert bob.answer(invitation, "accepted").status_code == 200
    for who, state in ((bob, "accepted"), (bob, "declined"), (ann, "cancelled")):
        assert error(who.answer(invitation, state))[:2] == (400, 142)
    assert bob.invitations() == {ann.id: "accepted"}


def test_of_two_answers_at_once_the_first_wins(house, ann, bob, monkeypatch):
    """Both saw the invitation pending; the second write comes between the other's check and its step."""
    from cloud import call_store

    invitation, _ = invited(ann, bob)
    happen, answers = call_store.happen, []

    def meanwhile(row, event, **more):
        monkeypatch.setattr(call_store, "happen", happen)
        answers.append(ann.answer(invitation, "cancelled"))
        return happen(row, event, **more)

    monkeypatch.setattr(call_store, "happen", meanwhile)
    answers.append(bob.answer(invitation, "accepted"))
    assert [answer.status_code for answer in answers] == [200, 400]
    assert bob.invitations() == {ann.id: "cancelled"}


def test_accepting_one_declines_the_others(house, ann, bob, eve):
    invited(ann, bob)
    second, _ = invited(eve, bob)
    bob.answer(second, "accepted")
    assert bob.invitations() == {ann.id: "declined", eve.id: "accepted"}
    assert bob.sees() == {"Ann": "online", "Bob": "unavailable", "Eve": "unavailable"}


def test_who_chats_cannot_be_invited_nor_called(ann, bob, eve):
    invitation, _ = invited(ann, bob)
    bob.answer(invitation, "accepted")
    assert error(eve.invite(bob))[:2] == (400, 142)
    assert error(eve.phone.dial(bob.phone))[:2] == (400, 142)
    assert error(ann.invite(eve))[:2] == (400, 142)


def test_who_is_in_a_call_cannot_accept(house, ann, bob, eve):
    invitation, _ = invited(ann, bob)
    eve.phone.call(bob.phone)
    assert error(bob.answer(invitation, "accepted"))[:2] == (400, 142)
    assert house.locked(bob.id) != invitation


@pytest.mark.parametrize("body", [{}, {"to": None}, {"to": {"__type": "Pointer", "className": "_User", "objectId": "nobody"}}])
def test_there_must_be_somebody_to_invite(ann, body):
    assert error(ann.phone("POST", "/classes/BuddyInvitation", body))[:2] == (400, 142)


def test_nobody_invites_in_anothers_name(ann, bob, eve):
    assert error(eve.invite(bob, **{"from": pointer(ann)}))[:2] == (400, 119)


def test_an_invitation_without_an_answer_expires(house, ann, bob):
    invitation, _ = invited(ann, bob)
    for _ in range(62):
        house.wait(1)
        ann.sees(), bob.sees()
    assert bob.invitations() == {ann.id: "expired"}
    assert bob.sees() == {"Ann": "online", "Bob": "online"}
    assert error(bob.answer(invitation, "accepted"))[:2] == (400, 142)


def test_a_video_failure_leaves_nothing(house, ann, bob):
    house.video.fail_next(on="create_session")
    assert error(ann.invite(bob))[:2] == (400, 141)
    for name in ("BuddyInvitation", "BuddyChat", "LiveCall", "LiveCallLock"):
        assert house.rows(name) == []
    invited(ann, bob)


# -- chats --------------------------------------------------------------------------------------------------------------------


def chatting(ann, bob):
    invitation, chat = invited(ann, bob)
    bob.answer(invitation, "accepted")
    return invitation, chat


def test_either_ends_the_chat(house, ann, bob):
    invitation, chat = chatting(ann, bob)
    assert bob.phone("PUT", f"/classes/BuddyChat/{chat}", {"state": "ended"}).status_code == 200
    assert house.state(invitation) == "ended completed"
    assert ann.phone("GET", f"/classes/BuddyChat/{chat}").json["state"] == "ended"
    assert ann.sees() == {"Ann": "online", "Bob": "online"}
    assert bob.invitations() == {ann.id: "accepted"}
    assert error(ann.token(chat))[:2] == (404, 101)


def test_the_video_service_ends_the_chat(house, ann, bob):
    _, chat = chatting(ann, bob)
    session = ann.token(chat).json["result"]["sessionId"]
    house.callback("sessionDestroyed", session)
    assert ann.phone("GET", f"/classes/BuddyChat/{chat}").json["state"] == "ended"
    assert house.locked(ann.id) is None


@pytest.mark.parametrize("change", [{"sessionID": "x"}, {"inviteeID": "x"}, {"ACL": {"*": {"read": True, "write": True}}}])
def test_a_chat_cannot_be_changed(ann, bob, change):
    _, chat = chatting(ann, bob)
    before = ann.phone("GET", f"/classes/BuddyChat/{chat}").json
    ann.phone("PUT", f"/classes/BuddyChat/{chat}", change)
    after = ann.phone("GET", f"/classes/BuddyChat/{chat}").json
    assert {name: after[name] for name in (*change,)} == {name: before[name] for name in (*change,)}


def test_a_chat_cannot_be_opened_again(ann, bob):
    _, chat = chatting(ann, bob)
    assert error(ann.phone("PUT", f"/classes/BuddyChat/{chat}", {"state": "open"}))[:2] == (400, 142)


def test_others_do_not_see_the_chat(ann, bob, eve):
    _, chat = chatting(ann, bob)
    assert eve.phone.find("BuddyChat") == []
    assert error(eve.phone("PUT", f"/classes/BuddyChat/{chat}", {"state": "ended"}))[:2] == (404, 101)
