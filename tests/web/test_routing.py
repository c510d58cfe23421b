"""The table of routes and how a path finds its row."""

import pytest

from parse_shim.web.address import base_url, client_address
from parse_shim.web.call import Reply
from parse_shim.web.routing import Route, Router, routes
from parse_shim.web.table import ROUTES


def handler(ctx, call, **parts):
    return Reply(parts)


@pytest.fixture
def router():
    rules = ("/users/me", "/users/:id", "/files/:app/*path", "/files/:app/meta/*path", "/a/:b/c")
    return Router(Route("GET", rule, handler) for rule in rules)


@pytest.mark.parametrize(
    "path, rule, parts",
    [
        ("users/me", "/users/me", {}),
        ("USERS/ME", "/users/me", {}),
        ("users/x", "/users/:id", {"id": "x"}),
        ("files/app/a/b", "/files/:app/*path", {"app": "app", "path": "a/b"}),
        ("files/app/meta/b", "/files/:app/meta/*path", {"app": "app", "path": "b"}),
        ("a/x/c", "/a/:b/c", {"b": "x"}),
    ],
)
def test_a_path_finds_its_row(router, path, rule, parts):
    match = router.find("GET", path.split("/"))
    assert (match.route.rule, match.parts) == (rule, parts)


@pytest.mark.parametrize("method, path", [("POST", "users/me"), ("GET", "users"), ("GET", "files/app"), ("GET", "a/x/d")])
def test_another_path_finds_nothing(router, method, path):
    assert router.find(method, path.split("/")) is None


def test_a_row_stands_only_once():
    with pytest.raises(ValueError, match="two routes for GET /x"):
        routes([Route("GET", "/x", handler)], [Route("GET", "/x", handler)])


def test_master_routes_are_marked():
    master = {f"{row.method} {row.rule}" for row in ROUTES if row.master}
    assert {"GET /schemas", "DELETE /purge/:className", "PUT /config", "POST /push", "GET /aggregate/:className"} <= master


@pytest.mark.parametrize(
    "trust, forwarded, expected",
    [
        ((), "1.1.1.1", "10.0.0.1"),
        (True, "1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        (("uniquelocal",), "1.1.1.1, 10.0.0.2", "1.1.1.1"),
        (("loopback",), "1.1.1.1", "10.0.0.1"),
    ],
)
def test_proxies_are_believed_as_far_as_they_are_trusted(trust, forwarded, expected):
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(environ, trust) == expected


def test_the_base_url_follows_a_trusted_proxy():
    environ = {
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "inner:1",
        "HTTP_X_FORWARDED_HOST": "outer",
        "HTTP_X_FORWARDED_PROTO": "https",
        "wsgi.url_scheme": "http",
    }
    assert base_url(environ, (), "/parse") == "http://inner:1/parse"
    assert base_url(environ, ("loopback",), "/parse") == "https://outer/parse"
