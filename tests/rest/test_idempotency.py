"""A request id is honoured once (contract/01, section 11)."""

import pytest

from parse_shim import ids
from parse_shim.rest.idempotency import check_request
from parse_shim.settings_groups import Idempotency
from tests.rest.world import World, answer, rows


@pytest.fixture
def world():
    yield World({"idempotency_options": Idempotency(paths=("classes/.*", "users", "functions/.*", "jobs/one"), ttl=60)})
    ids.set_clock(None)


def test_the_second_use_is_refused(world):
    check_request(world.nobody, "POST", "/classes/Post", "id-1")
    assert answer(check_request, world.nobody, "PUT", "/classes/Other/x", "id-1") == (400, 159, "Duplicate request")
    check_request(world.nobody, "POST", "/classes/Post", "id-2")
    assert sorted(row["reqId"] for row in rows(world.master, "_Idempotency")) == ["id-1", "id-2"]


@pytest.mark.parametrize(
    ("method", "path", "request_id"),
    [
        ("GET", "/classes/Post", "id"),
        ("DELETE", "/classes/Post/x", "id"),
        ("POST", "/batch", "id"),
        ("POST", "/roles", "id"),
        ("POST", "/jobs/two", "id"),
        ("POST", "/classes/Post", ""),
        ("POST", "/classes/Post", None),
    ],
)
def test_other_requests_are_not_counted(world, method, path, request_id):
    for _ in range(2):
        check_request(world.nobody, method, path, request_id)


def test_it_is_off_by_default():
    world = World()
    for _ in range(2):
        check_request(world.nobody, "POST", "/classes/Post", "id")


def test_an_id_is_free_again_after_its_time(world):
    check_request(world.nobody, "POST", "/users", "id-1")
    later = ids.timestamp() + 61
    ids.set_clock(lambda: later)
    check_request(world.nobody, "POST", "/users", "id-1")
    assert answer(check_request, world.nobody, "POST", "/users", "id-1")[:2] == (400, 159)
    assert len(rows(world.master, "_Idempotency")) == 1
