"""What the Parse SDK for PHP sends: `json_encode` writes an empty array for an empty object."""

import pytest

from tests.web.world import MASTER, Web


@pytest.fixture
def web():
    return Web(push={"adapter": "log"})


def test_save_all_of_objects_without_changes(web):
    sent = {"method": "POST", "path": "/parse/classes/W", "body": []}
    answer = web("POST", "/batch", {"requests": [sent]})
    assert answer.json[0]["success"].keys() == {"objectId", "createdAt"}


def test_a_list_with_something_in_it_is_no_body(web):
    sent = {"method": "POST", "path": "/parse/classes/W", "body": [1]}
    assert web("POST", "/batch", {"requests": [sent]}).status_code == 400


@pytest.mark.parametrize("body", [{"fields": []}, {"indexes": []}, {"fields": [], "indexes": [], "className": "W"}])
def test_a_schema_change_with_nothing_to_change(web, body):
    web.create("W", n=1)
    answer = web.master("PUT", "/schemas/W", body)
    assert (answer.status_code, answer.json["fields"]["n"]) == (200, {"type": "Number"})


@pytest.mark.parametrize("permissions", [[], {"find": []}, {"find": [], "protectedFields": []}])
def test_permissions_for_nobody(web, permissions):
    web.create("W", n=1)
    assert web.master("PUT", "/schemas/W", {"classLevelPermissions": permissions}).status_code == 200
    assert web("GET", "/classes/W").json["code"] == 119


@pytest.mark.parametrize("where", [[], "{}", "[]", {}])
def test_a_push_to_everybody(web, where):
    answer = web.master("POST", "/push", {"data": {"alert": "hello"}, "where": where})
    assert (answer.status_code, answer.json) == (200, {"result": True})


@pytest.mark.parametrize("where", ["{", '"x"', [1], 7])
def test_a_push_to_something_else(web, where):
    assert web.master("POST", "/push", {"data": {"alert": "hello"}, "where": where}).json["code"] == 107


@pytest.mark.parametrize(
    "where",
    [
        [],
        {"$or": [[], {"n": 5}]},
        {"$and": [[]]},
        {"p": {"$inQuery": {"className": "W", "where": []}}},
        {"n": {"$select": {"key": "n", "query": {"className": "W", "where": []}}}},
    ],
)
def test_a_query_without_conditions(web, where):
    first = web.create("W", n=1)
    web.create("W", n=1, p={"__type": "Pointer", "className": "W", "objectId": first})
    answer = web("POST", "/classes/W", {"_method": "GET", "where": where, "order": "-createdAt", "limit": 1}, MASTER)
    assert len(answer.json["results"]) == 1, answer.json
