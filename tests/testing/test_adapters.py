"""Adapters for tests: they take everything; mails can be posted to an address instead."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import pytest

from parse_shim.rest.mail import sender
from parse_shim.testing.adapters import WebhookMail
from tests.web.world import Web, error

PROVIDER = {"mine": {"module": "parse_shim.testing.adapters:AcceptingProvider"}}


@pytest.fixture
def listener() -> Iterator[tuple[str, "Queue[Any]"]]:
    """(URL, bodies that were posted to it)."""
    bodies: Queue[Any] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/mail", bodies
        server.shutdown()
        thread.join()


def test_mail_is_posted_with_method_and_arguments(listener: tuple[str, Any]) -> None:
    url, bodies = listener
    adapter = sender({"$webhook": url, "methods": ["sendMail"]})
    assert isinstance(adapter, WebhookMail) and not hasattr(adapter, "send_verification_email")
    adapter.send_mail({"to": "a@b.c", "subject": "s", "text": "t"})
    assert bodies.get(timeout=5) == {"method": "sendMail", "args": [{"to": "a@b.c", "subject": "s", "text": "t"}]}


def test_the_methods_named_get_the_link_and_the_user(listener: tuple[str, Any]) -> None:
    url, bodies = listener
    methods = ["sendMail", "sendVerificationEmail", "sendPasswordResetEmail"]
    web = Web(appName="A", publicServerURL="http://pub/parse", verifyUserEmails=True, emailAdapter={"$webhook": url, "methods": methods})
    web("POST", "/users", {"username": "ann", "password": "p", "email": "ann@x.org"})
    posted = bodies.get(timeout=5)
    assert posted["method"] == "sendVerificationEmail"
    argument = posted["args"][0]
    assert (argument["appName"], argument["user"]["username"]) == ("A", "ann")
    assert argument["link"].startswith("http://pub/parse/apps/app/verify_email?token=")
    assert "_hashed_password" not in argument["user"] and "password" not in argument["user"]


def test_the_accepting_provider_wants_an_id() -> None:
    web = Web(auth=PROVIDER)
    assert web("POST", "/users", {"authData": {"mine": {"id": "1"}}}).status_code == 201
    assert web("POST", "/users", {"authData": {"mine": {"id": "1"}}}).status_code == 200
    assert error(web("POST", "/users", {"authData": {"mine": {"id": 5}}}))[0] in (400, 404)
