"""Indexes on demand in a database that parse-server uses too: it lists every index that it finds, and makes its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parse_shim.classes.model import ClassDef
from parse_shim.query.ast import Eq
from parse_shim.query.options import FindOptions
from parse_shim.rest.definitions import definition_json
from parse_shim.storage.demand import EXISTS, keys_text, read_keys
from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.testing.contract.common import a_class, a_doc, fill
from parse_shim.values.types import Pointer
from tests.support import peer as peer_process

pytestmark = [pytest.mark.peer, pytest.mark.slow]

MASTER = {"X_Parse_Master_Key": "master"}
CLASS = a_class("Thing", s="String", n="Number", p="Pointer<B>", mine="String")


def declared(engine: MongoEngine) -> dict[str, Any]:
    return dict(engine.load_classes()["Thing"].indexes)


def copied(engine: MongoEngine) -> set[str]:
    """What parse-server has written down."""
    stored = engine.connection.collection("_SCHEMA").find_one({"_id": "Thing"})
    assert stored is not None
    return set(stored["_metadata"]["indexes"])


def test_both_servers_live_with_them(mongo_uri: str, peer_modules: Path, tmp_path: Path) -> None:
    engine = MongoEngine(mongo_uri)
    cls = fill(engine, CLASS, [a_doc(f"d{i}", s=f"s{i}", n=i, p=Pointer("B", f"p{i}")) for i in range(20)])
    for keys in ("s", "p", "n,-createdAt"):
        assert engine.demand(cls, read_keys(keys), "often asked") is None
    with peer_process.running(mongo_uri, tmp_path / "log") as peer:
        assert copied(engine) >= {"demand:s", "demand:p", "demand:n,-createdAt"}
        assert set(declared(engine)) <= {"_id_"}
        assert "demand" not in str(definition_json(engine.load_classes()["Thing"]))

        status, body = peer("PUT", "/schemas/Thing", {"indexes": {"theirs": {"mine": 1}}, "fields": {"more": {"type": "String"}}}, **MASTER)
        assert status == 200, body
        assert engine.demand(engine.load_classes()["Thing"], read_keys("mine"), "often asked") == EXISTS

        engine.undemand("Thing", read_keys("s"))
        stored = engine.load_classes()["Thing"]
        engine.save_class(ClassDef(stored.name, stored.fields, {"find": {"*": True}}, {**stored.indexes, "ours": {"n": 1}}))
        assert set(declared(engine)) == {"_id_", "theirs", "ours"}
        there = engine.connection.collection("Thing").index_information()
        assert there.keys() == {"_id_", "theirs", "ours", "demand:p", "demand:n,-createdAt"}
        assert engine.examine(cls, Eq("p", Pointer("B", "p7")), FindOptions(limit=10)).index == "p"

        status, body = peer("GET", "/schemas/Thing", None, **MASTER)
        assert status == 200, body
        assert {"theirs", "ours"} <= set(body["indexes"])
        status, body = peer("GET", '/classes/Thing?where={"s":"s7"}')
        assert [row["objectId"] for row in body["results"]] == ["d7"]
    assert [f"{keys_text(one.keys)} {one.state}" for one in engine.demanded()] == ["n,-createdAt made", "p made", "s dropped"]
    engine.close()
