"""Three to six phones that do random things, a video service that comes and goes, callbacks that are lost, doubled and
late, a server that is killed between any two writes, a clock that is moved. Whatever happens:

- nobody is in two live calls,
- no lock outlives its call by more than its deadline,
- no third person ever sees a token.
"""

import json
from datetime import UTC

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cloud.calls import LOCK_SLACK_SECONDS
from cloud.options import options
from parse_shim.storage.memory import MemoryEngine
from parse_shim.values.dates import parse_iso
from parse_shim.video.tokens import BadToken, read_token
from tests.cloud.world import House

RING, GRACE, LONGEST = 60, 20, 3600
SECRETS = ("sessionID", "publisherToken", "subscriberToken")


class Killed(BaseException):
    """The process ends here."""


class FragileEngine:
    """A store whose process is killed before the n-th write from now."""

    def __init__(self, engine):
        self._engine = engine
        self.writes_left = None

    def __getattr__(self, name):
        found = getattr(self._engine, name)
        if name not in ("insert", "update", "delete"):
            return found

        def write(*args, **kwargs):
            if self.writes_left is not None:
                if self.writes_left == 0:
                    raise Killed()
                self.writes_left -= 1
            return found(*args, **kwargs)

        return write


class Phones(RuleBasedStateMachine):
    @initialize(count=st.integers(3, 6), callbacks=st.sampled_from(["auto", "on", "off"]), roles=st.sampled_from(["literal", "two-way"]))
    def begin(self, count, callbacks, roles):
        self.engine = FragileEngine(MemoryEngine())
        self.house = House(
            self.engine,
            callbacks=callbacks,
            roles=roles,
            ring_seconds=RING,
            grace_seconds=GRACE,
            max_call_seconds=LONGEST,
        )
        self.phones = [self.house.phone(f"p{number}") for number in range(count)]
        self.taken = {}  # phone number -> the row it took
        self.in_session = {}  # connection -> (session, phone number, side)
        self.events = []  # callbacks on their way
        self.latest = 0.0  # the clock may be put back
        for phone in self.phones:
            phone.here()

    def teardown(self):
        if hasattr(self, "house"):
            self.house.close()

    # -- what can happen ----------------------------------------------------------------------------------------------

    def act(self, work, kill_at=None):
        """Do something; when the server is killed meanwhile, a new process goes on with the store."""
        self.engine.writes_left = kill_at
        try:
            return work()
        except Killed:
            self.engine.writes_left = None
            self.house.start()
            return None
        finally:
            self.engine.writes_left = None

    numbers = st.integers(0, 5)
    kills = st.one_of(st.none(), st.integers(0, 8))

    def phone(self, number):
        return self.phones[number % len(self.phones)]

    @rule(caller=numbers, receiver=numbers, kill=kills)
    def dial(self, caller, receiver, kill):
        answer = self.act(lambda: self.phone(caller).dial(self.phone(receiver)), kill)
        if answer is None:
            return
        assert answer.status_code in (201, 400), answer.data
        if answer.status_code == 201:
            self.check_tokens(answer.json, self.phone(caller), self.phone(receiver))
            self.join(answer.json["sessionID"], caller % len(self.phones), "caller")

    @rule(number=numbers, kill=kills)
    def poll(self, number, kill):
        if number % len(self.phones) not in self.taken:
            self.act(lambda: self.phone(number).poll(), kill)

    @rule(number=numbers, kill=kills)
    def take(self, number, kill):
        phone = self.phone(number)
        rows = self.act(phone.poll, None) or []
        if rows:
            self.taken[number % len(self.phones)] = rows[0]
            self.act(lambda: phone.delete(rows[0]["sessionID"]), kill)

    @rule(number=numbers, yes=st.booleans(), kill=kills)
    def decide(self, number, yes, kill):
        number %= len(self.phones)
        row = self.taken.pop(number, None)
        if row is None:
            return
        if yes:
            self.join(row["sessionID"], number, "receiver")
        else:
            self.act(self.phones[number].poll, kill)

    @rule(number=numbers, word=st.sampled_from(["rejectCall", "acceptCall", "cancelCall", "hangUp"]), kill=kills)
    def use_a_function(self, number, word, kill):
        rows = self.house.rows("LiveCall")
        if rows:
            row = rows[number % len(rows)]["rowID"]
            self.act(lambda: self.phone(number).function(word, activeSession=row), kill)

    @rule(number=numbers, kill=kills)
    def go_to_background(self, number, kill):
        phone = self.phone(number)
        rows = phone.find("ActiveUsers", {"userID": phone.id})
        if rows:
            self.act(lambda: phone("DELETE", f"/classes/ActiveUsers/{rows[0]['objectId']}"), kill)

    @rule(number=numbers)
    def come_back(self, number):
        self.phone(number).here()

    @rule(number=numbers, clean=st.booleans())
    def disconnect(self, number, clean):
        if self.in_session:
            connection = sorted(self.in_session)[number % len(self.in_session)]
            self.leave(connection, "clientDisconnected" if clean else "networkDisconnected")

    @rule(kill=kills)
    def sweep(self, kill):
        self.act(self.house.sweep, kill)
        self.notice_forced_ends()

    @rule(seconds=st.sampled_from([1, 4, 9, 25, 61, 200, 4000]))
    def time_passes(self, seconds):
        self.house.now += seconds

    @rule(seconds=st.sampled_from([-120, -5]))
    def clock_is_put_back(self, seconds):
        self.house.now += seconds

    @rule(times=st.integers(1, 4))
    def video_is_away(self, times):
        self.house.video.fail_next(times=times)

    @rule()
    def video_is_back(self):
        self.house.video._failures.clear()

    @rule(number=st.integers(0, 30), kill=kills, again=st.booleans())
    @precondition(lambda self: self.events)
    def callback_arrives(self, number, kill, again):
        at = number % len(self.events)
        kind, session, connection, data, more = self.events[at]
        if not again:
            del self.events[at]
        self.act(lambda: self.house.callback(kind, session, connection, data, **more), kill)

    @rule()
    @precondition(lambda self: self.events)
    def callback_is_lost(self):
        self.events.pop(0)

    # -- the video service --------------------------------------------------------------------------------------------

    def join(self, session, number, side):
        connection = self.house.video.connect(session, self.phones[number].data(side))
        self.in_session[connection] = (session, number, side)
        self.tell("connectionCreated", session, connection, number, side)

    def leave(self, connection, reason):
        session, number, side = self.in_session.pop(connection)
        self.house.video.sessions[session].connections.pop(connection, None)
        self.tell("connectionDestroyed", session, connection, number, side, reason=reason)
        if not self.house.video.sessions[session].connections:
            self.tell("sessionDestroyed", session, "", number, "", reason=reason)

    def tell(self, kind, session, connection, number, side, **more):
        if self.house_has_callbacks():
            data = json.dumps(self.phones[number].data(side)) if side else ""
            self.events.append((kind, session, connection, data, more))

    def house_has_callbacks(self):
        return options().callbacks != "off"

    def notice_forced_ends(self):
        for connection, (session, _, _) in list(self.in_session.items()):
            if connection not in self.house.video.sessions[session].connections:
                _, number, side = self.in_session.pop(connection)
                self.tell("connectionDestroyed", session, connection, number, side, reason="forceDisconnected")

    # -- what must always hold ----------------------------------------------------------------------------------------

    def check_tokens(self, row, caller, receiver):
        keys, now = self.house.video.keys, self.house.now
        for name, phone in (("subscriberToken", caller), ("publisherToken", receiver)):
            assert phone.id in read_token(row[name], keys, now).data
        with pytest.raises(BadToken):
            read_token(row["publisherToken"] + "x", keys, now)

    @invariant()
    @precondition(lambda self: hasattr(self, "house"))
    def nobody_is_in_two_live_calls(self):
        busy = {}
        for row in self.house.rows("LiveCall"):
            for person in () if row["state"] == "ended" else (row["callerID"], row["receiverID"]):
                assert person not in busy, f"{person} is in {busy[person]} and {row['rowID']}"
                busy[person] = row["rowID"]

    @invariant()
    @precondition(lambda self: hasattr(self, "house"))
    def no_lock_outlives_its_call(self):
        """Locks of ended calls are gone, or on the list of what is still to be done; all end by themselves."""
        self.latest = max(self.latest, self.house.now)
        calls = {row["rowID"]: row for row in self.house.rows("LiveCall")}
        for lock in self.house.rows("LiveCallLock"):
            call, expires = calls.get(lock["owner"]), seconds(lock["expiresAt"])
            if call is None:
                assert expires <= self.latest + RING + LOCK_SLACK_SECONDS + 1
            elif call["state"] != "ended":
                assert expires <= self.latest + max(RING, LONGEST) + LOCK_SLACK_SECONDS + 1
            else:
                assert "free" in call["todo"]

    @invariant()
    @precondition(lambda self: hasattr(self, "house"))
    def no_token_for_third_people(self):
        for phone in self.phones:
            for row in phone.find("ActiveSessions"):
                mine = phone.id in (row["callerID"], row["receiverID"])
                assert mine or not any(name in row for name in SECRETS)

    # -- at the end everything comes to rest --------------------------------------------------------------------------

    @rule()
    def everybody_leaves_and_time_passes(self):
        """No call, no lock and no row stays when nobody does anything any more."""
        self.house.video._failures.clear()
        for connection in list(self.in_session):
            self.leave(connection, "clientDisconnected")
        self.events.clear()
        self.taken.clear()
        for _ in range(12):
            self.house.now += 31
            self.house.sweep()
        self.house.now += LONGEST + RING + 60
        self.house.sweep()
        self.house.sweep()
        assert all(row["state"] == "ended" for row in self.house.rows("LiveCall"))
        now = self.house.now
        assert not [row for row in self.house.rows("LiveCallLock") if seconds(row["expiresAt"]) > now]
        assert self.house.rows("ActiveSessions") == []
        for phone in self.phones:
            phone.here()


def seconds(date):
    return parse_iso(date["iso"]).replace(tzinfo=UTC).timestamp()


Phones.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
TestPhones = Phones.TestCase
