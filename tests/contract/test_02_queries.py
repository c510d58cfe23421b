"""Queries (contract/02): parameters, order, `where`, operators, keys and include."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.contract.world import Row, Server, date, geo, op, pointer

W = "/classes/W"
TWO = date("2020-01-02T00:00:00.000Z")


@pytest.fixture(scope="module")
def shared() -> dict[int, Server]:
    return {}


@pytest.fixture
def rows(serve: Callable[..., Server]) -> Server:
    """Five objects of class W, told apart by `i`, and two of T that some point to."""
    server = serve()
    server.names["t1"] = server.create("T", city="X", n=1, sub={"c": "X"})
    server.names["t2"] = server.create("T", city="Y", n=2, next=pointer("T", server.names["t1"]))
    t1, t2 = (pointer("T", server.names[name]) for name in ("t1", "t2"))
    for i, fields in enumerate(
        [
            {"n": 3, "s": "apple", "arr": [1, 2], "o": {"k": 2, "b": 1}, "p": t1, "d": TWO, "g": geo(0, 0), "home": "X", "pa": [t1, "x"]},
            {"n": 1, "s": "Banana", "arr": [2, 3], "o": {"k": 1}, "p": t2, "g": geo(10, 10), "home": "Y", "pa": [t2, t1], "b": True},
            {"n": 2, "s": "cherry", "arr": [], "o": {}, "d": date("2021-01-01T00:00:00.000Z"), "home": "Z", "p": pointer("T", "gone")},
            {"n": None, "s": "", "arr": [None], "b": False},
            {"r": op("AddRelation", objects=[t1])},
        ]
    ):
        server.names[f"w{i}"] = server.create("W", i=i, **fields)
    return server


def found(*numbers: int) -> Callable[[Any], bool]:
    return lambda body: "results" in body and sorted(row["i"] for row in body["results"]) == list(numbers)


def ordered(*numbers: int) -> Callable[[Any], bool]:
    return lambda body: "results" in body and [row["i"] for row in body["results"]] == list(numbers)


def at(where: Any, **params: Any) -> str:
    """The path of a find."""
    given = {"where": where, **params} if where is not None else params
    return W + "?" + "&".join(f"{name}={quote(value if isinstance(value, str) else json.dumps(value))}" for name, value in given.items())


def find(where: Any, status: int, expected: Any, who: str = "app", **params: Any) -> Row:
    return (who, "POST", W, {"_method": "GET", "where": where, **params}, status, expected)


def size(number: int) -> Callable[[Any], bool]:
    return lambda body: len(body["results"]) == number


def test_parameters(rows: Server) -> None:
    def url(query: str, status: int, expected: Any, who: str = "app") -> Row:
        return (who, "GET", f"{W}?{query}", None, status, expected)

    invalid = [
        url(f"{name}=1", 400, (102, f"Invalid parameter for query: {name}"))
        for name in ("foo", "distinct", "caseInsensitive", "_method", "pipeline")
    ]
    bad_order = [
        url("order=" + quote(order), 400, (105, f"Invalid field name: {order}."))
        for order in ("+n", "bad-key", "$n", "5", "-", "_id", "className")
    ]
    rows.expect(
        [
            *invalid,
            *bad_order,
            url('limit="3"', 200, size(3)),
            url('order=["n"]&keys=["i"]', 200, lambda body: all("n" not in row and "i" in row for row in body["results"])),
            ("app", "GET", "/classes/None?count=1", None, 200, '{"results":[],"count":0}'),
            ("app", "GET", W, {"where": {"i": 1}}, 200, found(1)),
            ("app", "GET", W + '?where={"i":2}', {"where": {"i": 1}}, 200, found(2)),
            ("app", "POST", W, {"_method": "GET", "where": '{"i":1}'}, 200, found(1)),
            # limit and skip
            *(
                url(f"limit={limit}", 200, size(number))
                for limit, number in [("", 5), ("null", 5), ("0", 0), ("-1", 1), ("abc", 5), ("1.5", 1), ("true", 1)]
            ),
            url("limit=2&limit=3", 200, size(5)),
            url("limit=0&count=1", 200, '{"results":[],"count":5}'),
            url("skip=abc", 200, size(5)),
            url("skip=1.5", 200, size(4)),
            url("skip=99", 200, size(0)),
            url("skip=-1", 400, None),
            # count
            *(url(f"limit=1&count={value}", 200, {"count": 5}) for value in ("1", "true", "abc")),
            *(url(f"limit=1&count={value}", 200, lambda body: "count" not in body) for value in ("0", "false", "")),
            # order
            url("order=" + quote(" n , -i "), 200, ordered(4, 3, 1, 2, 0)),
            url("order=-n,i", 200, ordered(0, 2, 1, 3, 4)),
            url("order=nothing,i", 200, ordered(0, 1, 2, 3, 4)),
            url("order=i,-i", 200, ordered(4, 3, 2, 1, 0)),
            url("order=_created_at&limit=1", 200, ordered(0)),
            url("order=-createdAt&limit=1", 200, ordered(4)),
            url("order=o.k,i", 200, ordered(2, 3, 4, 1, 0)),
            url("order=s,i", 200, ordered(4, 3, 1, 0, 2)),
            url("order=arr,i", 200, lambda body: body["results"][0]["i"] == 2),
            url("order=-arr,i&limit=2", 200, ordered(1, 0)),
            url("order=-b,i", 200, ordered(1, 3, 0, 2, 4)),
            url("order=authData.P.id", 400, (105, "Cannot sort by authData.P.id")),
            url("order=$score", 400, None),
            # hint, comment, explain, read preference
            url("hint=none", 400, None),
            url("hint=_id_", 200, size(5)),
            url('hint={"_id":1}', 200, size(5)),
            url("hint=5", 200, size(5)),
            url("comment=hello", 200, size(5)),
            url("comment=5", 200, size(5)),
            url("explain=true", 400, (102, "Using the explain query parameter requires the master key")),
            url("explain=1", 400, (102, "Invalid value for explain"), "master"),
            url("explain=nope", 400, (102, "Invalid value for explain"), "master"),
            *(
                url(f"explain={value}", 200, lambda body: isinstance(body["results"], dict), "master")
                for value in ("true", "queryPlanner", "executionStats")
            ),
            *(
                url(f"explain={value}", 200, lambda body: isinstance(body["results"], dict), "master")
                for value in ("queryPlannerExtended", "allPlansExecution")
            ),
            *(
                url(f"readPreference={value}", 200, size(5))
                for value in ("PRIMARY", "primary", "PRIMARY_PREFERRED", "SECONDARY_PREFERRED", "NEAREST")
            ),
            url("readPreference=foo", 400, (102, "Not supported read preference.")),
            url("includeReadPreference=foo&subqueryReadPreference=foo", 200, size(5)),
            # redirectClassNameForKey
            url(
                "redirectClassNameForKey=r&limit=1",
                200,
                lambda body: body["results"][0]["className"] == "T" and body.get("className", "T") == "T",
            ),
            url("redirectClassNameForKey=n&limit=1", 200, lambda body: body["results"][0]["className"] == "W"),
        ]
    )


def test_limits_of_the_options(serve: Callable[..., Server]) -> None:
    server = serve(maxLimit=2, defaultLimit=3)
    for _ in range(5):
        server.create("W")
    server.expect(
        [
            ("app", "GET", W + "?limit=4", None, 200, size(2)),
            ("master", "GET", W + "?limit=4", None, 200, size(2)),
            ("app", "GET", W, None, 200, size(3)),
            ("app", "GET", W + "?limit=abc", None, 200, size(2)),
        ]
    )


NOT_JSON = (107, "where parameter is not valid JSON")
IDS: list[Row] = []


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


def test_geo(rows: Server) -> None:
    near = lambda **more: {"g": {"$nearSphere": geo(9, 9), **more}}  # noqa: E731
    within = lambda value: {"g": {"$geoWithin": value}}  # noqa: E731
    bad = "bad $geoWithin value"
    polygon = {"__type": "Polygon", "coordinates": [[-1, -1], [-1, 1], [1, 1], [1, -1]]}
    few = "; $polygon should contain at least 3 GeoPoints"
    form = "; $polygon should be Polygon object or Array of Parse.GeoPoint's"
    rows.create("P", i=1, pg={"__type": "Polygon", "coordinates": [[30, 0], [30, 10], [50, 10], [50, 0]]})
    intersects = lambda value, status, expected: (
        "app",
        "POST",
        "/classes/P",
        {"_method": "GET", "where": {"pg": {"$geoIntersects": value}}},
        status,
        expected,
    )  # noqa: E731
    rows.expect(
        [
            find(near(), 200, ordered(1, 0)),
            find(near(), 200, ordered(0, 1), order="i"),
            find(near(), 200, ordered(0), skip=1, limit=1),
            find({"$and": [near(), {"i": 0}]}, 200, ordered(0)),
            find({"g": {"$nearSphere": {"latitude": 9, "longitude": 9}}}, 200, ordered(1, 0)),
            find(near(**{"$maxDistance": 0.1}), 200, found(1)),
            find(near(**{"$maxDistanceInRadians": 0.1}), 200, found(1)),
            find(near(**{"$maxDistanceInMiles": 200}), 200, found(1)),
            find(near(**{"$maxDistanceInKilometers": 200}), 200, found(1)),
            find(near(**{"$maxDistance": 0.1}), 200, {"count": 1}, count=1),
            find(near(**{"$maxDistanceInKilometers": 200}), 200, {"count": 1}, count=1),
            find(near(), 200, {"count": 2}, count=1),
            *(find({"g": {"$nearSphere": wrong}}, 400, None) for wrong in (geo(91, 0), geo(0, 200), [1, 2], "x", None)),
            *(find(near(**{"$maxDistance": wrong}), 400, None) for wrong in (-1, "x")),
            find({"g": {"$maxDistance": 1}}, 400, None),
            find({"g": {"$near": geo(1, 1)}}, 400, (107, "bad constraint: $near")),
            find(near(**{"$minDistance": 1}), 400, (107, "bad constraint: $minDistance")),
            find({"g": {"$within": {"$box": [geo(5, 5), geo(20, 20)]}}}, 200, found(1)),
            find({"g": {"$within": {"$box": [geo(20, 20), geo(5, 5)]}}}, 200, found(1)),
            find({"g": {"$within": {}}}, 400, (107, "malformatted $within arg")),
            find({"g": {"$within": {"$box": [geo(5, 5)]}}}, 400, (107, "malformatted $within arg")),
            find({"g": {"$within": {"$box": [[5, 5], [6, 6]]}}}, 400, None),
            find(within({"$polygon": [geo(-1, -1), geo(-1, 1), geo(1, 0)]}), 200, found(0)),
            find(within({"$polygon": [[9, 9], [9, 11], [11, 11]]}), 200, found(1)),
            find(within({"$polygon": polygon}), 200, found(0)),
            find(within({"$polygon": [geo(1, 1), geo(2, 2)]}), 400, (107, bad + few)),
            find(
                within({"$polygon": {"__type": "Polygon"}}),
                400,
                (107, bad + "; Polygon.coordinates should contain at least 3 lon/lat pairs"),
            ),
            find(
                within({"$polygon": {"__type": "Polygon", "coordinates": [[1, 1]]}}),
                400,
                (107, bad + "; Polygon.coordinates should contain at least 3 lon/lat pairs"),
            ),
            find(within({"$polygon": "x"}), 400, (107, bad + form)),
            find(within({"$polygon": {"a": 1}}), 400, (107, bad + form)),
            find(within({"$polygon": [1, 2, 3]}), 400, (107, bad)),
            find(within({"$polygon": [geo(91, 1), geo(2, 2), geo(3, 3)]}), 400, None),
            find(within({"$centerSphere": [geo(9, 9), 0.1]}), 200, found(1)),
            find(within({"$centerSphere": [[9, 9], 0.1]}), 200, found(1)),
            find(
                within({"$centerSphere": [geo(9, 9)]}),
                400,
                (107, bad + "; $centerSphere should be an array of Parse.GeoPoint and distance"),
            ),
            find(within({"$centerSphere": "x"}), 400, (107, bad + "; $centerSphere should be an array of Parse.GeoPoint and distance")),
            find(within({"$centerSphere": ["x", 1]}), 400, (107, bad + "; $centerSphere geo point invalid")),
            *(
                find(within({"$centerSphere": [geo(1, 1), wrong]}), 400, (107, bad + "; $centerSphere distance invalid"))
                for wrong in (-1, "x")
            ),
            find(within({"$centerSphere": [geo(91, 1), 1]}), 400, None),
            find(within({}), 200, found()),
            intersects({"$point": geo(40, 5)}, 200, found(1)),
            intersects({"$point": geo(30, 0)}, 200, found(1)),
            intersects({"$point": geo(5, 40)}, 200, found()),
            intersects({"$point": "x"}, 400, (107, "bad $geoIntersect value; $point should be GeoPoint")),
            intersects({"$point": geo(91, 1)}, 400, None),
        ]
    )


def test_nearness_goes_around_the_globe(server: Server) -> None:
    """`$nearSphere` finds what lies beyond the 180th meridian, as its count does; parse-server's find does not."""
    server.create("W", i=0, g=geo(0, 179.9))
    server.create("W", i=1, g=geo(0, 170))
    where = {"g": {"$nearSphere": geo(0, -179.9), "$maxDistance": 0.1}}
    server.expect([find(where, 200, ordered(0)), find(where, 200, {"count": 1}, count=1)])


def test_full_text(server: Server) -> None:
    for i, text in enumerate(["coffee is great", "coffee shop coffee", "tea at the café", "java running"]):
        server.create("W", i=i, s=text)
    search = lambda **parts: {"s": {"$text": {"$search": parts}}}  # noqa: E731
    term = lambda text, **more: search(**{"$term": text, **more})  # noqa: E731
    wrong = [
        ({"$search": "x"}, "$search, should be object"),
        ({"$search": {"$term": ""}}, "$term, should be string"),
        ({"$search": {"$term": 5}}, "$term, should be string"),
        ({"$search": {}}, "$term, should be string"),
        ({"$search": {"$term": "a", "$language": 5}}, "$language, should be string"),
        ({"$search": {"$term": "a", "$caseSensitive": 5}}, "$caseSensitive, should be boolean"),
        ({"$search": {"$term": "a", "$diacriticSensitive": 5}}, "$diacriticSensitive, should be boolean"),
    ]
    server.expect(
        [
            find(term("coffee"), 200, found(0, 1)),
            find(term("COFFEE"), 200, found(0, 1)),
            find(term("coffee tea"), 200, found(0, 1, 2)),
            find(term('"coffee shop"'), 200, found(1)),
            find(term("coffee -shop"), 200, found(0)),
            find(term("is"), 200, found()),
            find(term("run"), 200, found(3)),
            find(term("cafe"), 200, found(2)),
            find(term("cafe", **{"$diacriticSensitive": True}), 200, found()),
            find(term("Coffee", **{"$caseSensitive": True}), 200, found()),
            find(term("is", **{"$language": "none"}), 200, found()),
            find(term("is", **{"$language": "klingon"}), 400, None),
            find(term("coffee"), 200, ordered(1, 0), order="$score", keys="$score,i"),
            find(term("coffee"), 200, ordered(1, 0), order="-$score", keys="i"),
            find(term("coffee"), 200, lambda body: all(row["score"] > 0 for row in body["results"]), keys="$score"),
            find(term("coffee"), 200, lambda body: all("score" not in row for row in body["results"])),
            find(term("coffee"), 200, {"count": 2}, count=1),
            find({}, 400, None, keys="$score"),
            find({"$text": {"$search": {"$term": "a"}}}, 400, (105, "Invalid key name: $text")),
            *(find({"s": {"$text": value}}, 400, (107, f"bad $text: {text}")) for value, text in wrong),
            ("master", "GET", "/schemas/W", None, 200, lambda body: body["indexes"]["s_text"] == {"s": "text"}),
        ]
    )


def test_keys(rows: Server) -> None:
    always = {"objectId", "createdAt", "updatedAt", "r"}

    def first(expected: Callable[[dict[str, Any]], bool], i: int = 0, **params: Any) -> Row:
        return find({"i": i}, 200, lambda body: expected(body["results"][0]), **params)

    def keys(*names: str) -> Callable[[dict[str, Any]], bool]:
        return lambda row: set(row) == always | set(names)

    rows.expect(
        [
            first(keys("n", "s"), keys="n,s"),
            *(first(keys(), keys=text) for text in ("", "nothing", " n")),
            first(lambda row: row["o"] == {"k": 2, "b": 1}, keys="o.k"),
            first(lambda row: set(row["p"]) == {"__type", "className", "objectId"}, keys="p"),
            first(lambda row: set(row["p"]) == {"__type", "className", "objectId", "createdAt", "updatedAt", "city"}, keys="p.city"),
            first(lambda row: row["p"]["next"]["city"] == "X" and "n" not in row["p"]["next"], keys="p.next.city", i=1),
            first(keys("n"), keys="n", include="p"),
            first(lambda row: row["p"]["n"] == 1, keys="p", include="p"),
            first(lambda row: "n" not in row and "s" in row, excludeKeys="n"),
            first(lambda row: row["p"]["n"] == 1 and "city" not in row["p"], excludeKeys="p.city"),
            first(lambda row: "objectId" in row and "createdAt" in row, excludeKeys="objectId,createdAt"),
            first(keys("s"), keys="n,s", excludeKeys="n"),
        ]
    )


def test_include(rows: Server) -> None:
    def first(expected: Callable[[dict[str, Any]], bool], i: int = 0, **params: Any) -> Row:
        return find({"i": i}, 200, lambda body: expected(body["results"][0]), **params)

    whole = {"__type": "Object", "className": "T", "city": "X", "n": 1}
    rows.create("W", i=7, o={"in": pointer("T", rows.names["t1"]), "list": [pointer("T", rows.names["t1"])]})
    rows.create("S", x=1)
    rows.ok("master", "PUT", "/schemas/S", {"classLevelPermissions": {"find": {"*": True}}})
    rows.names["s"] = rows.create("S", x=2)
    rows.create("W", i=8, q=pointer("S", rows.names["s"]))
    rows.names["hidden"] = rows.create("T", n=9, ACL={})
    rows.create("W", i=9, p=pointer("T", rows.names["hidden"]), pa=[pointer("T", rows.names["hidden"]), 1])
    rows.sign_up("ann", email="a@x.org")
    rows.create("W", i=10, u=pointer("_User", rows.names["ann"]))
    rows.ok("master", "PUT", "/users/" + rows.names["ann"], {"ACL": {"*": {"read": True}}, "authData": {"anonymous": {"id": "1"}}})
    rows.expect(
        [
            first(lambda row: whole.items() <= row["p"].items() and "createdAt" in row["p"], include="p"),
            first(lambda row: row["p"]["next"]["city"] == "X" and row["p"]["city"] == "Y", include="p.next", i=1),
            *(first(lambda row: row["pa"][0]["city"] == "X" and row["pa"][1] == "x", include=path) for path in ("pa", "pa.0", "*")),
            first(lambda row: row["pa"][0]["next"]["city"] == "X", include="pa.next", i=1),
            first(lambda row: row["o"]["in"]["city"] == "X" and "city" not in row["o"]["list"][0], include="o.in", i=7),
            first(lambda row: row["o"]["list"][0]["city"] == "X", include="o.list", i=7),
            first(lambda row: row["p"]["city"] == "X" and row["pa"][0]["city"] == "X", includeAll=True),
            first(lambda row: row["p"]["city"] == "X", includeAll=True, keys="n"),
            first(lambda row: "city" not in row["o"]["in"], include="*", i=7),
            first(lambda row: "p" not in row, include="p", i=2),
            first(lambda row: "p" not in row and row["pa"] == [1], include="p,pa", i=9),
            first(lambda row: "city" not in row["p"], include="r,n,nothing, p"),
            find({"i": 8}, 400, 119, include="q"),
            first(lambda row: row["q"]["x"] == 2, include="q", i=8, who="master"),
            first(
                lambda row: row["u"]["username"] == "ann" and not {"email", "authData", "sessionToken"} & set(row["u"]), include="u", i=10
            ),
            first(lambda row: row["u"]["email"] == "a@x.org" and "sessionToken" not in row["u"], include="u", i=10, who="master"),
        ]
    )


def test_complexity(serve: Callable[..., Server]) -> None:
    server = serve(
        requestComplexity={
            "includeDepth": 2,
            "includeCount": 2,
            "queryDepth": 1,
            "subqueryDepth": 1,
            "allowRegex": False,
            "batchRequestLimit": 2,
        }
    )
    nested = {"p": {"$inQuery": {"className": "T", "where": {"q": {"$inQuery": {"className": "T", "where": {}}}}}}}
    batch = {"requests": [{"method": "GET", "path": "/parse/classes/W"}] * 3}
    rows = [
        find({}, 400, (102, "Include depth of 3 exceeds maximum allowed depth of 2"), include="a.b.c"),
        find({}, 400, (102, "Number of include fields (3) exceeds maximum allowed (2)"), include="a,b,c"),
        find({"$or": [{"$or": [{"a": 1}]}]}, 400, (102, "Query condition nesting depth exceeds maximum allowed depth of 1")),
        find(nested, 400, (102, "Subquery nesting depth exceeds maximum allowed depth of 1")),
        find({"a": {"$regex": "a"}}, 400, (102, "$regex operator is not allowed")),
        ("app", "POST", "/batch", batch, 400, (107, "Batch request contains 3 sub-requests, which exceeds the limit of 2.")),
    ]
    server.expect(rows)
    server.expect([("master", *row[1:4], 200, None) for row in rows])
