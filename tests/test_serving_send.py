"""Head and body leave in one send, and what is not plain leaves as gunicorn sends it."""

from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import InvalidHeader, InvalidHeaderName
from gunicorn.http.wsgi import Response

from parse_shim.serving_send import SEND, whole
from parse_shim.web import server

LENGTH = ("Content-Length", "2")


class Socket:
    """Takes at most `most` bytes at a time by `send`."""

    def __init__(self, most=1_000_000):
        self.most = most
        self.sends = []

    def send(self, data):
        self.sends.append(bytes(data[: self.most]))
        return len(self.sends[-1])

    def sendall(self, data):
        self.sends.append(bytes(data))


def answer(body, *, method="GET", status="200 OK", headers=(LENGTH,), socket=None, version=(1, 1), close=False):
    """What one answer sends, in pieces, and what gunicorn knows of it then."""
    socket = socket or Socket()
    request = SimpleNamespace(method=method, version=version, should_close=lambda: close)
    response = Response(request, socket, Config())

    def application(environ, start):
        if environ[SEND](status, list(headers), body):
            return ()
        start(status, list(headers))
        return body

    for part in whole(application)({}, response.start_response):
        response.write(part)
    response.close()
    return socket.sends, response


def as_gunicorn(body, **options):
    """The same without our help."""
    socket = Socket()
    request = SimpleNamespace(method="GET", version=options.get("version", (1, 1)), should_close=lambda: options.get("close", False))
    response = Response(request, socket, Config())
    response.start_response(options.get("status", "200 OK"), list(options.get("headers", (LENGTH,))))
    for part in body:
        response.write(part)
    response.close()
    return b"".join(socket.sends)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"status": "404 Not Found"},
        {"version": (1, 0)},
        {"close": True},
        {"headers": (("X-A", ""), ("ETag", 'W/"2-a"'), ("Location", "http://h/\xe9"), LENGTH)},
    ],
)
def test_a_whole_answer_is_gunicorns_in_one_send(options):
    sends, response = answer([b"{}"], **options)
    assert sends == [as_gunicorn([b"{}"], **options)]
    assert response.should_close() is options.get("close", False)


def test_what_a_full_socket_did_not_take_follows():
    sends, _ = answer([b"{}"], socket=Socket(most=10))
    assert [sends[0], len(sends)] == [b"HTTP/1.1 2", 2]
    assert b"".join(sends) == as_gunicorn([b"{}"])


@pytest.mark.parametrize(
    ("body", "options"),
    [
        ([], {"headers": [("Content-Length", "0")]}),
        ([], {"method": "HEAD"}),
        ([b"{}"], {"method": "HEAD"}),
        ([], {"status": "304 Not Modified", "headers": []}),
        ([b"a", b"b"], {}),
    ],
)
def test_whatever_has_no_single_body_is_sent_as_gunicorn_sends_it(body, options):
    sends, _ = answer(body, **options)
    assert sends[0].startswith(b"HTTP/1.1 ")
    assert sends[0].endswith(b"\r\n\r\n")


@pytest.mark.parametrize("name", ["Connection", "transfer-encoding", "Keep-Alive", "Upgrade", "Date", "server"])
def test_headers_of_the_connection_are_gunicorns(name):
    sends, _ = answer([b"{}"], headers=[LENGTH, (name, "mine")])
    assert b"mine" not in b"".join(sends)


@pytest.mark.parametrize(
    ("pair", "error"),
    [
        (("X-A", "a\r\nX-B: b"), InvalidHeader),
        (("X-A", "a\nb"), InvalidHeader),
        (("X-A", "a\0"), InvalidHeader),
        (("X-A", "\u20ac"), InvalidHeader),
        (("X A", "a"), InvalidHeaderName),
        (("", "a"), InvalidHeaderName),
    ],
)
def test_a_header_that_could_split_an_answer_is_refused(pair, error):
    with pytest.raises(error):
        answer([b"{}"], headers=[LENGTH, pair])


def test_the_server_asks_for_the_same_name():
    sent = []
    environ = {SEND: lambda *parts: sent.append(parts) or True, "REQUEST_METHOD": "OPTIONS", "PATH_INFO": "/parse"}
    settings = SimpleNamespace(mount_path="/parse", dev=False, log_levels=SimpleNamespace(request="silent"))
    made = server.Server.__new__(server.Server)
    made.answer = lambda environ: ("200 OK", [LENGTH], [b"{}"])
    made.core = SimpleNamespace(settings=settings)
    assert made.wsgi(environ, None) == ()
    assert sent == [("200 OK", [LENGTH], [b"{}"])]
