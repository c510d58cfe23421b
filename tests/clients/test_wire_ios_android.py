"""Objects, queries and batches as the iOS and Android SDKs send them, and what they need back."""

import pytest

from tests.clients.phone import STAMP, Phone, op, point, pointer

# -- objects (sections 5 to 7) --------------------------------------------------------------------------------------------


def test_create_fetch_update_delete(phone, name):
    made = phone.send("POST", f"classes/{name}", {"title": "a/b", "n": 1})
    assert (phone.status, made.keys()) == (201, {"objectId", "createdAt"})
    assert STAMP.fullmatch(made["createdAt"])
    path = f"classes/{name}/{made['objectId']}"
    row = phone.send("GET", path)
    assert (phone.status, row["title"], row["createdAt"]) == (200, "a/b", made["createdAt"])
    assert STAMP.fullmatch(row["updatedAt"])
    changes = {"n": 2, "objectId": made["objectId"]} if phone.kind == "android" else {"n": 2}
    answer = phone.send("PUT", path, changes)
    assert (phone.status, answer.keys()) == (200, {"updatedAt"})
    assert phone.send("DELETE", path) == {} and phone.status == 200
    assert phone.send("GET", path) == {"code": 101, "error": "Object not found."} and phone.status == 404


def test_an_object_without_fields(phone, name):
    assert STAMP.fullmatch(phone.send("POST", f"classes/{name}", {})["createdAt"])


@pytest.mark.parametrize(
    "value",
    [
        "text \u2603 \U0001f600",
        0.050520359704961097,
        40,
        None,
        True,
        {"__type": "Date", "iso": "2013-04-13T10:00:00.000Z"},
        {"__type": "Bytes", "base64": "aGVsbG8="},
        point(37.7, -122.4),
        {"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 1], [0, 0]]},
        pointer("Foo", "abcdefghij"),
        [1, "a", point(1.5, 2), pointer("Foo", "abcdefghij"), {"__type": "Date", "iso": "2013-04-13T10:00:00.123Z"}],
        {"deep": {"when": {"__type": "Date", "iso": "2013-04-13T10:00:00.000Z"}, "list": [[1]]}},
    ],
)
def test_values_come_back_as_they_went(phone, name, value):
    object_id = phone.create(name, v=value)
    assert phone.send("GET", f"classes/{name}/{object_id}")["v"] == value


def test_a_number_is_no_boolean(phone, name):
    phone.create(name, flag=True)
    assert (phone.send("POST", f"classes/{name}", {"flag": 1})["code"], phone.status) == (111, 400)


def test_access_lists_hide_rows(phone, name):
    user = phone.log_in_anonymously()
    object_id = phone.create(name, ACL={user["objectId"]: {"read": True, "write": True}})
    assert phone.ids(name) == [object_id]
    assert Phone(phone.web, "ios").ids(name) == []


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"n": {"__op": "Increment", "amount": -1.5}}, {"n": -0.5}),
        ({"l": op("Add", 1, 2)}, {"l": [1, 1, 2]}),
        ({"l": op("AddUnique", 1, 2)}, {"l": [1, 2]}),
        ({"l": op("Remove", 1)}, {"l": []}),
        ({"n": {"__op": "Delete"}}, {}),
        ({"r": op("AddRelation", pointer("Foo", "abcdefghij"))}, {}),
        ({"r": {"__op": "Batch", "ops": [op("AddRelation", pointer("F", "a")), op("RemoveRelation", pointer("F", "b"))]}}, {}),
    ],
)
def test_operations_answer_with_their_result(phone, name, change, result):
    object_id = phone.create(name, n=1, l=[1])
    answer = phone.send("PUT", f"classes/{name}/{object_id}", change)
    assert (phone.status, {key: value for key, value in answer.items() if key != "updatedAt"}) == (200, result)


def test_operations_on_create(phone, name):
    body = {"n": {"__op": "Increment", "amount": 2}, "l": op("Add", 1), "gone": {"__op": "Delete"}, "r": op("Remove", 1)}
    answer = phone.send("POST", f"classes/{name}", body)
    assert (answer["n"], answer["l"], answer["r"], phone.status) == (2, [1], [], 201)


def test_the_answer_has_what_a_trigger_changed(phone):
    answer = phone.send("POST", "classes/Guarded", {"title": "x"})
    assert answer["stamp"] == "checked"
    refused = phone.send("POST", "classes/Guarded", {"title": "bad"})
    assert (phone.status, refused) == (400, {"code": 141, "error": "no bad titles"})


# -- queries (section 8) --------------------------------------------------------------------------------------------------

HERE = point(37.77, -122.41)


@pytest.fixture
def rows(phone, name):
    """{letter: id} of three rows: a and b with text, numbers and a list, c empty."""
    phone.send("POST", f"classes/{name}", {"g": point(0, 0), "s": "", "n": 0, "l": [], "p": pointer(name, "x"), "poly": square(0)})
    made = {
        "a": phone.create(name, s="alpha.one", n=1, l=[1, 2], g=HERE, poly=square(0)),
        "b": phone.create(name, s="Beta", n=2, l=[2, 3], g=point(37.9, -122.41), poly=square(20)),
        "c": phone.create(name, t=1),
    }
    phone.send("PUT", f"classes/{name}/{made['b']}", {"p": pointer(name, made["a"])})
    return made


def square(at):
    return {"__type": "Polygon", "coordinates": [[at, at], [at, at + 2], [at + 2, at + 2], [at + 2, at], [at, at]]}


@pytest.mark.parametrize(
    ("where", "letters"),
    [
        ({"n": 1}, "a"),
        ({"n": None, "s": {"$exists": False}}, "c"),
        ({"l": 2}, "ab"),
        ({"n": {"$ne": 1}, "s": {"$ne": ""}, "t": {"$exists": False}}, "b"),
        ({"n": {"$gt": 0, "$lt": 2}}, "a"),
        ({"n": {"$gte": 1, "$lte": 2}}, "ab"),
        ({"n": {"$in": [2, 7]}}, "b"),
        ({"n": {"$nin": [0, 2]}, "s": {"$exists": True}}, "a"),
        ({"l": {"$all": [2, 3]}}, "b"),
        ({"l": {"$containedBy": [1, 2, 9]}, "n": {"$gt": 0}}, "a"),
        ({"s": {"$regex": "^\\Qalpha.\\E"}}, "a"),
        ({"s": {"$regex": "\\Qa.o\\E"}}, "a"),
        ({"s": {"$regex": "\\Qta\\E$"}}, "b"),
        ({"s": {"$regex": "^beta$", "$options": "i"}}, "b"),
        ({"g": {"$nearSphere": HERE, "$maxDistance": 0.0505203597049611}}, "ab"),
        ({"g": {"$nearSphere": HERE, "$maxDistance": 0.001}}, "a"),
        ({"g": {"$within": {"$box": [point(37, -123), point(37.8, -122)]}}}, "a"),
        ({"g": {"$geoWithin": {"$polygon": [point(37, -123), point(38, -123), point(38, -122), point(37, -122)]}}}, "ab"),
        ({"poly": {"$geoIntersects": {"$point": point(21, 21)}}}, "b"),
        ({"$or": [{"n": 1}, {"t": 1}]}, "ac"),
        ({"$or": [{"n": 1}, {}], "n": {"$gt": 1}}, "b"),
    ],
)
def test_constraints(phone, name, rows, where, letters):
    found = phone.ids(name, where)
    assert sorted(found) == sorted(rows[letter] for letter in letters)


def test_near_is_sorted_by_distance(phone, name, rows):
    assert phone.ids(name, {"g": {"$nearSphere": point(37.9, -122.41)}}, limit="2") == [rows["b"], rows["a"]]


def test_inner_queries(phone, name, rows):
    inner = {"className": name, "where": {"n": 1}}
    more = {"limit": "5", "skip": "0"} if phone.kind == "ios" else {"limit": 5, "skip": 0, "fields": ["n"]}
    assert phone.ids(name, {"p": {"$inQuery": {**inner, **more}}}) == [rows["b"]]
    assert rows["b"] not in phone.ids(name, {"p": {"$notInQuery": {**inner, **more}}})
    assert phone.ids(name, {"n": {"$select": {"query": inner, "key": "n"}}}) == [rows["a"]]
    assert rows["a"] not in phone.ids(name, {"n": {"$dontSelect": {"query": inner, "key": "n"}}})


def test_words_of_a_query(phone, name, rows):
    assert phone.ids(name, {"n": {"$gt": 0}}, order="-n,s", limit="1", skip="1") == [rows["a"]]
    assert phone.find(name, {"n": {"$gt": 0}}, limit="0", count="1") == {"results": [], "count": 2}
    row = phone.find(name, {"objectId": rows["b"]}, limit="1", include="p", keys="n,p")["results"][0]
    assert ("s" not in row, row["p"]["__type"], row["p"]["className"], row["p"]["n"]) == (True, "Object", name, 1)
    assert STAMP.fullmatch(row["p"]["createdAt"])
    everything = phone.find(name, {"objectId": rows["b"]}, include="*", excludeKeys="s")["results"][0]
    assert ("s" not in everything, everything["p"]["__type"]) == (True, "Object")
    assert phone.status == 200 and len(phone.ids(name, limit="1000")) == 4


def test_a_class_that_does_not_exist_yet_is_empty(phone, name):
    assert phone.find(name, {"g": {"$nearSphere": HERE, "$maxDistance": 0.05}}, limit="1000") == {"results": []}
    assert phone.find(name, limit="0", count="1") == {"results": [], "count": 0}


def test_relations_name_the_class_of_what_they_hold(phone, name):
    target = phone.create(name + "T", n=1)
    owner = phone.create(name, r=op("AddRelation", pointer(name + "T", target)))
    related = {"$relatedTo": {"object": pointer(name, owner), "key": "r"}}
    assert phone.ids(name + "T", related) == [target]
    answer = phone.find(name, related, redirectClassNameForKey="r")
    assert [(row["className"], row["objectId"]) for row in answer["results"]] == [(name + "T", target)]
    assert phone.send("GET", f"classes/{name}/{owner}")["r"] == {"__type": "Relation", "className": name + "T"}


@pytest.mark.parametrize("where", [{"n": {"$wrong": 1}}, {"n": {"$in": 1}}, {"g": {"$within": {"$box": [1]}}}, {"$or": 1}])
def test_a_query_that_cannot_be_answered(phone, where):
    answer = phone.find("Foo", where)
    assert phone.status == 400 and type(answer["code"]) is int and answer["error"], answer


def test_a_class_that_cannot_be(phone):
    answer = phone.send("POST", "classes/bad-name", {"n": 1})
    assert (phone.status, type(answer["code"])) == (400, int)


# -- batch (section 9) ----------------------------------------------------------------------------------------------------


def test_a_batch_answers_every_request_in_its_place(phone, name):
    object_id = phone.create(name, n=1)
    requests = [
        {"method": "POST", "path": f"/parse/classes/{name}", "body": {"n": 2}},
        {"method": "PUT", "path": f"/parse/classes/{name}/{object_id}", "body": {"n": {"__op": "Increment", "amount": 1}}},
        {"method": "PUT", "path": f"/parse/classes/{name}/none", "body": {"n": 1}},
        {"method": "DELETE", "path": f"/parse/classes/{name}/{object_id}"},
    ]
    answer = phone.send("POST", "batch", {"requests": requests})
    assert (phone.status, len(answer)) == (200, 4)
    assert answer[0]["success"].keys() == {"objectId", "createdAt"}
    assert (answer[1]["success"]["n"], answer[2]["error"]) == (2, {"code": 101, "error": "Object not found."})
    assert answer[3] == {"success": {}}


def test_fifty_objects_in_one_batch(phone, name):
    requests = [{"method": "POST", "path": f"/parse/classes/{name}", "body": {"n": n}} for n in range(50)]
    assert len(phone.send("POST", "batch", {"requests": requests})) == 50
    assert len(phone.ids(name, limit="1000")) == 50
