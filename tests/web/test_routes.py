"""The routes of clients, each at least once, through the whole server."""

import pytest

from tests.web.world import APP, MASTER, Web, error


def test_an_object_lives_from_create_to_delete(web):
    answer = web("POST", "/classes/W", {"n": 1, "tags": ["a"]})
    assert answer.status_code == 201
    assert set(answer.json) == {"objectId", "createdAt"}
    object_id = answer.json["objectId"]
    assert answer.headers["Location"] == f"http://localhost/parse/classes/W/{object_id}"
    found = web("GET", f"/classes/W/{object_id}").json
    assert list(found) == ["objectId", "n", "tags", "createdAt", "updatedAt"]
    changed = web("PUT", f"/classes/W/{object_id}", {"n": {"__op": "Increment", "amount": 2}, "s": "x"})
    assert (changed.status_code, set(changed.json), changed.json["n"]) == (200, {"n", "updatedAt"}, 3)
    assert web("DELETE", f"/classes/W/{object_id}").json == {}
    assert error(web("GET", f"/classes/W/{object_id}")) == (404, 101, "Object not found.")


def test_a_count_needs_no_objects(web):
    web.create("W", n=1)
    assert web("POST", "/classes/W", {"_method": "GET", "limit": "0", "count": "1"}).json == {"results": [], "count": 1}


def test_an_unknown_parameter_is_refused(web):
    assert error(web("GET", "/classes/W?foo=1")) == (400, 102, "Invalid parameter for query: foo")
    object_id = web.create("W", n=1)
    assert error(web("GET", f"/classes/W/{object_id}?where={{}}")) == (400, 102, "Improper encode of parameter")


def test_an_unknown_class_is_empty_but_119_when_clients_may_not_make_classes(web):
    assert web("GET", "/classes/Nope").json == {"results": []}
    closed = Web(allowClientClassCreation=False)
    assert error(closed("GET", "/classes/Nope")) == (400, 119, "Permission denied")


def test_anonymous_login_makes_a_user_and_then_finds_it(web):
    body = {"authData": {"anonymous": {"id": "uuid-1"}}}
    first, second = web("POST", "/users", body), web("POST", "/users", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json["sessionToken"].startswith("r:")
    assert first.json["objectId"] == second.json["objectId"]
    assert first.headers["Location"].endswith("/parse/users/" + first.json["objectId"])


def test_sign_up_login_me_logout(web):
    user_id, headers = web.sign_up()
    for answer in (
        web("POST", "/login", {"_method": "GET", "username": "ann", "password": "secret"}),
        web("GET", "/login?username=ann&password=secret"),
    ):
        assert (answer.status_code, answer.json["objectId"]) == (200, user_id)
        assert "_hashed_password" not in answer.json and "password" not in answer.json
    me = web("GET", "/users/me", headers=headers).json
    assert me["sessionToken"] == headers["X-Parse-Session-Token"]
    assert web("GET", "/sessions/me", headers=headers).json["user"]["objectId"] == user_id
    assert web("POST", "/logout", None, headers).json == {}
    assert error(web("GET", "/users/me", headers=headers)) == (400, 209, "Invalid session token")


def test_a_deleted_user_can_log_out(web):
    """As JavaScript SDKs up to 2.19 do with anonymous users."""
    user_id, headers = web.sign_up()
    assert web("DELETE", f"/users/{user_id}", headers=headers).json == {}
    assert web("POST", "/logout", None, headers).json == {}
    assert web.rows("_Session") == []


def test_an_unknown_token_cannot_log_out(web):
    assert error(web("POST", "/logout", None, {**APP, "X-Parse-Session-Token": "r:none"})) == (400, 209, "Invalid session token")


def test_a_password_of_digits_in_the_url_is_text(web):
    web("POST", "/users", {"username": "bob", "password": "123"})
    assert web("GET", "/login?username=bob&password=123").status_code == 200


def test_a_session_can_be_upgraded(web):
    _, headers = web.sign_up()
    answer = web("POST", "/upgradeToRevocableSession", None, headers)
    assert answer.json["createdWith"] == {"action": "upgrade"}
    legacy = {**APP, "X-Parse-Session-Token": "legacy"}
    assert error(web("POST", "/upgradeToRevocableSession", {}, legacy)) == (400, 209, "invalid legacy session token")
    assert error(web("POST", "/upgradeToRevocableSession", {})) == (404, 101, "invalid session")


def test_users_are_private_to_begin_with(web):
    user_id, headers = web.sign_up()
    assert web("GET", f"/users/{user_id}").status_code == 404
    assert web("GET", f"/classes/_User/{user_id}", headers=headers).json["username"] == "ann"
    assert error(web("PUT", f"/users/{user_id}", {"x": 1})) == (400, 206, "Permission denied")


def test_roles_and_installations_are_classes_with_a_name_of_their_own(web):
    role = web("POST", "/roles", {"name": "admin", "ACL": {"*": {"read": True}}})
    assert role.headers["Location"].endswith("/classes/_Role/" + role.json["objectId"])
    assert web("GET", "/roles").json["results"][0]["users"] == {"__type": "Relation", "className": "_User"}
    body = {"deviceType": "ios", "installationId": "ABC"}
    assert web("POST", "/installations", body).status_code == 201
    assert web("POST", "/installations", body).status_code == 200
    assert error(web("GET", "/installations"))[1] == 119


def test_the_config_is_merged_and_hides_what_is_for_the_master(web):
    assert web("GET", "/config").json == {"params": {}}
    body = {"params": {"a": 1, "b": {"x": [1]}}, "masterKeyOnly": {"b": True}}
    assert web.master("PUT", "/config", body).json == {"result": True}
    assert web("PUT", "/config", body).status_code == 403
    assert web("GET", "/config").json == {"params": {"a": 1}, "masterKeyOnly": {"a": False}}
    web.master("PUT", "/config", {"params": {"a": {"__op": "Delete"}, "c": {"__op": "Increment", "amount": 2}}})
    assert web.master("GET", "/config").json == {
        "params": {"b": {"x": [1]}, "c": 2},
        "masterKeyOnly": {"a": False, "b": True, "c": False},
    }


def test_values_of_the_config_keep_their_types(web):
    date = {"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"}
    web.master("PUT", "/config", {"params": {"d": date, "n": None}})
    assert web("GET", "/config").json["params"] == {"d": date, "n": None}


def test_events_are_accepted(web):
    assert web("POST", "/events/AppOpened", {"at": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}}).json == {}
    assert web("POST", "/events/custom").json == {}


def test_server_info_is_for_the_master(web):
    assert web("GET", "/serverInfo").status_code == 403
    info = web.master("GET", "/serverInfo").json
    assert info["features"]["schemas"]["addClass"] is True
    assert info["parseServerVersion"].count(".") == 2


def test_aggregate_and_distinct(web):
    for n in (1, 1, 2):
        web.create("W", n=n)
    assert web.master("GET", "/aggregate/W?distinct=n").json == {"results": [1, 2]}
    answer = web.master("GET", '/aggregate/W?$group={"_id":"$n","t":{"$sum":1}}')
    assert sorted(answer.json["results"], key=lambda row: row["objectId"]) == [
        {"objectId": 1, "t": 2},
        {"objectId": 2, "t": 1},
    ]
    assert web("GET", "/aggregate/W").status_code == 403


def test_the_maintenance_key_is_no_master_key():
    web = Web(maintenanceKey="keep")
    headers = {**APP, "X-Parse-Maintenance-Key": "keep"}
    assert web("GET", "/schemas", headers=headers).status_code == 403
    assert web("GET", "/classes/_Hooks", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "method, path, body, status, code",
    [
        ("GET", "/classes/_Hooks", None, 200, None),
        ("GET", "/schemas", None, 200, None),
        ("POST", "/classes/W", {"n": 1}, 400, 119),
        ("POST", "/schemas/X", {}, 400, 119),
        ("PUT", "/config", {"params": {"a": 1}}, 400, 119),
        ("DELETE", "/purge/W", None, 400, 119),
        ("POST", "/loginAs", {"userId": "x"}, 400, 119),
    ],
)
def test_the_read_only_key_reads(method, path, body, status, code):
    web = Web(readOnlyMasterKey="look")
    answer = web(method, path, body, {**APP, "X-Parse-Master-Key": "look"})
    assert (answer.status_code, answer.json.get("code") if isinstance(answer.json, dict) else None) == (status, code)


def test_log_in_as_is_for_the_master(web):
    user_id, _ = web.sign_up()
    assert error(web("POST", "/loginAs", {"userId": user_id})) == (400, 119, "Permission denied")
    assert web("POST", "/loginAs", {"userId": user_id}, MASTER).json["sessionToken"].startswith("r:")
