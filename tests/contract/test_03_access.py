"""Roles, ACLs, permissions of classes, keys (contract/03, sections 6 to 9 and 13)."""

from collections.abc import Callable
from typing import Any

from tests.contract.world import Server, has, op, pointer, query

DENIED = (119, "Permission denied")


NOT_FOUND = (101, "Object not found.")


def test_roles(users: Server) -> None:
    name, acl = (111, "name is required."), (111, "ACL is required.")
    users.names["A"] = users.ok("app", "POST", "/roles", {"name": "A", "ACL": {"*": {"read": True, "write": True}}})["objectId"]
    users.names["B"] = users.ok("master", "POST", "/roles", {"name": "B b!", "ACL": {}})["objectId"]
    role = {"read": True}
    users.names["oA"] = users.create("O", ACL={"role:A": role})
    users.names["oB"] = users.create("O", ACL={"role:B b!": role})
    ann = pointer("_User", "{ann}")
    relation = {"__type": "Relation", "className": "_User"}
    users.expect(
        [
            *(("master", "POST", "/roles", body, 400, name) for body in ({}, {"ACL": {}}, {"name": "", "ACL": {}})),
            ("master", "POST", "/roles", {"name": "x"}, 400, acl),
            (
                "master",
                "POST",
                "/roles",
                {"name": "A", "ACL": {}},
                400,
                (137, "A duplicate value for a field with unique values was provided"),
            ),
            ("master", "PUT", "/roles/{A}", {"name": op("Delete")}, 400, name),
            ("master", "PUT", "/roles/{A}", {"ACL": op("Delete")}, 400, acl),
            (
                "app",
                "GET",
                "/roles/{A}",
                None,
                200,
                {"name": "A", "users": relation, "roles": {"__type": "Relation", "className": "_Role"}},
            ),
            ("app", "GET", '/roles?where={"name":"A"}', None, 200, lambda body: len(body["results"]) == 1),
            ("ann", "GET", "/classes/O/{oA}", None, 404, NOT_FOUND),
            ("master", "PUT", "/roles/{A}", {"users": op("AddRelation", objects=[ann])}, 200, None),
            ("ann", "GET", "/classes/O/{oA}", None, 200, None),
            ("ann", "GET", "/classes/O/{oB}", None, 404, NOT_FOUND),
            ("master", "PUT", "/roles/{B}", {"roles": op("AddRelation", objects=[pointer("_Role", "{A}")])}, 200, None),
            ("ann", "GET", "/classes/O/{oB}", None, 200, None),
            ("master", "PUT", "/roles/{A}", {"roles": op("AddRelation", objects=[pointer("_Role", "{B}")])}, 200, None),
            ("master", "PUT", "/roles/{A}", {"users": op("RemoveRelation", objects=[ann])}, 200, None),
            ("ann", "GET", "/classes/O/{oB}", None, 404, NOT_FOUND),
            ("master", "PUT", "/roles/{B}", {"users": op("AddRelation", objects=[ann])}, 200, None),
            ("ann", "GET", "/classes/O/{oA}", None, 200, None),
            ("master", "PUT", "/roles/{A}", {"name": "C"}, 200, None),
            ("ann", "GET", "/classes/O/{oA}", None, 404, NOT_FOUND),
            ("master", "DELETE", "/roles/{B}", None, 200, "{}"),
            ("ann", "GET", "/classes/O/{oB}", None, 404, NOT_FOUND),
        ]
    )


def test_acl_evaluation(users: Server) -> None:
    users.names["w"] = users.create("O", n=1, ACL={users.names["ann"]: {"write": True}})
    users.names["r"] = users.create("O", n=1, ACL={users.names["ann"]: {"read": True}})
    users.expect(
        [
            ("ann", "GET", "/classes/O/{w}", None, 404, NOT_FOUND),
            ("ann", "PUT", "/classes/O/{w}", {"n": op("Increment", amount=1)}, 200, {"n": 2}),
            ("ann", "PUT", "/classes/O/{r}", {"n": 1}, 404, NOT_FOUND),
            ("ann", "DELETE", "/classes/O/{r}", None, 404, NOT_FOUND),
            ("ann", "GET", "/classes/O?count=1&limit=0", None, 200, {"count": 1}),
            ("bob", "GET", "/classes/O?count=1", None, 200, '{"results":[],"count":0}'),
            ("keeper", "GET", "/classes/O?count=1&limit=0", None, 200, {"count": 2}),
            ("ann", "DELETE", "/classes/O/{w}", None, 200, "{}"),
        ]
    )


def closed(**permissions: Any) -> dict[str, Any]:
    return {"classLevelPermissions": permissions}


def test_class_permissions(users: Server) -> None:
    users.names["o"] = users.create("O", n=1)
    one, find = "/classes/O/{o}", "/classes/O"
    needs = (101, "Permission denied")
    everybody = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
    users.ok("master", "PUT", "/schemas/O", closed(find={"*": True}))
    users.expect(
        [
            ("app", "GET", find, None, 200, None),
            ("app", "GET", find + "?count=1", None, 400, DENIED),
            *(
                ("app", method, path, {"n": 1}, 400, DENIED)
                for method, path in (("PUT", one), ("DELETE", one), ("POST", find), ("DELETE", find + "/none"))
            ),
            ("app", "POST", find, query({"objectId": "{o}"}), 400, DENIED),
            ("app", "POST", find, query({"objectId": "{o}", "n": 1}), 200, None),
            ("master", "GET", one, None, 200, None),
            ("keeper", "GET", one, None, 200, None),
            ("reader", "GET", one, None, 200, None),
        ]
    )
    users.ok(
        "master",
        "PUT",
        "/schemas/O",
        closed(**{**everybody, "addField": {}, "get": {"requiresAuthentication": True}, "create": {users.names["ann"]: True}}),
    )
    users.expect(
        [
            ("app", "GET", one, None, 404, needs),
            ("bob", "GET", one, None, 200, None),
            ("ann", "POST", find, {"n": 1}, 201, None),
            *((who, "POST", find, {"n": 1}, 400, DENIED) for who in ("bob", "app")),
            ("app", "PUT", one, {"new": 1}, 400, DENIED),
            ("ann", "POST", find, {"new": 1}, 400, DENIED),
            ("app", "PUT", one, {"new": op("Delete")}, 200, None),
            ("app", "PUT", one, {"n": 5}, 200, None),
        ]
    )
    detailed = Server(users.engine, enableSanitizedErrorResponse=False)
    detailed.names = users.names
    detailed.expect(
        [
            ("app", "POST", find, {"n": 1}, 400, (119, "Permission denied for action create on class O.")),
            ("app", "GET", one, None, 404, (101, "Permission denied, user needs to be authenticated.")),
        ]
    )


def test_pointer_permissions(users: Server) -> None:
    users.names["o"] = users.create("O", owner=pointer("_User", users.names["ann"]), n=1)
    one, find = "/classes/O/{o}", "/classes/O"
    names = ("find", "get", "count", "update", "delete", "create", "addField")
    nothing = lambda body: body["results"] == []  # noqa: E731
    for permissions in (
        {name: {"pointerFields": ["owner"]} for name in names},
        {"readUserFields": ["owner"], "writeUserFields": ["owner"]},
    ):
        users.ok("master", "PUT", "/schemas/O", closed(**permissions))
        users.expect(
            [
                ("ann", "GET", find, None, 200, lambda body: len(body["results"]) == 1),
                ("ann", "GET", one, None, 200, None),
                ("ann", "GET", find + "?count=1&limit=0", None, 200, {"count": 1}),
                ("ann", "PUT", one, {"n": 2}, 200, None),
                *((who, "GET", find, None, 200, nothing) for who in ("app", "bob")),
                *((who, "GET", find + "?count=1", None, 200, {"count": 0}) for who in ("app", "bob")),
                *((who, method, one, {"n": 1}, 404, NOT_FOUND) for who in ("app", "bob") for method in ("PUT", "DELETE")),
                *((who, "POST", find, {"n": 1}, 400, DENIED) for who in ("app", "bob", "ann")),
                ("app", "POST", find, query({"objectId": "{o}"}), 404, NOT_FOUND),
                ("bob", "POST", find, query({"objectId": "{o}"}), 200, nothing),
            ]
        )
    users.expect([("ann", "PUT", one, {"fresh": 1}, 200, None), ("ann", "DELETE", one, None, 200, None)])


def test_protected_fields(users: Server) -> None:
    users.names["o"] = users.create("O", secret=1, y=2, z=3, owner=pointer("_User", users.names["ann"]))
    fields = {"*": ["secret", "y"], "authenticated": ["secret"], users.names["bob"]: [], "userField:owner": []}
    everybody = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
    users.ok("master", "PUT", "/schemas/O", closed(**everybody, protectedFields=fields))
    users.sign_up("eve")
    one, find = "/classes/O/{o}", "/classes/O"
    lacks = lambda *names: lambda body: not set(names) & set(body) and set(body) >= {"secret", "y", "z"} - set(names)  # noqa: E731
    users.expect(
        [
            ("app", "GET", one, None, 200, lacks("secret", "y")),
            ("eve", "GET", one, None, 200, lacks("secret")),
            ("bob", "GET", one, None, 200, lacks()),
            ("ann", "GET", one, None, 200, lacks()),
            ("master", "GET", one, None, 200, lacks()),
            *(
                ("app", "POST", find, query(where), 400, DENIED)
                for where in ({"secret": 1}, {"$or": [{"z": 1}, {"$and": [{"y": 1}]}]}, {"secret.a": 1})
            ),
            ("app", "GET", find + "?order=-secret", None, 400, DENIED),
            ("ann", "GET", find + "?order=-secret", None, 400, DENIED),
            ("app", "GET", one + "?keys=secret", None, 200, has("objectId", "createdAt", "updatedAt")),
            ("app", "PUT", one, {"secret": op("Increment", amount=1)}, 200, {"secret": 2}),
            ("app", "POST", "/classes/P", query({"p": {"$inQuery": {"className": "O", "where": {"secret": 1}}}}), 400, DENIED),
            (
                "app",
                "POST",
                "/classes/P",
                query({"p": {"$select": {"query": {"className": "O"}, "key": "secret"}}}),
                200,
                lambda body: body["results"] == [],
            ),
        ]
    )


def test_owners_may_be_protected_from_themselves(serve: Callable[..., Server]) -> None:
    server = serve(protectedFieldsOwnerExempt=False)
    server.sign_up("ann", email="a@x.org")
    server.expect([("ann", "GET", "/users/{ann}", None, 200, lambda body: "email" not in body)])


def test_default_acl(users: Server) -> None:
    everybody = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
    acl = {"*": {"read": True}, "currentUser": {"read": True, "write": True}, "role:adm": {"write": True}}
    users.ok("master", "POST", "/schemas/O", closed(**everybody, ACL=acl))
    rest = {"*": {"read": True}, "role:adm": {"write": True}}
    users.expect(
        [
            ("ann", "POST", "/classes/O", {}, 201, {"ACL": {**rest, "{ann}": {"read": True, "write": True}}}),
            *((who, "POST", "/classes/O", {}, 201, {"ACL": rest}) for who in ("app", "master")),
            ("ann", "POST", "/classes/O", {"ACL": {}}, 201, has("objectId", "createdAt")),
        ]
    )


def test_keys(users: Server) -> None:
    users.names["o"] = users.create("O", n=1, ACL={})
    one = "/classes/O/{o}"
    unauthorized = (None, "Permission denied")
    users.expect(
        [
            ("reader", "GET", one, None, 200, None),
            *(("reader", method, path, {"n": 1}, 400, DENIED) for method, path in (("POST", "/classes/O"), ("PUT", one), ("DELETE", one))),
            ("reader", "PUT", "/config", {"params": {"a": 1}}, 400, DENIED),
            *(("reader", method, "/schemas/N", {}, 400, DENIED) for method in ("POST", "PUT", "DELETE")),
            *(
                ("reader", method, path, {"a": 1}, 400, DENIED)
                for method, path in (("DELETE", "/purge/O"), ("POST", "/push"), ("POST", "/jobs/a"))
            ),
            ("reader", "POST", "/hooks/functions", {"functionName": "f", "url": "http://x"}, 400, DENIED),
            ("reader", "POST", "/loginAs", {"userId": "{ann}"}, 400, DENIED),
            ("reader", "PUT", "/graphql-config", {"params": {}}, 400, DENIED),
            ("reader", "POST", "/push_audiences", {"name": "a", "query": "{}"}, 400, DENIED),
            ("reader", "POST", "/cloud_code/jobs", {"job_schedule": {"jobName": "x"}}, 400, DENIED),
            *(
                ("reader", "GET", path, None, 200, None)
                for path in ("/schemas", "/config", "/scriptlog", "/aggregate/O", "/hooks/functions", "/serverInfo")
            ),
            ("reader", "POST", "/files/a.txt", b"x", 403, unauthorized),
            ("reader", "DELETE", "/files/a.txt", None, 403, unauthorized),
            ("keeper", "PUT", one, {"n": 2}, 200, None),
            ("keeper", "PUT", "/users/{ann}", {"_failed_login_count": 3}, 200, None),
            ("keeper", "GET", "/users/{ann}", None, 200, {"_failed_login_count": 3, "_hashed_password": None}),
            ("keeper", "POST", "/users", query({"_failed_login_count": 3}), 200, lambda body: len(body["results"]) == 1),
            ("master", "POST", "/users", query({"_failed_login_count": 3}), 200, lambda body: len(body["results"]) == 1),
            ("keeper", "PUT", "/users/{ann}", {"emailVerified": True}, 200, None),
            *(
                ("keeper", method, path, {}, 403, unauthorized)
                for method, path in (("GET", "/schemas"), ("DELETE", "/purge/O"), ("PUT", "/config"), ("GET", "/aggregate/O"))
            ),
            *(("keeper", "POST", path, {}, 403, unauthorized) for path in ("/push", "/jobs/a")),
            ("keeper", "GET", "/classes/_JobStatus", None, 200, None),
        ]
    )
    for key in ("reader", "master"):
        wrong = users("app", "GET", "/schemas", headers={"X-Parse-Master-Key": key + "x"})
        assert (wrong.status_code, wrong.json) == (403, {"error": "Permission denied"})
