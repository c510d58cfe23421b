"""The emulator posts monitoring callbacks that `read_callback` accepts: signed, twice, late, backwards, not at all."""

import threading
import time
from wsgiref.util import request_uri

import pytest
import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from parse_shim.testing.opentok_callbacks import CallbackPlan
from parse_shim.video.callbacks import CallbackKeys, read_callback
from parse_shim.video.fake import FAKE_KEY

SECRET = "made-up-signature-secret-0123456789abcdef"


class Listener:
    """An endpoint that reads callbacks; `statuses` are answered first, then 200."""

    def __init__(self):
        self.events = []
        self.statuses = []
        self.keys = CallbackKeys(FAKE_KEY, signature_secret=SECRET)
        self._server = make_server("127.0.0.1", 0, self, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callback"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __call__(self, environ, start_response):
        assert request_uri(environ).endswith("/callback")
        request = Request(environ)
        if self.statuses:
            return Response(status=self.statuses.pop(0))(environ, start_response)
        header = request.headers.get("Authorization")
        now = time.time()
        self.events.append(read_callback(request.get_data(), authorization=header, path_secret=None, keys=self.keys, now=now))
        return Response("ok")(environ, start_response)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    @property
    def kinds(self):
        return [each.kind for each in self.events]


@pytest.fixture
def listener():
    listening = Listener()
    yield listening
    listening.stop()


@pytest.fixture
def aimed(emulator, listener):
    """Aim the callbacks at the listener, with options of CallbackPlan."""

    def aim(**options):
        emulator.callbacks.plan = CallbackPlan(url=listener.url, signature_secret=SECRET, **options)
        return emulator

    return aim


def whole_call(emulator, client):
    session_id = client.create_session()
    joiner = emulator.state.connect(client.token(session_id, "publisher", "me"))
    emulator.state.publish(joiner.id)
    emulator.state.disconnect(joiner.id, "networkDisconnected")
    assert emulator.callbacks.idle()
    return session_id


ALL = [
    "sessionCreated",
    "connectionCreated",
    "streamCreated",
    "streamDestroyed",
    "connectionDestroyed",
    "sessionDestroyed",
]


def test_a_call_is_told_signed_and_in_order(aimed, client, listener):
    session_id = whole_call(aimed(), client)
    assert listener.kinds == ALL
    assert {each.session_id for each in listener.events} == {session_id}
    assert listener.events[1].data == "me" and listener.events[4].may_come_back


def test_a_force_disconnect_is_told(aimed, client, listener):
    emulator = aimed()
    session_id = client.create_session()
    joiner = emulator.state.connect(client.token(session_id, "publisher"))
    client.disconnect(session_id, joiner.id)
    assert emulator.callbacks.idle()
    assert [each.reason for each in listener.events[2:]] == ["forceDisconnected", "forceDisconnected"]


def test_closing_a_session_tells_of_everybody(aimed, client, listener):
    emulator = aimed()
    session_id = client.create_session()
    for _ in range(2):
        emulator.state.connect(client.token(session_id, "publisher"))
    assert emulator.state.close(session_id) and emulator.callbacks.idle()
    assert listener.kinds[-3:] == ["connectionDestroyed", "connectionDestroyed", "sessionDestroyed"]


def test_duplicates_have_the_same_key(aimed, client, listener):
    whole_call(aimed(duplicate=1), client)
    assert listener.kinds == [kind for kind in ALL for _ in range(2)]
    assert len({each.key for each in listener.events}) == len(ALL)


def test_reordered_callbacks_come_backwards(aimed, client, listener):
    whole_call(aimed(reorder=True), client)
    assert listener.kinds == ALL[::-1]


@pytest.mark.parametrize(("drop", "left"), [(("sessionCreated",), ALL[1:]), (("*",), [])])
def test_dropped_callbacks_never_come(aimed, client, listener, drop, left):
    whole_call(aimed(drop=drop), client)
    assert listener.kinds == left


def test_delayed_callbacks_come_later(aimed, client, listener):
    emulator = aimed(delay_seconds=0.1)
    emulator.state.connect(client.token(client.create_session(), "publisher"))
    assert not emulator.callbacks.idle(0.01) and listener.events == []
    assert emulator.callbacks.idle() and listener.kinds == ALL[:2]


def test_a_refused_callback_is_repeated(aimed, client, listener):
    listener.statuses = [500, 500]
    emulator = aimed(retries=3, retry_seconds=0.01, drop=("connectionCreated",))
    emulator.state.connect(client.token(client.create_session(), "publisher"))
    assert emulator.callbacks.idle() and listener.kinds == ["sessionCreated"]
    assert [each.status for each in emulator.callbacks.sent] == [500, 500, 200]


def test_an_endpoint_that_is_down_does_not_stop_the_emulator(emulator, client):
    emulator.callbacks.plan = CallbackPlan(url="http://127.0.0.1:9/")
    whole_call(emulator, client)
    assert {each.status for each in emulator.callbacks.sent} == {0}


def test_callbacks_are_aimed_over_http(emulator, client, listener):
    plan = {"url": listener.url, "signatureSecret": SECRET, "drop": ["sessionCreated"]}
    assert requests.post(f"{emulator.url}/_control/callbacks", json=plan, timeout=5).status_code == 200
    emulator.state.connect(client.token(client.create_session(), "publisher"))
    shown = requests.get(f"{emulator.url}/_control/callbacks?wait=5", timeout=5).json()
    assert shown["idle"] and [each["status"] for each in shown["sent"]] == [200]
    assert listener.kinds == ["connectionCreated"]
