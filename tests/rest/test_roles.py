"""Who holds which role, at any depth, and at once after a change."""

import pytest

from parse_shim.rest.delete import delete
from parse_shim.rest.roles import roles_of
from tests.rest.world import World


@pytest.mark.parametrize(
    ("links", "held"),
    [
        ({"A": (("ann",), ())}, ("role:A",)),
        ({"A": (("ann",), ()), "B": ((), ("A",))}, ("role:A", "role:B")),
        ({"A": (("ann",), ("B",)), "B": ((), ())}, ("role:A",)),
        ({"A": (("ann",), ("C",)), "B": ((), ("A",)), "C": ((), ("B",))}, ("role:A", "role:B", "role:C")),
        ({"A": (("bob",), ())}, ()),
        ({}, ()),
    ],
)
def test_roles_of_a_user(links: dict[str, tuple[tuple[str, ...], tuple[str, ...]]], held: tuple[str, ...]) -> None:
    world = World()
    for name, (users, roles) in links.items():
        world.role(name, users, roles)
    assert roles_of(world.core, "ann") == held


def test_a_deleted_role_gives_nothing() -> None:
    world = World()
    for name, users, roles in [("A", ("ann",), ()), ("B", (), ("A",)), ("C", (), ("B",))]:
        world.role(name, users, roles)
    delete(world.master, "_Role", "B")
    assert roles_of(world.core, "ann") == ("role:A",)
    delete(world.master, "_Role", "A")
    assert roles_of(world.core, "ann") == ()


def test_a_change_of_roles_counts_at_once() -> None:
    world = World()
    assert roles_of(world.core, "ann") == ()
    world.role("A", ("ann",))
    assert roles_of(world.core, "ann") == ("role:A",)


def test_roles_are_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.role("A", ("ann",))
    roles_of(world.core, "ann")
    monkeypatch.setattr(world.core.engine, "owner_ids", None)
    assert roles_of(world.core, "ann") == ("role:A",)
