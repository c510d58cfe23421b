"""E-mail verification and password reset through the webhook adapter (contract/03, sections 10 to 12; contract/11, section 10)."""

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest
from werkzeug.test import TestResponse

from parse_shim import ids
from tests.contract.world import Server, has

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
XHR = {**FORM, "X-Requested-With": "XMLHttpRequest"}
BAD_TOKEN = "Failed to reset password: username / email / token is invalid"


class Box:
    """Where the webhook posts to."""

    def __init__(self) -> None:
        self.posts: Queue[dict[str, Any]] = Queue()
        posts = self.posts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                posts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def next(self) -> dict[str, Any]:
        posted = self.posts.get(timeout=5)
        assert posted["method"] == "sendMail"
        return dict(posted["args"][0])

    def token(self) -> str:
        found = re.search(r"token=(\w{25})\b", self.next()["text"])
        assert found
        return found[1]

    def is_empty(self) -> bool:
        try:
            self.posts.get(timeout=0.1)
        except Empty:
            return True
        return False


@pytest.fixture
def box() -> Iterator[Box]:
    made = Box()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def mailing(serve: Callable[..., Server], box: Box) -> Callable[..., Server]:
    url = f"http://127.0.0.1:{box.http.server_port}/"

    def start(**options: Any) -> Server:
        adapter = {"$webhook": url, "methods": ["sendMail"]}
        return serve(appName="App", publicServerURL="http://localhost/parse", emailAdapter=adapter, **options)

    return start


def post(server: Server, path: str, form: str, headers: dict[str, str] = FORM) -> TestResponse:
    return server("none", "POST", path, form.encode(), headers=headers)


ASKS = [
    ({}, 400, (204, "you must provide an email")),
    ({"email": 5}, 400, (125, "you must provide a valid email string")),
]


def test_asking_for_a_reset(mailing: Callable[..., Server], box: Box) -> None:
    server = mailing()
    server.sign_up("ann", email="ann@x.org")
    server.sign_up("bare@x.org")
    server.expect(
        [
            *(("app", "POST", "/requestPasswordReset", *row) for row in ASKS),
            ("app", "POST", "/requestPasswordReset", {"token": 5}, 400, (162, "token must be a string")),
            ("app", "POST", "/requestPasswordReset", {"email": "none@x.org"}, 200, "{}"),
            ("app", "POST", "/requestPasswordReset", {"email": "ann@x.org"}, 200, "{}"),
        ]
    )
    mail = box.next()
    assert (mail["to"], mail["subject"]) == ("ann@x.org", "Password Reset for App")
    assert "http://localhost/parse/apps/app/request_password_reset?token=" in mail["text"]
    server.expect([("app", "POST", "/requestPasswordReset", {"email": "bare@x.org"}, 200, "{}")])
    assert box.next()["to"] == "bare@x.org"
    assert box.is_empty()
    strict = mailing(passwordPolicy={"resetPasswordSuccessOnInvalidEmail": False})
    strict.expect([("app", "POST", "/requestPasswordReset", {"email": "none@x.org"}, 404, (101, "A user with that email does not exist."))])


def test_resetting_a_password(mailing: Callable[..., Server], box: Box) -> None:
    server = mailing(
        passwordPolicy={"validatorPattern": "^.{2,}$"}, accountLockout={"duration": 9, "threshold": 1, "unlockOnPasswordReset": True}
    )
    server.sign_up("ann", email="ann@x.org")
    server.ok("app", "POST", "/requestPasswordReset", {"email": "ann@x.org"})
    token, page = box.token(), "/apps/app/request_password_reset"
    shown = server("none", "GET", f"{page}?token={token}")
    assert shown.status_code == 200 and shown.headers["Content-Type"].startswith("text/html") and b"<form" in shown.data
    params = {name: shown.headers[f"x-parse-page-param-{name}"] for name in ("token", "appid", "appname", "publicserverurl")}
    assert params == {"token": token, "appid": "app", "appname": "App", "publicserverurl": "http://localhost/parse"}
    invalid = server("none", "GET", f"{page}?token=none")
    assert invalid.status_code == 200 and b"<form" not in invalid.data
    unknown = server("none", "GET", f"/apps/other/request_password_reset?token={token}")
    assert (unknown.status_code, unknown.json) == (403, {"error": "unauthorized"})
    for form, code, text in [
        ("new_password=p2", -1, "Missing token"),
        (f"token={token}", 201, "Missing password"),
        ("token=none&new_password=p2", -1, BAD_TOKEN),
        (f"token={token}&new_password=p", -1, "Password does not meet the Password Policy requirements."),
    ]:
        answer = post(server, page, form, XHR)
        assert (answer.status_code, answer.json) == (400, {"code": code, "error": text})
    for form in ("new_password=p2", f"token={token}"):
        answer = post(server, page, form)
        assert answer.status_code == 303 and "/apps/password_reset_link_invalid.html?" in answer.headers["Location"]
    answer = post(server, page, "token=none&new_password=p2")
    assert answer.status_code == 200 and answer.headers["x-parse-page-param-error"] == BAD_TOKEN
    for _ in range(2):
        server("app", "POST", "/login", {"username": "ann", "password": "x"})
    done = post(server, page, f"token={token}&new_password=p2", XHR)
    assert (done.status_code, done.data) == (200, b'"Password successfully reset"')
    server.expect([("ann", "GET", "/users/me", None, 400, 209), ("app", "GET", "/login?username=ann&password=p2", None, 200, None)])
    again = post(server, page, f"token={token}&new_password=p3", XHR)
    assert (again.status_code, again.json) == (400, {"code": -1, "error": BAD_TOKEN})
    server.ok("app", "POST", "/requestPasswordReset", {"email": "ann@x.org"})
    page_of_success = post(server, page, f"token={box.token()}&new_password=p4")
    assert page_of_success.status_code == 200 and "text/html" in page_of_success.headers["Content-Type"]


def test_reset_links_run_out(mailing: Callable[..., Server], box: Box) -> None:
    server = mailing(passwordPolicy={"resetTokenValidityDuration": 60})
    server.sign_up("ann", email="ann@x.org")
    server.ok("app", "POST", "/requestPasswordReset", {"email": "ann@x.org"})
    token, later = box.token(), ids.timestamp() + 61
    ids.set_clock(lambda: later)
    answer = post(server, "/apps/app/request_password_reset", f"token={token}&new_password=p2", XHR)
    assert (answer.status_code, answer.json) == (400, {"code": -1, "error": "The password reset link has expired"})


def test_a_changed_address_voids_the_link(mailing: Callable[..., Server], box: Box) -> None:
    server = mailing()
    server.sign_up("ann", email="ann@x.org")
    for change in ({"email": "new@x.org"}, {"password": "p2"}):
        server.ok("app", "POST", "/requestPasswordReset", {"email": server.ok("master", "GET", "/users/{ann}")["email"]})
        token = box.token()
        server.ok("master", "PUT", "/users/{ann}", change)
        assert post(server, "/apps/app/request_password_reset", f"token={token}&new_password=p9", XHR).status_code == 400


def test_verification(mailing: Callable[..., Server], box: Box) -> None:
    server = mailing(verifyUserEmails=True)
    server.sign_up("ann", email="ann@x.org")
    mail = box.next()
    assert (mail["to"], mail["subject"]) == ("ann@x.org", "Please verify your e-mail for App")
    first = re.findall(r"http://localhost/parse/apps/app/verify_email\?token=(\w{25})", mail["text"])[0]
    server.expect(
        [
            ("ann", "GET", "/users/me", None, 200, {"emailVerified": False}),
            *(("app", "POST", "/verificationEmailRequest", *row) for row in ASKS),
            ("app", "POST", "/verificationEmailRequest", {"email": "none@x.org"}, 200, "{}"),
            ("app", "POST", "/verificationEmailRequest", {"email": "ann@x.org"}, 200, "{}"),
        ]
    )
    second = box.token()
    assert first != second
    for token, verified in ((first, False), ("none", False), (second, True)):
        page = server("none", "GET", f"/apps/app/verify_email?token={token}")
        assert page.status_code == 200 and "text/html" in page.headers["Content-Type"]
        assert server.ok("master", "GET", "/users/{ann}")["emailVerified"] is verified
    assert server("none", "GET", f"/apps/other/verify_email?token={second}").status_code == 403
    server.expect(
        [
            ("app", "POST", "/verificationEmailRequest", {"email": "ann@x.org"}, 200, "{}"),
            ("ann", "PUT", "/users/{ann}", {"email": "new@x.org"}, 200, None),
            ("ann", "GET", "/users/me", None, 200, {"emailVerified": False}),
        ]
    )
    assert box.next()["to"] == "new@x.org"
    resend = post(server, "/apps/app/resend_verification_email", "username=ann")
    assert resend.status_code == 303 and "email_verification_send_success" in resend.headers["Location"]
    assert box.next()["to"] == "new@x.org"


def test_strict_verification(mailing: Callable[..., Server], box: Box) -> None:
    server = mailing(verifyUserEmails=True, emailVerifySuccessOnInvalidEmail=False)
    server.sign_up("ann", email="ann@x.org")
    server("none", "GET", f"/apps/app/verify_email?token={box.token()}")
    server.expect(
        [
            ("app", "POST", "/verificationEmailRequest", {"email": "no@x.org"}, 400, (205, "No user found with email no@x.org")),
            ("app", "POST", "/verificationEmailRequest", {"email": "ann@x.org"}, 400, (-1, "Email ann@x.org is already verified.")),
        ]
    )
    resend = post(server, "/apps/app/resend_verification_email", "username=none")
    assert resend.status_code == 303 and "email_verification_send_fail" in resend.headers["Location"]


def test_logins_that_wait_for_verification(mailing: Callable[..., Server], box: Box) -> None:
    server = mailing(verifyUserEmails=True, preventLoginWithUnverifiedEmail=True)
    unverified, ann = (205, "User email is not verified."), {"username": "ann", "password": "p1"}
    server.expect(
        [
            ("app", "POST", "/users", {**ann, "email": "ann@x.org"}, 201, has("objectId", "createdAt")),
            ("app", "POST", "/users", {"username": "bob", "password": "p1"}, 201, has("objectId", "createdAt")),
            *(("app", "POST", path, ann, 400, unverified) for path in ("/login", "/verifyPassword")),
            ("master", "POST", "/login", {**ann, "ignoreEmailVerification": True}, 200, None),
            ("app", "POST", "/login", {**ann, "ignoreEmailVerification": True}, 400, unverified),
        ]
    )
    server("none", "GET", f"/apps/app/verify_email?token={box.token()}")
    server.expect([("app", "POST", "/login", ann, 200, None)])


def test_sign_ups_that_wait_for_verification(mailing: Callable[..., Server]) -> None:
    server = mailing(verifyUserEmails=True, preventLoginWithUnverifiedEmail=True, preventSignupWithUnverifiedEmail=True)
    ann = {"username": "ann", "password": "p1", "email": "ann@x.org"}
    server.expect(
        [
            ("app", "POST", "/users", ann, 400, (205, "User email is not verified.")),
            ("master", "GET", "/users", None, 200, lambda body: len(body["results"]) == 1),
        ]
    )


def test_pages(mailing: Callable[..., Server], serve: Callable[..., Server]) -> None:
    server = mailing()
    assert server("none", "GET", "/apps/choose_password?appId=app&token=x").status_code == 200
    for path in ("/apps/none.html", "/apps/..%2f..%2fsecret"):
        answer = server("none", "GET", path)
        assert (answer.status_code, answer.data) == (404, b"Not found.")
    bare = serve()("none", "GET", "/apps/choose_password?appId=app")
    assert (bare.status_code, bare.data) == (404, b"Not found.")
