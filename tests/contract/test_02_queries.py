"""Queries (contract/02): parameters, order, `where`, operators, keys and include."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.contract.world import Row, Server, date, geo, pointer, query

W = "/classes/W"


TWO = date("2020-01-02T00:00:00.000Z")


def found(*numbers: int) -> Callable[[Any], bool]:
    return lambda body: "results" in body and sorted(row["i"] for row in body["results"]) == list(numbers)


def ordered(*numbers: int) -> Callable[[Any], bool]:
    return lambda body: "results" in body and [row["i"] for row in body["results"]] == list(numbers)


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
        url("order=" + quote(order), 400, (105, f"Invalid field name: {order.removeprefix('-')}."))
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
            url("order=_created_at,i&limit=1", 200, ordered(0)),
            url("order=-createdAt,-i&limit=1", 200, ordered(4)),
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


def test_geo(rows: Server) -> None:
    near = lambda **more: {"g": {"$nearSphere": geo(9, 9), **more}}  # noqa: E731
    within = lambda value: {"g": {"$geoWithin": value}}  # noqa: E731
    bad = "bad $geoWithin value"
    polygon = {"__type": "Polygon", "coordinates": [[-1, -1], [-1, 1], [1, 1], [1, -1]]}
    few = "; $polygon should contain at least 3 GeoPoints"
    form = "; $polygon should be Polygon object or Array of Parse.GeoPoint's"
    rows.create("P", i=1, pg={"__type": "Polygon", "coordinates": [[30, 0], [30, 10], [50, 10], [50, 0]]})

    def intersects(value: Any, status: int, expected: Any) -> Row:
        return ("app", "POST", "/classes/P", query({"pg": {"$geoIntersects": value}}), status, expected)

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
