"""Batches with `transaction: true`: all or nothing (contract/01, section 11)."""

from contextlib import contextmanager

import pytest

from parse_shim.errors import ParseError, TransactionConflict
from parse_shim.rest import read, write
from parse_shim.rest.batch import Item, transaction
from parse_shim.update.ops import Increment, Set
from tests.rest.world import World, answer, ids, rows


@pytest.fixture
def world():
    return World()


def test_all_items_are_carried_out(world):
    made = write.create(world.nobody, "Post", {"n": 1})
    gone = write.create(world.nobody, "Post", {"n": 9})
    items = [
        Item("create", "Post", body={"n": 2}),
        Item("update", "Post", made.object_id, body={"n": {"__op": "Increment", "amount": 5}}),
        Item("delete", "Post", gone.object_id),
        Item("create", "Post", update={"n": Set(3)}),
        Item("update", "Post", made.object_id, update={"n": Increment(1)}),
    ]
    done = transaction(world.nobody, items)
    assert [written and written.status for written in done] == [201, 200, None, 201, 200]
    assert (done[1].body["n"], done[4].body["n"]) == (6, 7)
    assert sorted(row["n"] for row in rows(world.master, "Post")) == [2, 3, 7]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (Item("create", "Post", body={"n": "text"}), (400, 111)),
        (Item("update", "Post", "none", body={"n": 1}), (404, 101)),
        (Item("delete", "Post", "none"), (404, 101)),
        (Item("create", "_Audience", body={}), (400, 119)),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_one_bad_item_undoes_all(world, bad, expected, first):
    made = write.create(world.nobody, "Post", {"n": 1})
    good = [Item("create", "Post", body={"n": 2}), Item("update", "Post", made.object_id, body={"n": 5})]
    assert answer(transaction, world.nobody, [bad, *good] if first else [*good, bad])[:2] == expected
    assert [row["n"] for row in rows(world.master, "Post")] == [1]


def test_nobody_hears_of_what_was_undone(world):
    heard = []
    world.core.bus.subscribe(heard.append)
    with pytest.raises(ParseError):
        transaction(world.nobody, [Item("create", "Post", body={}), Item("update", "Post", "none", body={})])
    assert heard == []


def test_users_can_be_made_in_a_transaction(world):
    done = transaction(world.nobody, [Item("create", "_User", body={"username": "a", "password": "p"})])
    (session,) = read.find_docs(world.master, "_Session")
    assert session["sessionToken"] == done[0].body["sessionToken"]
    assert read.get(world.master, "_User", done[0].object_id).results[0]["username"] == "a"


def test_a_conflict_is_tried_again(world):
    tries = []
    inner = world.core.engine.transaction

    @contextmanager
    def conflicting():
        with inner():
            yield
            tries.append(1)
            if len(tries) < 3:
                raise TransactionConflict()

    world.core.engine.transaction = conflicting
    transaction(world.nobody, [Item("create", "Post", body={"n": 1})])
    assert len(tries) == 3 and len(ids(world.master, "Post")) == 1


def test_a_lasting_conflict_is_an_error(world):
    @contextmanager
    def conflicting():
        raise TransactionConflict()
        yield

    world.core.engine.transaction = conflicting
    assert answer(transaction, world.nobody, [Item("create", "Post", body={})])[:2] == (503, 1)
