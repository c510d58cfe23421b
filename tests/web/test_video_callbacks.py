"""Where the video service posts: what is taken, what is refused, and what a hook learns of it."""

import json
from pathlib import Path

import pytest

from parse_shim import ids
from parse_shim.hooks.kinds import VIDEO_EVENT
from parse_shim.hooks.registry import Hook, Registry
from parse_shim.video.callbacks import CallbackKeys
from parse_shim.web.routes.video import KEYS
from tests.web.world import Web

FIXTURES = json.loads((Path(__file__).parents[1] / "video" / "fixtures.json").read_text())
SIGNED = {case["name"]: case for case in FIXTURES["signed_callbacks"]["cases"]}
EVENT = {"sessionId": "1_s", "projectId": "10000001", "event": "sessionDestroyed", "timestamp": 1, "reason": "x"}


class Listening(Web):
    """A server whose hook remembers events."""

    def __init__(self, **keys):
        self.events = []
        hook = Hook(VIDEO_EVENT, "", lambda request: self.events.append(request.event))
        super().__init__(cloud=Registry([hook]))
        self.core.extras[KEYS] = CallbackKeys("10000001", **keys)

    def post(self, body, path="/opentok/callback", method="POST", **headers):
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.client.open(path, method=method, data=data, headers=headers, content_type="application/json")


@pytest.mark.parametrize("path", ["/opentok/callback/secret", "/parse/opentok/callback/secret"])
def test_a_callback_with_the_secret_reaches_the_hook(path):
    web = Listening(path_secret="secret")
    assert web.post(EVENT, path).status_code == 200
    assert [(event.kind, event.session_id) for event in web.events] == [("sessionDestroyed", "1_s")]


@pytest.mark.parametrize("path", ["/opentok/callback", "/opentok/callback/guess", "/parse/opentok/callback/guess"])
def test_a_callback_without_the_secret_is_not_found(path):
    web = Listening(path_secret="secret")
    assert web.post(EVENT, path).status_code == 404
    assert web.events == []


def test_without_any_protection_nothing_is_taken_unless_told():
    assert Listening().post(EVENT).status_code == 404
    web = Listening(open=True)
    assert web.post(EVENT).status_code == 200 and len(web.events) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_bare_probe_is_answered(method):
    web = Listening(path_secret="secret")
    assert web.post("", "/opentok/callback/secret", method).status_code == 200
    assert web.events == []


REFUSED = {
    "no JSON": (b"{", 400),
    "a list": (b"[]", 400),
    "too long": (b'{"event":"' + b"x" * 70_000 + b'"}', 413),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nonsense_is_refused(case):
    body, status = REFUSED[case]
    assert Listening(path_secret="s").post(body, "/opentok/callback/s").status_code == status


@pytest.mark.parametrize("change", [{"event": "unheardOf"}, {"projectId": "2"}, {"sessionId": None}])
def test_what_means_nothing_is_taken_so_that_it_is_not_repeated(change):
    web = Listening(path_secret="s")
    assert web.post({**EVENT, **change}, "/opentok/callback/s").status_code == 200
    assert web.events == []


@pytest.mark.parametrize("name", SIGNED)
def test_signatures(name):
    case = SIGNED[name]
    web = Listening(signature_secret=FIXTURES["signed_callbacks"]["signature_secret"])
    ids.set_clock(lambda: 1_700_000_001.0)
    try:
        answer = web.post(case["body_text"], **case["header"])
    finally:
        ids.set_clock(None)
    assert answer.status_code == (200 if case["accept"] else 401)
    assert len(web.events) == int(case["accept"])


def test_a_hook_that_fails_has_the_callback_sent_again():
    web = Listening(open=True)
    web.core.hooks.add(Hook(VIDEO_EVENT, "", lambda request: 1 / 0, file="other", line=1))
    assert web.post(EVENT).status_code == 503
