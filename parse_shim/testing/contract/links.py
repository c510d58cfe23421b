"""The rows behind relation columns."""

from __future__ import annotations

from parse_shim.query.ast import EVERYTHING, Eq
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import a_class
from parse_shim.testing.contract.updates import run_together

JOIN = a_class("_Join:users:_Role", owningId="String", relatedId="String")


class LinksContract:
    def test_links_are_added_once_and_kept_in_order(self, engine: Engine) -> None:
        engine.link("_Role", "users", "r1", ["u2", "u1"])
        engine.link("_Role", "users", "r1", ["u1", "u3", "u3"])
        assert engine.related_ids("_Role", "users", ["r1"]) == ["u2", "u1", "u3"]

    def test_links_are_removed(self, engine: Engine) -> None:
        engine.link("_Role", "users", "r1", ["u1", "u2"])
        engine.unlink("_Role", "users", "r1", ["u1", "nobody"])
        engine.unlink("_Role", "roles", "r1", ["u1"])
        assert engine.related_ids("_Role", "users", ["r1"]) == ["u2"]

    def test_both_directions(self, engine: Engine) -> None:
        engine.link("_Role", "users", "r1", ["u1", "u2"])
        engine.link("_Role", "users", "r2", ["u2"])
        assert sorted(engine.owner_ids("_Role", "users", ["u2"])) == ["r1", "r2"]
        assert sorted(engine.owner_ids("_Role", "users", ["u1", "u2"])) == ["r1", "r2"]
        assert engine.related_ids("_Role", "users", ["r1", "r2"]) == ["u1", "u2"]
        assert engine.related_ids("_Role", "users", []) == []
        assert engine.owner_ids("_Role", "users", ["nobody"]) == []

    def test_fields_and_classes_do_not_mix(self, engine: Engine) -> None:
        engine.link("Post", "likes", "p1", ["u1"])
        assert engine.related_ids("Post", "Likes", ["p1"]) == []
        assert engine.related_ids("post", "likes", ["p1"]) == []

    def test_links_can_be_queried_like_a_class(self, engine: Engine) -> None:
        engine.link("_Role", "users", "r1", ["u1", "u2"])
        [row] = engine.find(JOIN, Eq("relatedId", "u1"))
        assert (row["owningId"], row["relatedId"]) == ("r1", "u1")
        assert engine.count(JOIN, EVERYTHING) == 2

    def test_many_links_at_once(self, engine: Engine) -> None:
        engine.link("Post", "likes", "p1", [f"u{number}" for number in range(1500)])
        assert len(engine.related_ids("Post", "likes", ["p1"])) == 1500
        owners = engine.owner_ids("Post", "likes", [f"u{number}" for number in range(1500)])
        assert owners == ["p1"]

    def test_the_same_link_from_many_threads(self, engine: Engine) -> None:
        run_together(lambda number: engine.link("Post", "likes", "p1", ["u1", f"v{number}"]), range(8))
        assert len(engine.related_ids("Post", "likes", ["p1"])) == 9
