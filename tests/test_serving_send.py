"""Head and body leave in one send, and nothing is ever kept back."""

from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.http.wsgi import Response

from parse_shim.serving_send import joined


class Socket:
    def __init__(self):
        self.sends = []

    def sendall(self, data):
        self.sends.append(bytes(data))


def answer(body, *, method="GET", status="200 OK", headers=()):
    """What one answer sends, in pieces."""
    socket = Socket()
    request = SimpleNamespace(method=method, version=(1, 1), should_close=lambda: False)
    response = Response(request, socket, Config())

    def application(environ, start):
        start(status, list(headers))
        return body

    for part in joined(application)({}, response.start_response):
        response.write(part)
    response.close()
    return socket.sends


def test_head_and_body_are_sent_together():
    [only] = answer([b"{}"], headers=[("Content-Length", "2")])
    assert only.startswith(b"HTTP/1.1 200 OK\r\n")
    assert only.endswith(b"\r\n\r\n{}")


@pytest.mark.parametrize(
    ("body", "options"),
    [
        ([], {"headers": [("Content-Length", "0")]}),
        ([], {"method": "HEAD", "headers": [("Content-Length", "2")]}),
        ([b"{}"], {"method": "HEAD", "headers": [("Content-Length", "2")]}),
        ([], {"status": "304 Not Modified"}),
        ([b""], {"headers": [("Content-Length", "0")]}),
        ([b"a", b"b"], {"headers": [("Content-Length", "2")]}),
        (iter([b"ab"]), {}),
    ],
)
def test_whatever_has_no_single_body_is_sent_as_gunicorn_sends_it(body, options):
    sends = answer(body, **options)
    assert sends[0].startswith(b"HTTP/1.1 ")
    assert b"\r\n\r\n" in sends[0]


def test_what_follows_the_body_passes():
    socket = Socket()
    from parse_shim.serving_send import Joined

    one = Joined(socket)
    for data in (b"head", b"body", b"more"):
        one.sendall(data)
    assert socket.sends == [b"headbody", b"more"]
