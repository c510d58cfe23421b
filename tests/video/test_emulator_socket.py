"""The emulator's WebSocket, as its stand-in for OpenTok.js talks to it."""

import contextlib
import json
import urllib.request

import pytest
from simple_websocket import Client, ConnectionClosed

from parse_shim.testing.opentok_browser import SCRIPTS
from parse_shim.video.tokens import make_session_id


class Page:
    """One page in a session."""

    def __init__(self, emulator, token, session):
        self.wire = Client(emulator.url.replace("http", "ws") + "/_socket")
        self.heard = []
        self.ask(do="connect", token=token, sessionId=session)

    def ask(self, **message):
        self.wire.send(json.dumps({"id": 1, **message}))
        return self.until("done", "error")

    def until(self, *events):
        """The next message of one of these events."""
        while True:
            text = self.wire.receive(timeout=5)
            assert text is not None, f"nothing but {self.heard}"
            message = json.loads(text)
            self.heard.append(message)
            if message["event"] in events:
                return message

    @property
    def id(self):
        return next(message["connection"]["id"] for message in self.heard if message["event"] == "connected")


@pytest.fixture
def page(emulator, client):
    """`page("publisher", data)` joins one session."""
    session = client.create_session()
    pages = []

    def join(role="publisher", data=None, token=None):
        pages.append(Page(emulator, token or client.token(session, role, data), session))
        return pages[-1]

    join.session = session
    yield join
    for each in pages:
        with contextlib.suppress(ConnectionClosed):
            each.wire.close()


def test_a_page_learns_who_is_there(page):
    first = page(data="Ann")
    second = page(data="Bob")
    connected = next(message for message in second.heard if message["event"] == "connected")
    assert [shape["data"] for shape in connected["connections"]] == ["Ann", "Bob"]
    assert first.until("connectionCreated")["connection"]["data"] == "Bob"


def test_signals_reach_all_or_one(page):
    first, second, third = page(), page(), page()
    second.ask(do="signal", type="hello", data="all")
    for each in (first, third):
        heard = each.until("signal")
        assert (heard["type"], heard["data"], heard["from"]) == ("hello", "all", second.id)
    second.ask(do="signal", type="hello", data="one", to=third.id)
    second.ask(do="signal", type="hello", data="all again")
    assert third.until("signal")["data"] == "one"
    assert first.until("signal")["data"] == "all again"


def test_streams_come_and_go(page):
    first, second = page(), page()
    stream = second.ask(do="publish", name="Bob", videoType="camera")["stream"]
    assert first.until("streamCreated")["stream"]["id"] == stream["id"]
    second.wire.send(json.dumps({"do": "disconnect"}))
    assert first.until("streamDestroyed")["stream"]["id"] == stream["id"]
    assert first.until("connectionDestroyed")["reason"] == "clientDisconnected"


def test_a_subscriber_may_signal_but_not_publish(page):
    subscriber = page("subscriber")
    assert subscriber.ask(do="publish")["code"] == 1500
    assert subscriber.ask(do="signal", type="x", data="y")["event"] == "done"


def test_a_bad_token_is_refused(page, emulator, client):
    assert page(token="nonsense").heard[-1]["code"] == 1004
    assert Page(emulator, client.token(make_session_id("10000001", 1), "publisher"), page.session).heard[-1]["code"] == 1004


def test_a_forced_disconnect_ends_the_page(page, client):
    first = page()
    assert client.disconnect(page.session, first.id)
    assert first.until("disconnected")["reason"] == "forceDisconnected"
    with pytest.raises(ConnectionClosed):
        while first.wire.receive(timeout=5) is not None:
            pass


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"do": "fly"}', '{"do": "connect"}'])
def test_nonsense_is_an_error_and_no_end(page, text):
    first = page()
    first.wire.send(text)
    assert first.until("error")["code"] in (1461, 1010)
    assert first.ask(do="signal", type="x", data="")["event"] == "done"


@pytest.mark.parametrize("path", SCRIPTS)
def test_the_library_has_the_vendors_names(emulator, path):
    with urllib.request.urlopen(emulator.url + path, timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert b"initSession" in answer.read()
