"""before_password_reset_request: after the user was found, before a mail is sent (contract/10, section 8)."""

import pytest

from parse_shim import ParseError, create_app
from parse_shim.hooks.registry import Hook, Registry

APP = {"X-Parse-Application-Id": "a"}


class Mail:
    """A mail adapter that keeps what it is given."""

    def __init__(self):
        self.sent = []

    def send_mail(self, mail):
        self.sent.append(mail)


@pytest.fixture
def ask():
    """`ask(handler, body)` -> ((status, answer), users the hook saw, mails). ann has an address, bob's name is one."""

    def run(handler, body):
        seen, mail = [], Mail()

        def hook(request):
            seen.append(request.object.username)
            return handler(request)

        client = create_app(
            appId="a",
            masterKey="m",
            databaseURI="memory://",
            logsFolder=None,
            appName="App",
            publicServerURL="http://here/parse",
            emailAdapter=mail,
            cloud=Registry([Hook("before_password_reset_request", "_User", hook)]),
        ).test_client()
        for fields in ({"username": "ann", "email": "ann@here.org"}, {"username": "bob@here.org"}):
            assert client.post("/parse/users", json={**fields, "password": "p"}, headers=APP).status_code == 201
        answer = client.post("/parse/requestPasswordReset", json=body, headers=APP)
        return (answer.status_code, answer.json), seen, len(mail.sent)

    return run


def refuse(problem):
    def handler(request):
        raise problem

    return handler


@pytest.mark.parametrize(
    ("handler", "email", "answer", "seen", "mails"),
    [
        (lambda request: None, "ann@here.org", (200, {}), ["ann"], 1),
        (lambda request: None, "bob@here.org", (200, {}), ["bob@here.org"], 1),
        (lambda request: None, "nobody@here.org", (200, {}), [], 0),
        (refuse(ParseError(4711, "not now")), "ann@here.org", (400, {"code": 4711, "error": "not now"}), ["ann"], 0),
        (refuse(ValueError("not now")), "ann@here.org", (400, {"code": 141, "error": "not now"}), ["ann"], 0),
        (refuse(ValueError("not now")), "nobody@here.org", (200, {}), [], 0),
    ],
)
def test_who_is_asked_and_what_a_refusal_does(ask, handler, email, answer, seen, mails):
    assert ask(handler, {"email": email}) == (answer, seen, mails)
