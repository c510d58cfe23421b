"""What lies in MongoDB when requests have been answered (contract/05), beyond what tests/storage reads and writes directly."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import bson
import pytest

from parse_shim.storage.mongo.engine import MongoEngine
from tests.contract.world import Server, date, geo, op, pointer

DAY = datetime(2020, 1, 2, 3, 4, 5, 678000)


@pytest.fixture
def server(module_mongo_uri: str) -> Iterator[Server]:
    engine = MongoEngine(module_mongo_uri)
    engine.clear(indexes=True)
    made = Server(engine, fileUpload={"enableForPublic": True}, idempotencyOptions={"paths": ["classes/.*"], "ttl": 60})
    yield made
    made.core.close()
    engine.close()


def documents(server: Server, name: str) -> list[dict[str, Any]]:
    assert isinstance(server.engine, MongoEngine)
    return list(server.engine.connection.database[name].find())


def test_an_object_of_every_type(server: Server) -> None:
    iso = date("2020-01-02T03:04:05.678Z")
    inner = {"__type": "GeoPoint", "latitude": 1, "longitude": 2}
    acl = {"u1": {"read": True, "write": True}, "role:Admins": {"write": True}, "*": {"read": True}}
    made = server.create(
        "All",
        n=1.5,
        i=3,
        s="x",
        b=True,
        nul=None,
        d=iso,
        ACL=acl,
        ptr=pointer("Parent", "p1"),
        g=geo(40, -30),
        arr=[1, pointer("Parent", "p1"), iso, inner],
        obj={"k": {"z": 1}, "d": iso},
        f={"__type": "File", "name": "a.txt"},
        poly={"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 1], [1, 0]]},
        by={"__type": "Bytes", "base64": "aGVsbG8="},
        rel=op("AddRelation", objects=[pointer("Parent", "p1")]),
    )
    [stored] = documents(server, "All")
    times = [stored.pop("_created_at"), stored.pop("_updated_at")]
    assert times[0] == times[1] and isinstance(times[0], datetime)
    assert {name: sorted(stored.pop(name)) for name in ("_rperm", "_wperm")} == {"_rperm": ["*", "u1"], "_wperm": ["role:Admins", "u1"]}
    assert stored == {
        "_id": made,
        "n": 1.5,
        "i": 3,
        "s": "x",
        "b": True,
        "nul": None,
        "d": DAY,
        "_p_ptr": "Parent$p1",
        "g": [-30, 40],
        "f": "a.txt",
        "arr": [1, pointer("Parent", "p1"), DAY, inner],
        "obj": {"k": {"z": 1}, "d": DAY},
        "poly": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]},
        "by": b"hello",
        "_acl": {"u1": {"r": True, "w": True}, "role:Admins": {"w": True}, "*": {"r": True}},
    }
    [link] = documents(server, "_Join:rel:All")
    assert isinstance(link.pop("_id"), bson.ObjectId) and link == {"owningId": made, "relatedId": "p1"}


def test_system_classes(server: Server) -> None:
    server.sign_up("ann", email="a@x.org", authData={"anonymous": {"id": "1"}})
    [user] = documents(server, "_User")
    assert user["_hashed_password"].startswith("$2") and user["_auth_data_anonymous"] == {"id": "1"}
    assert "authData" not in user and "password" not in user and (user["_rperm"], user["_wperm"]) == ([user["_id"]], [user["_id"]])
    [session] = documents(server, "_Session")
    assert session["_session_token"].startswith("r:") and session["_p_user"] == "_User$" + user["_id"]
    assert isinstance(session["expiresAt"], datetime) and set(session["createdWith"]) == {"action", "authProvider"}
    server.ok("master", "PUT", "/config", {"params": {"a": 1}, "masterKeyOnly": {"a": True}})
    [config] = documents(server, "_GlobalConfig")
    assert config["_id"] == 1 and config["params"] == {"a": 1} and config["masterKeyOnly"] == {"a": True}
    server.ok("master", "POST", "/hooks/functions", {"functionName": "f", "url": "http://x"})
    [hook] = documents(server, "_Hooks")
    assert (hook["functionName"], hook["url"]) == ("f", "http://x")
    server("app", "POST", "/classes/A", {}, headers={"X-Parse-Request-Id": "r1"})
    [used] = documents(server, "_Idempotency")
    assert used["reqId"] == "r1" and isinstance(used["expire"], datetime)
    name = server("app", "POST", "/files/a.txt", b"hello").json["name"]
    [file] = documents(server, "fs.files")
    assert (file["filename"], file["length"], file["chunkSize"], file["metadata"]) == (name, 5, 261120, {})


def test_the_schema(server: Server) -> None:
    columns = {
        "name": {"type": "String", "required": True, "defaultValue": "q"},
        "t": {"type": "Pointer", "targetClass": "_User"},
        "r": {"type": "Relation", "targetClass": "Foo"},
        **{
            kind.lower(): {"type": kind}
            for kind in ("Number", "Boolean", "Date", "Object", "Array", "GeoPoint", "File", "Bytes", "Polygon")
        },
    }
    clp = {"find": {"*": True}, "create": {"role:Admins": True}, "update": {"pointerFields": ["t"]}, "protectedFields": {"*": ["name"]}}
    server.ok(
        "master", "POST", "/schemas/Sch", {"fields": columns, "classLevelPermissions": clp, "indexes": {"nm": {"name": 1}, "pt": {"t": 1}}}
    )
    [stored] = [row for row in documents(server, "_SCHEMA") if row["_id"] == "Sch"]
    metadata = stored.pop("_metadata")
    kinds = {name: name for name in ("number", "boolean", "date", "object", "array", "geopoint", "file", "bytes", "polygon")}
    own = {
        "_id": "Sch",
        "objectId": "string",
        "createdAt": "date",
        "updatedAt": "date",
        "name": "string",
        "t": "*_User",
        "r": "relation<Foo>",
    }
    assert stored == {**own, **kinds}
    assert clp.items() <= metadata["class_permissions"].items()
    assert metadata["fields_options"] == {"name": {"required": True, "defaultValue": "q"}}
    assert {"nm", "pt"} <= set(metadata["indexes"])
    assert isinstance(server.engine, MongoEngine)
    made = server.engine.connection.database["Sch"].index_information()
    assert (made["nm"]["key"], made["pt"]["key"]) == ([("name", 1)], [("_p_t", 1)])
