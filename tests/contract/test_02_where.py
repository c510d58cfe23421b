"""Conditions (contract/02, sections 2 to 5)."""

from collections.abc import Callable
from typing import Any

from tests.contract.world import Row, Server, date, geo, pointer

W = "/classes/W"


TWO = date("2020-01-02T00:00:00.000Z")


def found(*numbers: int) -> Callable[[Any], bool]:
    return lambda body: "results" in body and sorted(row["i"] for row in body["results"]) == list(numbers)


def find(where: Any, status: int, expected: Any, who: str = "app", **params: Any) -> Row:
    return (who, "POST", W, {"_method": "GET", "where": where, **params}, status, expected)


def size(number: int) -> Callable[[Any], bool]:
    return lambda body: len(body["results"]) == number


NOT_JSON = (107, "where parameter is not valid JSON")


def test_where(rows: Server) -> None:
    key = lambda name: (105, f"Invalid key name: {name}")  # noqa: E731
    as_parameter = "You cannot use {} as a query parameter."
    t1, t2 = pointer("T", "{t1}"), pointer("T", "{t2}")
    rows.expect(
        [
            *(("app", "GET", W + "?where=" + text, None, 400, NOT_JSON) for text in ("{bad", "", '"str"')),
            *(("app", "GET", W + "?where=" + text, None, 400, None) for text in ("5", "true", "null")),
            ("app", "GET", W + "?where=[]", None, 200, size(5)),
            find([{"a": 1}], 400, key("0")),
            *(
                find({name: 1}, 400, key(name))
                for name in ("a-b", "$where", "$expr", "$text", "$not", "$comment", "_hashed_password", "_id", "_created_at")
            ),
            *(find({name: 1}, 400, None) for name in ("_failed_login_count", "_email_verify_token", "_perishable_token")),
            find({"_rperm": "nobody"}, 200, size(5)),
            find({"ACL": {}}, 400, (102, "Cannot query on ACL.")),
            find({"nothing": None}, 200, size(5)),
            find({"nothing": 1}, 200, size(0)),
            *(
                find({"n": {name: 1}}, 400, (107, f"bad constraint: {name}"))
                for name in ("$foo", "$not", "$mod", "$type", "$size", "$elemMatch", "$near", "$minDistance")
            ),
            find({"n": {"$or": []}}, 400, (107, "bad constraint: $or")),
            find({"objectId": {"$foo": 1}}, 400, None),
            find({"n": {"$gt": 1, "$lt": 3}}, 200, found(2)),
            find({"n": 3, "s": "apple"}, 200, found(0)),
            find({"p": {**t1, "$exists": True}}, 200, found(0)),
            # equality
            find({"n": "3"}, 200, found()),
            find({"n": True}, 200, found()),
            find({"b": 1}, 200, found()),
            find({"s": "APPLE"}, 200, found()),
            find({"n": None}, 200, found(3, 4)),
            find({"d": TWO}, 200, found(0)),
            find({"d": "2020-01-02T00:00:00.000Z"}, 200, found()),
            find({"createdAt": {"$gt": date("2020-01-02T00:00:00.000Z")}}, 200, size(5)),
            find({"createdAt": {"$gt": "2020-01-02T00:00:00.000Z"}}, 200, size(0)),
            find({"p": t1}, 200, found(0)),
            find({"p": "T${t1}"}, 200, found(0)),
            find({"p": "{t1}"}, 200, found()),
            find({"p": {"$in": ["{t1}"]}}, 200, found(0)),
            find({"g": geo(10, 10)}, 200, found(1)),
            find({"o": {}}, 200, found(2)),
            find({"o": {"k": 1}}, 400, (107, as_parameter.format("[object Object]"))),
            find({"n": [2, 3]}, 400, (107, as_parameter.format("2,3"))),
            find({"n": []}, 200, found()),
            find({"p": {"__type": "Pointer", "className": "T"}}, 200, found()),
            find({"p": {"objectId": "x"}}, 400, 107),
            find({"o.k": 2}, 200, found(0)),
            # arrays
            find({"arr": 2}, 200, found(0, 1)),
            find({"arr": None}, 200, found(3, 4)),
            find({"arr": {"$eq": [2, 3]}}, 200, found(1)),
            find({"arr": {"$ne": 2}}, 200, found(2, 3, 4)),
            find({"arr": {"$gt": 2}}, 200, found(1)),
            find({"arr": {"$in": [1, 3]}}, 200, found(0, 1)),
            find({"arr": {"$in": [[1], [9]]}}, 200, found(0)),
            find({"arr": {"$nin": [1]}}, 200, found(1, 2, 3, 4)),
            find({"arr.0": 2}, 200, found(1)),
            find({"pa": t1}, 200, found(0, 1)),
            find({"pa": {"$in": [t2]}}, 200, found(1)),
            find({"pa": {"$all": [t1, t2]}}, 200, found(1)),
            find({"pa": {"$ne": t2}}, 200, found(0, 2, 3, 4)),
            find({"pa": {"$nin": [t2]}}, 200, found(0, 2, 3, 4)),
            find({"pa": {"$inQuery": {"className": "T", "where": {"city": "Y"}}}}, 200, found(1)),
        ]
    )


def test_operators(rows: Server) -> None:
    atom = (107, 'bad atom: {"a":1}')
    mixed = "All $all values must be of regex type or none: /^\\Qap\\E/,Banana"
    rows.expect(
        [
            *(find({"s": {name: 1}}, 200, found()) for name in ("$lt", "$gt", "$lte", "$gte")),
            find({"n": {"$gte": None}}, 200, found(3, 4)),
            find({"n": {"$lte": None}}, 200, found(3, 4)),
            find({"n": {"$gt": None}}, 200, found()),
            *(find({"n": {name: {"a": 1}}}, 400, atom) for name in ("$lt", "$gt", "$lte", "$gte", "$eq", "$ne")),
            find({"d": {"$gt": date("nonsense")}}, 200, found(0, 2)),
            find({"n": {"$eq": None}}, 200, found(3, 4)),
            find({"n": {"$ne": 2}}, 200, found(0, 1, 3, 4)),
            find({"n": {"$ne": None}}, 200, found(0, 1, 2)),
            find({"n": {"$in": [None]}}, 200, found(3, 4)),
            find({"n": {"$in": []}}, 200, found()),
            find({"n": {"$in": 1}}, 400, (107, "bad $in value")),
            find({"n": {"$in": [{"a": 1}]}}, 400, atom),
            find({"n": {"$nin": [1, 2]}}, 200, found(0, 3, 4)),
            find({"n": {"$nin": []}}, 200, found(0, 1, 2, 3, 4)),
            find({"n": {"$nin": "x"}}, 400, (107, "bad $nin value")),
            find({"n": {"$exists": True}}, 200, found(0, 1, 2, 3)),
            *(find({"n": {"$exists": no}}, 200, found(4)) for no in (False, None, 0)),
            find({"n": {"$exists": "false"}}, 200, found(0, 1, 2, 3)),
            find({"arr": {"$all": [2, 3]}}, 200, found(1)),
            find({"arr": {"$all": []}}, 200, found()),
            find({"n": {"$all": [3]}}, 200, found(0)),
            find({"arr": {"$all": 1}}, 400, (107, "bad $all value")),
            find({"tags": {"$all": [{"$regex": "^\\Qap\\E"}, "Banana"]}}, 400, (107, mixed)),
            find({"tags": {"$all": [{"$regex": "ap"}]}}, 400, 107),
            find({"arr": {"$containedBy": [1, 2, 9]}}, 200, found(0, 2, 4)),
            find({"n": {"$containedBy": [99]}}, 200, found(0, 1, 2, 3, 4)),
            find({"arr": {"$containedBy": 1}}, 400, (107, "bad $containedBy: should be an array")),
            find({"s": {"$regex": "an"}}, 200, found(1)),
            find({"s": {"$regex": "^\\QBa\\E"}}, 200, found(1)),
            find({"n": {"$regex": "3"}}, 200, found()),
            find({"s": {"$regex": 1}}, 400, (102, "$regex value must be a string")),
            find({"s": {"$regex": "("}}, 400, None),
            find({"s": {"$regex": "^b", "$options": "i"}}, 200, found(1)),
            find({"s": {"$regex": "^ b # x", "$options": "ix"}}, 200, found(1)),
            find({"s": {"$regex": "a", "$options": "g"}}, 400, (102, "Bad $options value for query: g")),
            find({"s": {"$regex": "a", "$options": ""}}, 400, (102, "Bad $options value for query: ")),
            find({"s": {"$regex": "a", "$options": 1}}, 400, (102, "$options value must be a string")),
            find({"s": {"$options": "i"}}, 400, None),
            find({"s": {"$in": [{"$regex": "a"}]}}, 400, 107),
            find({"pa": {"$in": [{"$regex": "^x"}]}}, 200, found(0)),
        ]
    )


RELATIVE = {
    "3 days": "Time should either start with 'in' or end with 'ago'",
    "in 3 days ago": "Time cannot have both 'in' and 'ago'",
    "in 3": "Invalid time string. Dangling unit or number.",
    "1.5 days ago": "'1.5' is not an integer.",
    "1 fortnight ago": "Invalid interval: 'fortnight'",
}


def test_relative_time(rows: Server) -> None:
    good = ("3 days 2 hours ago", "3 d 2 hr ago", "1 YEAR AGO", "2 yrs 1 wk 1 min 1 sec ago")
    rows.expect(
        [
            *(find({"createdAt": {"$gt": {"$relativeTime": text}}}, 200, size(5)) for text in good),
            find({"createdAt": {"$lte": {"$relativeTime": "in 1 year"}}}, 200, size(5)),
            find({"d": {"$lt": {"$relativeTime": "now"}}}, 200, found(0, 2)),
            *(
                find({"d": {"$lt": {"$relativeTime": text}}}, 400, (107, f"bad $relativeTime ($lt) value. {why}"))
                for text, why in RELATIVE.items()
            ),
            find({"n": {"$lt": {"$relativeTime": "now"}}}, 400, (107, "$relativeTime can only be used with Date field")),
            find(
                {"d": {"$eq": {"$relativeTime": "now"}}},
                400,
                (107, "$relativeTime can only be used with the $lt, $lte, $gt, and $gte operators"),
            ),
            find({"d": {"$lt": {"$relativeTime": 5}}}, 400, None),
        ]
    )


def test_logic(rows: Server) -> None:
    rows.expect(
        [
            find({"$or": [{"n": 3}, {"n": 1}]}, 200, found(0, 1)),
            find({"$and": [{"n": 3}, {"s": "apple"}]}, 200, found(0)),
            find({"$nor": [{"n": 3}, {"n": 1}]}, 200, found(2, 3, 4)),
            find({"$or": [{"$and": [{"n": 3}]}, {"$nor": [{"n": {"$exists": True}}]}], "i": {"$lt": 4}}, 200, found(0)),
            *(find({name: {"a": 1}}, 400, (102, "Permission denied")) for name in ("$or", "$and", "$nor")),
            *(find({name: {"a": 1}}, 400, None, "master") for name in ("$or", "$and", "$nor")),
            find({"$or": []}, 400, None),
            find({"$and": []}, 400, None),
            find({"$or": [None]}, 400, None),
            find({"$nor": []}, 400, (102, "Bad $nor format - use an array of at least 1 value.")),
            find({"$or": [{"a-b": 1}]}, 400, 105),
            find({"$or": [{"ACL": 1}]}, 400, 102),
            find({"$or": [{"n": {"$foo": 1}}]}, 400, 107),
        ]
    )
    detailed = Server(rows.engine, enableSanitizedErrorResponse=False)
    detailed.expect([find({"$or": {}}, 400, (102, "$or must be an array"))])


def test_subqueries(rows: Server) -> None:
    inside = lambda **more: {"className": "T", "where": {"city": "X"}, **more}  # noqa: E731
    select = lambda **more: {"query": {"className": "T", "where": {"n": 1}}, "key": "city", **more}  # noqa: E731
    related = {"object": pointer("W", "{w4}"), "key": "r"}
    improper = {name: (102, f"improper usage of {name}") for name in ("$inQuery", "$notInQuery", "$select", "$dontSelect")}
    rows.expect(
        [
            find({"p": {"$inQuery": inside()}}, 200, found(0)),
            find({"p": {"$inQuery": inside(limit=0, skip=5, order="n")}}, 200, found(0)),
            find({"p": {"$notInQuery": inside()}}, 200, found(1, 2, 3, 4)),
            find({"p": {"$inQuery": inside(), "$in": [pointer("T", "{t2}")]}}, 200, found(0, 1)),
            find({"home": {"$select": select()}}, 200, found(0)),
            find({"home": {"$select": {"query": {"className": "T"}, "key": "city"}}}, 200, found(0, 1)),
            find({"home": {"$select": select(key="sub.c")}}, 200, found(0)),
            find({"home": {"$dontSelect": select()}}, 200, found(1, 2, 3, 4)),
            find({"home": {"$select": {"query": {"className": "T"}, "key": "sub.c"}}}, 200, found(0, 3, 4)),
            *(find({"p": {name: {"className": "T"}}}, 400, text) for name, text in improper.items()),
            *(find({"p": {name: "x"}}, 400, 102) for name in improper),
            find({"home": {"$select": select(third=1)}}, 400, improper["$select"]),
            find({"p": {"$inQuery": None}}, 400, (107, "bad constraint: $inQuery")),
            find({"p": {"$inQuery": {"className": "_Hooks", "where": {}}}}, 400, 119),
            find({"p": {"$inQuery": {"className": "_Session", "where": {}}}}, 400, 209),
            find({"p": {"$inQuery": {"className": "_User", "where": {"email": "x"}}}}, 400, 119),
            (
                "app",
                "POST",
                "/classes/T",
                {"_method": "GET", "where": {"$relatedTo": related}},
                200,
                lambda body: [row["n"] for row in body["results"]] == [1],
            ),
            ("app", "POST", "/classes/T", {"_method": "GET", "where": {"$relatedTo": related, "n": 2}}, 200, size(0)),
            ("app", "POST", "/classes/T", {"_method": "GET", "where": {"$or": [{"$relatedTo": related}, {"n": 2}]}}, 200, size(2)),
            ("app", "POST", "/classes/T", {"_method": "GET", "where": {"$relatedTo": related, "objectId": "{t1}"}}, 200, size(1)),
            ("app", "POST", "/classes/T", {"_method": "GET", "where": {"$relatedTo": {**related, "key": "none"}}}, 200, size(0)),
            (
                "app",
                "POST",
                "/classes/T",
                {"_method": "GET", "where": {"$relatedTo": {"object": pointer("W", "none"), "key": "r"}}},
                200,
                size(0),
            ),
            (
                "app",
                "POST",
                "/classes/T",
                {"_method": "GET", "where": {"$relatedTo": {"object": pointer("None", "none"), "key": "r"}}},
                200,
                size(0),
            ),
            ("app", "POST", "/classes/T", {"_method": "GET", "where": {"$relatedTo": "x"}}, 200, size(0)),
            ("app", "POST", "/classes/T", {"_method": "GET", "where": {"$relatedTo": {"key": "r"}}}, 200, size(0)),
            ("app", "POST", "/classes/T", {"_method": "GET", "where": {"$relatedTo": None}}, 400, (105, "Invalid key name: $relatedTo")),
            find({"r": pointer("T", "{t1}")}, 200, found(4)),
            find({"r": {"$in": [pointer("T", "{t1}")]}}, 200, found(4)),
            find({"r": {"$ne": pointer("T", "{t1}")}}, 200, found(0, 1, 2, 3)),
            find({"r": {"$nin": [pointer("T", "{t1}")]}}, 200, found(0, 1, 2, 3)),
            find({"r": {"$inQuery": inside()}}, 200, found(4)),
            *(find({"r": value}, 200, found()) for value in (None, "x", {"$exists": True})),
            ("master", "PUT", W + "/{w4}", {"ACL": {}}, 200, None),
            ("app", "POST", "/classes/T", {"_method": "GET", "where": {"$relatedTo": related}}, 200, size(0)),
        ]
    )
