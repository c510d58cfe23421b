"""Types, values and null (contract/01, sections 6 to 8)."""

from typing import Any

import pytest

from tests.contract.world import Server, date, geo, op, pointer

W = "/classes/W"


ONE = W + "/{one}"


def mismatch(field: str, expected: str, got: str) -> tuple[int, str]:
    return 111, f"schema mismatch for W.{field}; expected {expected} but got {got}"


def test_column_types(filled: Server) -> None:
    values = {"String": "x", "Number": 1, "Boolean": True, "Array": [], "Object": {}, "Date": date("2020-01-01T00:00:00.000Z")}
    values |= {"GeoPoint": geo(1, 2), "File": {"__type": "File", "name": "a"}, "Bytes": {"__type": "Bytes", "base64": "aGk="}}
    values |= {"Polygon": {"__type": "Polygon", "coordinates": [[0, 0], [0, 1], [1, 1]]}, "Pointer<B>": pointer("B", "x")}
    values |= {"Relation<B>": {"__type": "Relation", "className": "B"}}
    rows = [("app", "POST", f"/classes/Is{index}", {"f": value}, 201, None) for index, value in enumerate(values.values())] + [
        (
            "app",
            "POST",
            f"/classes/Is{index}",
            {"f": other},
            400,
            (111, f"schema mismatch for Is{index}.f; expected {kind} but got {wrong}"),
        )
        for index, kind in enumerate(values)
        for wrong, other in values.items()
        if wrong != kind
    ]
    rows += [("app", "POST", f"/classes/Is{index}", {"f": None}, 201, None) for index in range(len(values))]
    filled.expect(rows)
    filled.expect(
        [
            ("app", "PUT", ONE, {"p": pointer("X", "x")}, 400, mismatch("p", "Pointer<B>", "Pointer<X>")),
            ("app", "PUT", ONE, {"s": op("Increment", amount=1)}, 400, mismatch("s", "String", "Number")),
            ("app", "PUT", ONE, {"n": op("Add", objects=[1])}, 400, mismatch("n", "Number", "Array")),
            ("app", "PUT", ONE, {"n": op("AddRelation", objects=[pointer("B", "x")])}, 400, mismatch("n", "Number", "Relation<B>")),
            ("app", "PUT", ONE, {"r": op("AddRelation", objects=["x"])}, 400, mismatch("r", "Relation<B>", "Relation")),
            (
                "app",
                "PUT",
                ONE,
                {"r": op("AddRelation", objects=[pointer("X", "x")])},
                400,
                mismatch("r", "Relation<B>", "Relation<X>"),
            ),
            ("app", "PUT", ONE, {"arr.k": 5}, 400, mismatch("arr", "Array", "Object")),
            ("app", "PUT", ONE, {"s.k": 5}, 400, mismatch("s", "String", "Object")),
            ("app", "PUT", ONE, {"p.objectId": "x"}, 400, mismatch("p", "Pointer<B>", "Object")),
            ("app", "POST", W, {"x1": geo(1, 1), "x2": geo(1, 1)}, 400, (111, "there can only be one geopoint field in a class")),
            ("app", "PUT", ONE, {"h": geo(1, 1)}, 400, (111, "MongoDB only supports one GeoPoint field in a class.")),
            (
                "app",
                "POST",
                "/classes/T",
                {"a": {"__type": ""}, "b": {"__type": None, "x": 1}, "c": None, "d": op("Delete")},
                201,
                None,
            ),
            ("app", "POST", "/classes/T", {"e": op("Remove", objects=[1]), "f": op("Increment", amount=1)}, 201, None),
            ("app", "PUT", "/classes/T/none", {"g.a": 1, "h.0": 1}, 404, 101),
            (
                *("master", "GET", "/schemas/T", None, 200),
                lambda body: (
                    {key: value["type"] for key, value in body["fields"].items() if len(key) == 1}
                    == {"a": "Object", "b": "Object", "e": "Array", "f": "Number", "g": "Object", "h": "Array"}
                ),
            ),
        ]
    )


def read_back(server: Server, value: Any) -> Any:
    made = server("app", "POST", "/classes/V", {"f": value})
    if made.status_code != 201:
        return made.json
    answer = server.ok("app", "GET", f"/classes/V/{made.json['objectId']}").get("f", "absent")
    server.ok("master", "DELETE", "/purge/V")
    server.ok("master", "DELETE", "/schemas/V")
    return answer


DATES = {
    "2020-01-02T03:04:05.678Z": "2020-01-02T03:04:05.678Z",
    "2020-01-02": "2020-01-02T00:00:00.000Z",
    "2020-01-02T03:04:05+02:00": "2020-01-02T01:04:05.000Z",
    "2020-01-02T03:04:05": "2020-01-02T03:04:05.000Z",
    "January 2, 2020": "2020-01-02T00:00:00.000Z",
    "2020-01-02T03:04:05.678999Z": "2020-01-02T03:04:05.678Z",
    "nonsense": "1970-01-01T00:00:00.000Z",
}


def test_dates(server: Server) -> None:
    assert {text: read_back(server, date(text))["iso"] for text in DATES} == DATES
    assert read_back(server, {"__type": "Date", "iso": 1577934245678, "x": 1}) == date("2020-01-02T03:04:05.678Z")
    for iso in ("", None):
        assert read_back(server, {"__type": "Date", "iso": iso}) == {"code": 111, "error": "This is not a valid Date"}


POLYGON = [[0, 0], [0, 1], [1, 1], [1, 0]]


VALUES = [
    ({"__type": "Pointer", "className": "B", "objectId": 5, "x": 1}, pointer("B", "5")),
    ({"__type": "Pointer", "className": "B", "objectId": None}, pointer("B", "null")),
    ({"__type": "Pointer", "className": "B"}, pointer("B", "undefined")),
    (pointer("B", ""), pointer("B", "")),
    (pointer("B", "a$b"), pointer("B", "a")),
    (pointer("bad-name", "a"), pointer("bad-name", "a")),
    ({"__type": "GeoPoint", "latitude": 1, "longitude": 2, "x": 1}, geo(1, 2)),
    ({"latitude": 1, "longitude": 2}, {"latitude": 1, "longitude": 2}),
    (geo(91, 181), geo(91, 181)),
    ({"__type": "Polygon", "coordinates": POLYGON}, {"__type": "Polygon", "coordinates": [*POLYGON, [0, 0]]}),
    ({"__type": "Polygon", "coordinates": [[*point, 9] for point in POLYGON]}, {"__type": "Polygon", "coordinates": [*POLYGON, [0, 0]]}),
    ({"__type": "Bytes", "base64": "aGVsbG8"}, {"__type": "Bytes", "base64": "aGVsbG8="}),
    ({"__type": "Bytes", "base64": "aGV sbG8="}, {"__type": "Bytes", "base64": "aGVsbG8="}),
    ({"__type": "Bytes", "base64": "!!"}, {"__type": "Bytes", "base64": ""}),
    ({"__type": "File", "name": "n", "url": "http://x"}, {"__type": "File", "name": "n", "url": "http://localhost/parse/files/app/n"}),
    ({"__type": "Relation", "className": "B"}, {"__type": "Relation", "className": "B"}),
    ({"d": date("2020-01-02")}, {"d": date("2020-01-02T00:00:00.000Z")}),
    ([date("nonsense")], [date("1970-01-01T00:00:00.000Z")]),
    ([{**pointer("B", "x"), "y": 1}], [pointer("B", "x")]),
    ({"g": {"__type": "GeoPoint", "latitude": 1, "x": 2}}, {"g": {"__type": "GeoPoint", "latitude": 1, "x": 2}}),
    ([{"__type": "Foo"}, {"__type": "Object", "className": "B"}], [{"__type": "Foo"}, {"__type": "Object", "className": "B"}]),
    ([{"__type": "Relation", "className": "B"}], [{"__type": "Relation", "className": "B"}]),
    ([{"__type": "File", "name": "n", "url": "u"}], [{"__type": "File", "name": "n", "url": "u"}]),
    ({"b": {"__type": "Bytes", "base64": "aGVsbG8="}}, {"b": {"__type": "Bytes", "base64": "aGVsbG8="}}),
    ({"o": op("Increment", amount=1)}, {"o": op("Increment", amount=1)}),
    (1.0, 1),
    (-0.0, 0),
    (9007199254740993, 9007199254740992),
    ("a\0b", "a\0b"),
    ("a\ud800b", "a�b"),
    (None, None),
]


@pytest.mark.parametrize("value", VALUES, ids=[str(number) for number in range(len(VALUES))])
def test_values_read_back(server: Server, value: tuple[Any, Any]) -> None:
    back = read_back(server, value[0])
    assert back == value[1]


def test_values_that_are_none(server: Server) -> None:
    rows = [
        *(
            ("app", "POST", W, {"f": {"__type": kind}}, 400, (111, f"This is not a valid {kind}"))
            for kind in ("Date", "Pointer", "GeoPoint", "Polygon")
        ),
        *(
            ("app", "POST", W, {"f": {"__type": kind}}, 400, (111, f"This is not a valid {kind}"))
            for kind in ("Bytes", "File", "Relation", "Object", "Foo", 5)
        ),
        ("app", "POST", W, {"f": {"__type": "Bytes", "base64": ""}}, 400, (111, "This is not a valid Bytes")),
        ("app", "POST", W, {"f": {"__type": "Bytes", "base64": 5}}, 400, None),
        *(
            ("app", "POST", W, {"f": {"__type": "Polygon", "coordinates": wrong}}, 400, None)
            for wrong in ([], "x", [[0, 0], [0, 0], [0, 1]])
        ),
        *(
            ("app", "POST", W, {"f": {"__type": "Polygon", "coordinates": [[0, 0], point, [1, 1]]}}, 400, None)
            for point in ([0, 200], [100, 0], ["1", "2"])
        ),
        ("app", "POST", W, b'{"f": 1e400}', 201, None),
        ("app", "GET", W, None, 200, lambda body: body["results"][0]["f"] is None),
    ]
    server.expect(rows)


def test_null(filled: Server) -> None:
    got = lambda field, value: lambda body: body.get(field, "absent") == value  # noqa: E731
    filled.expect(
        [
            ("app", "PUT", ONE, {"n": None, "s": None, "p": None, "r": None, "o": None, "arr": None, "d": None, "g": None}, 200, None),
            *(("app", "GET", ONE, None, 200, got(field, None)) for field in ("n", "s", "o", "arr", "d", "g")),
            ("app", "GET", ONE, None, 200, got("p", "absent")),
            ("app", "GET", ONE, None, 200, got("r", {"__type": "Relation", "className": "B"})),
            *(("app", "PUT", ONE, {"n": op("Increment", amount=1)}, 400, None),) * 1,
            *(("app", "PUT", ONE, {"arr": op(name, objects=[1])}, 400, None) for name in ("Add", "AddUnique")),
            ("app", "PUT", ONE, {"missing": op("Increment", amount=1)}, 200, {"missing": 1}),
            ("app", "PUT", ONE, {"n": op("Delete")}, 200, None),
            ("app", "GET", ONE, None, 200, got("n", "absent")),
            ("app", "POST", "/classes/Q", {"p": pointer("B", "x")}, 201, None),
            ("app", "POST", "/classes/Q", {"p": None, "second": True}, 201, None),
            ("app", "GET", "/classes/Q?order=-second", None, 200, lambda body: body["results"][0].get("p", "absent") is None),
        ]
    )
