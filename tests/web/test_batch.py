"""/batch: order, answers, what cannot be routed, transactions."""

import pytest

from tests.web.world import APP, MASTER, Web, error


def item(method, path, body=None):
    made = {"method": method, "path": "/parse" + path}
    return made if body is None else {**made, "body": body}


def batch(web, *items, headers=APP, **more):
    return web("POST", "/batch", {"requests": list(items), **more}, headers)


def test_each_item_has_its_answer_in_its_place(web):
    object_id = web.create("W", n=1)
    answer = batch(
        web,
        item("PUT", f"/classes/W/{object_id}", {"n": {"__op": "Increment", "amount": 2}}),
        item("POST", "/classes/W", {"n": "text"}),
        item("DELETE", f"/classes/W/{object_id}"),
        item("GET", f"/classes/W/{object_id}"),
    )
    assert answer.status_code == 200
    first, second, third, fourth = answer.json
    assert first["success"]["n"] == 3
    assert second["error"]["code"] == 111
    assert third == {"success": {}}
    assert fourth == {"error": {"code": 101, "error": "Object not found."}}


def test_an_empty_batch_is_an_empty_list(web):
    assert batch(web).json == []


def test_one_hundred_and_twenty_objects_are_saved_with_the_master_key(web):
    answer = batch(web, *(item("POST", "/classes/W", {"n": n}) for n in range(120)), headers=MASTER)
    assert len({row["success"]["objectId"] for row in answer.json}) == 120


@pytest.mark.parametrize(
    "path, text",
    [
        ("/classes/W", "cannot route batch path /classes/W"),
        ("http://localhost/parse/classes/W", "cannot route batch path http://localhost/parse/classes/W"),
        ("/parse/../classes/W", "cannot route batch path /parse/../classes/W"),
        ("/parse/nope", "cannot route POST /nope"),
        ("/parse/health", "cannot route POST /health"),
        ("/parse/files/a.txt", "cannot route POST /files/a.txt"),
        ("/parse/batch", "nested batch requests are not allowed"),
        ("/parse//batch/", "nested batch requests are not allowed"),
        (5, "batch request path must be a string"),
    ],
)
def test_a_path_that_cannot_be_routed_refuses_the_whole_batch(web, path, text):
    good = item("POST", "/classes/W", {"n": 1})
    answer = web("POST", "/batch", {"requests": [good, {"method": "POST", "path": path}]})
    assert error(answer) == (400, 107, text)
    assert web.rows("W") == []


@pytest.mark.parametrize("method, shown", [("post", "post"), (None, "undefined"), (5, "5")])
def test_a_method_is_upper_case_text(web, method, shown):
    made = {"path": "/parse/classes/X"} if method is None else {"path": "/parse/classes/X", "method": method}
    assert error(batch(web, made)) == (400, 107, f"cannot route {shown} /classes/X")


def test_paths_are_cleaned_and_their_query_is_no_query(web):
    web.create("W", n=1)
    answer = batch(web, item("GET", "//classes/W/"), item("GET", "/classes/W?limit=1"))
    assert [len(row["success"]["results"]) for row in answer.json] == [1, 0]


def test_parameters_of_a_get_stand_in_its_body(web):
    web.create("W", n=1)
    answer = batch(web, item("GET", "/classes/W", {"where": {"n": 2}, "count": 1}))
    assert answer.json == [{"success": {"results": [], "count": 0}}]


def test_a_public_address_with_another_path_is_known():
    web = Web(publicServerURL="https://api.example/v1")
    answer = web("POST", "/batch", {"requests": [{"method": "POST", "path": "/v1/classes/W", "body": {}}]})
    assert "success" in answer.json[0]


def test_master_routes_refuse_their_item_only(web):
    answer = batch(web, item("GET", "/schemas"), item("POST", "/classes/W", {}))
    assert answer.json[0] == {"error": {"error": "Permission denied"}}
    assert "success" in answer.json[1]


def test_an_override_means_nothing_inside_an_item(web):
    answer = batch(web, item("POST", "/classes/W", {"_method": "GET"}))
    assert answer.json[0]["error"]["code"] == 105


def test_clients_may_send_fifty_items(web):
    items = [item("POST", "/classes/W", {})] * 51
    text = "Batch request contains 51 sub-requests, which exceeds the limit of 50."
    assert error(batch(web, *items)) == (400, 107, text)


def test_a_transaction_is_all(web):
    answer = batch(web, item("POST", "/classes/W", {"n": 1}), item("POST", "/classes/W", {"n": 2}), transaction=True)
    assert [sorted(row["success"]) for row in answer.json] == [["createdAt", "objectId"]] * 2
    assert len(web.rows("W")) == 2


def test_a_transaction_is_nothing_when_one_item_fails(web):
    web.create("W", n=1)
    answer = batch(web, item("POST", "/classes/W", {"n": 2}), item("DELETE", "/classes/W/nope"), transaction=True)
    assert error(answer) == (404, 101, "Object not found.")
    assert len(web.rows("W")) == 1


def test_a_fault_of_ours_in_one_item_is_readable_for_android(web, monkeypatch):
    def fail(*args: object) -> None:
        raise RuntimeError("x")

    monkeypatch.setattr(web.engine, "insert", fail)
    assert batch(web, item("POST", "/classes/W", {})).json == [{"error": {"code": 1, "error": "Internal server error."}}]
