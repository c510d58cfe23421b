"""Creates of a batch that are stored in one go: each has its own answer, as if it had come alone."""

from __future__ import annotations

import mongomock
import pytest

from parse_shim.errors import ParseError
from parse_shim.rest import batch
from parse_shim.rest.core import Context, build_core
from parse_shim.rest.write_state import Written
from parse_shim.settings import Settings
from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.storage.sqlite.engine import SqliteEngine
from tests.rest.world import NoHooks, World


@pytest.fixture(params=["file", "memory", "mongo"])
def ctx(request, tmp_path):
    engines = {
        "file": lambda: SqliteEngine(str(tmp_path / "a.db"), fast=True),
        "memory": SqliteEngine,
        "mongo": lambda: MongoEngine("mongodb://localhost/test", make_client=mongomock.MongoClient),
    }
    engine = engines[request.param]()
    settings = Settings(app_id="app", master_key="key", allow_client_class_creation=True, allow_custom_object_id=True)
    yield Context(build_core(settings, engine=engine, hooks=NoHooks()))
    engine.close()


def create(ctx, *bodies, class_name="Thing"):
    outcomes = batch.create_together([ctx] * len(bodies), class_name, list(bodies))
    return [one.code if isinstance(one, ParseError) else one for one in outcomes]


def stored(ctx, class_name="Thing"):
    from parse_shim.query.ast import EVERYTHING

    return ctx.core.engine.find(ctx.core.classes.get_or_empty(class_name), EVERYTHING)


def test_each_is_stored_in_order_with_an_answer_of_its_own(ctx):
    outcomes = create(ctx, {"n": 1}, {"n": 2}, {"n": 3})
    assert all(type(one) is Written and one.status == 201 for one in outcomes)
    assert [(doc["objectId"], doc["n"]) for doc in stored(ctx)] == [(one.object_id, n) for n, one in enumerate(outcomes, 1)]


def test_one_that_is_refused_takes_no_other_with_it(ctx):
    first, wrong, dup, last = create(ctx, {"objectId": "a", "n": 1}, {"n": "text"}, {"objectId": "a", "n": 2}, {"n": 3, "new": True})
    assert type(first) is Written and type(last) is Written
    assert (wrong, dup) == (111, 137)
    assert [doc["n"] for doc in stored(ctx)] == [1, 3]


def test_links_of_relations_are_stored_too(ctx):
    link = {"__op": "AddRelation", "objects": [{"__type": "Pointer", "className": "B", "objectId": "b"}]}
    if ctx.core.engine.scheme == "mongodb":
        pytest.skip("mongomock cannot write links (bulk_write)")
    plain, linked = create(ctx, {"n": 1}, {"n": 2, "rel": link})
    assert type(plain) is Written
    assert ctx.core.engine.related_ids("Thing", "rel", [linked.object_id]) == ["b"]


def test_operations_are_applied(ctx):
    [one, _] = create(ctx, {"n": {"__op": "Increment", "amount": 4}, "l": {"__op": "Add", "objects": [1]}}, {"n": 1})
    assert (one.body["n"], one.body["l"]) == (4, [1])


def test_hooked_and_system_classes_go_one_by_one(ctx):
    class Hooks:
        def find(self, kind, target=None):
            return object() if (kind, target) == ("after_save", "Hooked") else None

    ctx.core.hooks = Hooks()
    assert [batch.may_create_together(ctx, name) for name in ("Thing", "Hooked", "_User", "_Role")] == [True, False, False, False]


def test_an_engine_that_cannot_is_left_alone():
    assert not batch.may_create_together(World().nobody, "Thing")
