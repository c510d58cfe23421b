"""Requests as gunicorn reads them, with less work: nothing that an application sees is another."""

from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.http import RequestParser, wsgi

from parse_shim.serving_requests import Parser, _copied

PEER = ("10.0.0.9", 4000)


def request(method="GET", body=b"", *headers):
    lines = [f"{method} /parse/x?a=1 HTTP/1.1", "Host: h", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(body):
    return request("POST", b"", "Transfer-Encoding: chunked") + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def read_all(parser_class, data, *, piece, take):
    """(method, body as far as taken) of every request on one connection, which gives `piece` bytes at a time."""
    parser = parser_class(config(), [data[at : at + piece] for at in range(0, len(data), piece)], PEER)
    return [(each.method, each.body.read(take)) for each in parser]


def config():
    made = Config()
    made.set("http_parser", "fast")
    made.set("forwarded_allow_ips", "")
    return made


@pytest.mark.parametrize("piece", [1, 7, 1000])
@pytest.mark.parametrize("take", [None, 0, 3, 5])
def test_each_request_of_a_connection_is_read_from_its_first_byte(piece, take):
    data = request() + request("POST", b"hello") + request("PUT", b"x" * 3000) + chunked(b"hello") + request("DELETE")
    found = read_all(Parser, data, piece=piece, take=take)
    assert found == read_all(RequestParser, data, piece=piece, take=take)
    assert [method for method, _ in found] == ["GET", "POST", "PUT", "POST", "DELETE"]


@pytest.mark.parametrize("headers", [("X-Forwarded-Proto: https",), ("X-Forwarded-Ssl: on",), ("Forwarded: proto=https",)])
@pytest.mark.parametrize("peer", [PEER, ("127.0.0.1", 4000), ""])
def test_no_header_makes_a_connection_safe(headers, peer):
    [read] = Parser(config(), [request("GET", b"", *headers)], peer)
    assert read.scheme == "http"


def test_a_header_that_could_stand_for_another_is_dropped():
    [read] = Parser(config(), [request("GET", b"", "Script_Name: /x", "X_Forwarded_For: 1.2.3.4", "X-Y: z")], PEER)
    assert read.headers == [("HOST", "h"), ("X-Y", "z")]


def test_an_environ_is_as_gunicorn_makes_it(monkeypatch):
    cfg = config()
    monkeypatch.setattr(wsgi, "base_environ", _copied(wsgi.base_environ))
    [read] = Parser(cfg, [request()], PEER)
    read.proxy_protocol_info = {}
    _, first = wsgi.create(read, SimpleNamespace(), PEER, ("127.0.0.1", 1337), cfg)
    first["own"] = 1
    _, second = wsgi.create(read, SimpleNamespace(), PEER, ("127.0.0.1", 1337), cfg)
    monkeypatch.undo()
    _, third = wsgi.create(read, SimpleNamespace(), PEER, ("127.0.0.1", 1337), cfg)
    other = {"wsgi.errors", "wsgi.early_hints", "gunicorn.socket"}
    assert {name: value for name, value in second.items() if name not in other} == {
        name: value for name, value in third.items() if name not in other
    }
    assert second.keys() == third.keys()


def test_a_body_that_was_read_is_not_looked_for_on_the_socket(monkeypatch):
    parser, asked = Parser(config(), [request("POST", b"hello") + request("PUT", b"world")], PEER), []
    read = next(parser)
    monkeypatch.setattr(RequestParser, "finish_body", lambda self, *rest: asked.append(self.mesg.method) or True)
    read.body.read()
    assert (parser.finish_body(), asked) == (True, [])
    next(parser)
    assert (parser.finish_body(), asked) == (True, ["PUT"])
