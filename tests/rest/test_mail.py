"""Mail adapters."""

import smtplib

import pytest

from parse_shim.rest import mail

MESSAGE = {"to": "ann@x.org", "subject": "Hello", "text": "Here: https://x.org/?token=a"}


class FakeServer:
    """Stands for smtplib.SMTP and remembers what it was told."""

    made = []

    def __init__(self, host, port, timeout, context=None):
        self.told = [("connect", host, port, timeout, context is not None)]
        FakeServer.made.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.told.append(("quit",))

    def starttls(self, context):
        self.told.append(("starttls",))

    def login(self, user, password):
        self.told.append(("login", user, password))

    def send_message(self, message):
        self.told.append(("send", message["From"], message["To"], message["Subject"], message.get_content().strip()))


@pytest.fixture
def server(monkeypatch):
    FakeServer.made = []
    monkeypatch.setattr(smtplib, "SMTP", FakeServer)
    monkeypatch.setattr(smtplib, "SMTP_SSL", FakeServer)
    return FakeServer.made


def test_smtp_with_a_login(server):
    options = {"sender": "app@x.org", "host": "mail.x.org", "port": 587, "user": "u", "password": "p", "starttls": True}
    mail.sender({"module": "smtp", "options": options}).send_mail(MESSAGE)
    assert server[0].told == [
        ("connect", "mail.x.org", 587, 10.0, False),
        ("starttls",),
        ("login", "u", "p"),
        ("send", "app@x.org", "ann@x.org", "Hello", MESSAGE["text"]),
        ("quit",),
    ]


def test_smtp_over_tls(server):
    mail.SmtpSender("app@x.org", "mail.x.org", 465, tls=True).send_mail(MESSAGE)
    assert server[0].told[0] == ("connect", "mail.x.org", 465, 10.0, True)


def test_headers_cannot_be_smuggled_in(server):
    with pytest.raises(ValueError):
        mail.SmtpSender("app@x.org").send_mail({**MESSAGE, "to": "ann@x.org\nBcc: all@x.org"})


def test_the_console_sender_writes_to_the_log(caplog):
    caplog.set_level("INFO")
    mail.sender("console").send_mail(MESSAGE)
    assert "https://x.org/?token=a" in caplog.text


def test_an_adapter_may_be_an_object_a_class_or_a_function():
    sent = []

    class Own:
        def send_mail(self, message):
            sent.append(message)

    for setting in (Own(), Own, sent.append):
        mail.sender(setting).send_mail(MESSAGE)
    assert sent == [MESSAGE] * 3
    assert mail.sender(None) is None


def test_an_adapter_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="no_such_module"):
        mail.sender("no_such_module:Sender")
