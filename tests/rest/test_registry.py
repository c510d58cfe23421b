"""The schema in use follows the store, whoever changes it."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from parse_shim.classes.model import NUMBER, STRING, ClassDef, FieldType
from parse_shim.errors import ParseError, Unavailable
from parse_shim.rest.registry import Classes
from parse_shim.storage.memory import MemoryEngine
from tests.rest.world import World, answer


def columns(classes: Classes, name: str) -> set[str]:
    return set(classes.get_or_empty(name).fields) - {"objectId", "createdAt", "updatedAt", "ACL"}


def test_two_processes_see_each_others_columns() -> None:
    engine = MemoryEngine()
    one, two = Classes(engine), Classes(engine)
    one.ensure("P", {"a": STRING})
    assert two.get("P") is None
    two.refresh()
    two.ensure("P", {"b": NUMBER})
    one.refresh()
    assert columns(one, "P") == {"a", "b"}


def test_a_new_column_keeps_permissions_set_elsewhere() -> None:
    engine = MemoryEngine()
    one, two = Classes(engine), Classes(engine)
    cls = one.ensure("P", {"a": STRING})
    two.refresh()
    one.save(replace(cls, permissions={"find": {}}))
    assert two.ensure("P", {"b": NUMBER}).permissions == {"find": {}}


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (NUMBER, "schema mismatch for P.a; expected String but got Number"),
        (FieldType("Pointer", "B"), "schema mismatch for P.a; expected String but got Pointer<B>"),
    ],
)
def test_a_column_keeps_its_type(column: FieldType, text: str) -> None:
    engine = MemoryEngine()
    stale = Classes(engine)
    Classes(engine).ensure("P", {"a": STRING})
    assert answer(stale.ensure, "P", {"a": column}) == (400, 111, text)


def test_system_classes_are_known_before_they_are_stored() -> None:
    classes = Classes(MemoryEngine())
    assert {"sessionToken", "user"} <= columns(classes, "_Session")
    assert not classes.is_stored("_Session")


def test_users_and_roles_are_stored_at_the_start() -> None:
    assert Classes(MemoryEngine()).names() == ["_Role", "_User"]


def test_declared_classes_exist_from_the_start_and_after_a_reset() -> None:
    engine = MemoryEngine()
    classes = Classes(engine, [ClassDef("P", {"a": STRING}, {"find": {}})])
    assert engine.load_classes()["P"].permissions == {"find": {}}
    engine.clear()
    classes.reset()
    assert columns(classes, "P") == {"a"}


def test_a_declaration_never_changes_a_stored_type() -> None:
    engine = MemoryEngine()
    Classes(engine).ensure("P", {"a": NUMBER})
    classes = Classes(engine, [ClassDef("P", {"a": STRING, "b": STRING})])
    assert classes.get_or_empty("P").kind("a") == "Number"
    assert classes.get_or_empty("P").kind("b") == "String"


def test_a_store_that_is_away_at_the_start_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = MemoryEngine()

    def away() -> None:
        raise Unavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "load_classes", away)
        classes = Classes(engine, [ClassDef("P", {"a": STRING})])
        assert answer(classes.refresh) == (503, 1, "Database error")
    classes.refresh()
    assert classes.is_stored("P")


def test_a_dropped_class_is_unknown() -> None:
    classes = Classes(MemoryEngine())
    classes.ensure("P", {"a": STRING, "b": STRING})
    classes.drop_fields("P", ["a"])
    assert columns(classes, "P") == {"b"}
    classes.drop("P")
    assert classes.get("P") is None


def test_a_core_forgets_what_the_store_no_longer_has() -> None:
    world = World(schemas=(ClassDef("Declared", {"a": STRING}),))
    world.put("P", "p1", n=1)
    ann = world.user("ann")
    world.role("A", ("ann",))
    assert ann.auth.roles() == ("role:A",)
    called: list[str] = []
    world.core.forgetters.append(lambda: called.append("forgotten"))
    world.core.engine.clear()
    world.core.forget()
    assert (world.core.classes.names(), ann.auth.roles(), called) == (["Declared", "_Role", "_User"], (), ["forgotten"])


def test_closing_a_core_stops_background_work_once() -> None:
    world = World()
    called: list[str] = []
    world.core.closers.append(lambda: called.append("closed"))
    world.core.close()
    world.core.close()
    assert called == ["closed"]


class Away(MemoryEngine):
    """Goes away: each look at the classes takes until `failing` and ends in an error; `looks` counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.gone, self.failing, self.looks = False, threading.Event(), 0

    def load_classes(self) -> dict[str, ClassDef]:
        if self.gone:
            self.looks += 1
            assert self.failing.wait(10)
            raise Unavailable("away")
        return super().load_classes()


def test_all_who_wait_for_a_store_that_is_away_hear_so_together() -> None:
    engine = Away()
    classes = Classes(engine)
    Classes(engine).ensure("P", {"a": STRING})
    engine.gone = True
    asking, heard = threading.Barrier(5), []

    def ask(what: Callable[[], object]) -> None:
        asking.wait(10)
        with pytest.raises(ParseError) as refused:
            what()
        heard.append(refused.value.status)

    works = [classes.refresh, lambda: classes.ensure("Q"), classes.plan, classes.refresh]
    threads = [threading.Thread(target=ask, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    asking.wait(10)
    time.sleep(0.1)  # the others reach the lock
    engine.failing.set()
    for thread in threads:
        thread.join(10)
    assert (heard, engine.looks) == ([503] * 4, 1)
    engine.gone = False
    classes.refresh()
    assert columns(classes, "P") == {"a"}
