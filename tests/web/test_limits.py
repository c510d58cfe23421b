"""Rate limits: which requests a rule counts, and for whom."""

import pytest

from parse_shim.settings_groups import RateLimitRule
from parse_shim.web.limits import Caller, RateLimits, TooManyRequests, path_pattern

ANN = Caller("10.0.0.1")
BOB = Caller("10.0.0.2")


def limits(**options: object) -> RateLimits:
    given = {"request_path": "/login", "request_time_window": 60_000, "request_count": 2, **options}
    return RateLimits([RateLimitRule(**given)])  # type: ignore[arg-type]


def refused(found: RateLimits, caller: Caller, calls: list[tuple[str, str]], **more: bool) -> bool:
    try:
        found.check(caller, calls, **more)
    except TooManyRequests:
        return True
    return False


def login(found: RateLimits, caller: Caller) -> bool:
    return refused(found, caller, [("POST", "/login")])


@pytest.mark.parametrize(
    ("rule", "path", "matches"),
    [
        ("/classes/*", "/classes/A", True),
        ("/classes/*", "/classes", False),
        ("/login", "/login", True),
        ("/login", "/Login/", True),
        ("/login", "/loginAs", False),
        ("/functions/*path", "/functions/a/b", True),
        ("/functions/*path", "/functions", False),
        ("/classes/:name", "/classes/A", True),
        ("/classes/:name", "/classes/A/id", False),
        ("/classes/:name{/:id}", "/classes/A/id", True),
        ("/a.b", "/axb", False),
        ("*path", "/anything", True),
    ],
)
def test_paths_are_read_as_path_to_regexp(rule: str, path: str, matches: bool) -> None:
    assert bool(path_pattern(rule).fullmatch(path)) is matches


def test_braces_that_do_not_fit_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="braces"):
        path_pattern("/a{/b")


def test_the_third_request_of_two_is_refused_with_the_time_to_come_back() -> None:
    found = limits(error_response_message="slow down")
    assert [login(found, ANN), login(found, ANN)] == [False, False]
    with pytest.raises(TooManyRequests) as caught:
        found.check(ANN, [("POST", "/login")])
    assert (caught.value.status, caught.value.body()) == (429, {"code": 100, "error": "slow down"})
    assert 1 <= int(caught.value.headers["Retry-After"]) <= 60
    assert not login(found, BOB)


def test_items_of_a_batch_count_before_they_run() -> None:
    with pytest.raises(TooManyRequests) as caught:
        limits().check(ANN, [("POST", "/login")] * 3, batch=True)
    assert caught.value.status == 400


@pytest.mark.parametrize("methods", [("POST", "PUT"), ("POST|PUT",)])
def test_other_methods_are_not_counted(methods: tuple[str, ...]) -> None:
    found = limits(request_methods=methods, request_count=1)
    assert not any(refused(found, ANN, [("GET", "/login")]) for _ in range(3))
    assert [login(found, ANN), login(found, ANN)] == [False, True]


@pytest.mark.parametrize(
    ("caller", "options", "counted"),
    [
        (Caller("10.0.0.1", "master"), {}, False),
        (Caller("10.0.0.1", "master"), {"include_master_key": True}, True),
        (Caller("127.0.0.1"), {}, False),
        (Caller("::ffff:127.0.0.1"), {}, False),
        (Caller(None), {}, False),
        (Caller("127.0.0.1"), {"include_internal_requests": True}, True),
    ],
)
def test_who_is_exempt(caller: Caller, options: dict[str, bool], counted: bool) -> None:
    found = limits(request_count=1, **options)
    assert [login(found, caller), login(found, caller)] == [False, counted]


@pytest.mark.parametrize(
    ("zone", "first", "second", "together"),
    [
        ("ip", ANN, BOB, False),
        ("global", ANN, BOB, True),
        ("session", Caller("a", session_token="r:1"), Caller("b", session_token="r:1"), True),
        ("session", Caller("a", session_token="r:1"), Caller("a", session_token="r:2"), False),
        ("user", Caller("a", session_token="r:1", user_id=lambda: "u"), Caller("b", session_token="r:2", user_id=lambda: "u"), True),
        ("user", Caller("a"), Caller("a"), True),
    ],
)
def test_zones_say_who_is_counted_together(zone: str, first: Caller, second: Caller, together: bool) -> None:
    found = limits(zone=zone, request_count=1)
    assert not login(found, first)
    assert login(found, second) is together


def test_a_reset_begins_to_count_anew() -> None:
    found = limits(request_count=1)
    assert [login(found, ANN), login(found, ANN)] == [False, True]
    found.forget()
    assert not login(found, ANN)


def test_a_redis_that_is_away_lets_requests_pass() -> None:
    pytest.importorskip("redis")
    found = limits(request_count=1, redis_url="redis://127.0.0.1:1/0?socket_connect_timeout=0.2")
    assert not any(login(found, ANN) for _ in range(2))


def test_an_address_that_is_none_stops_the_start() -> None:
    with pytest.raises(ValueError, match="redisUrl"):
        limits(redis_url="nonsense://x")
