import pytest

from parse_shim.errors import ParseError
from parse_shim.query.ast import (
    EVERYTHING,
    NOTHING,
    All,
    And,
    AnyPattern,
    Compare,
    ContainedBy,
    Eq,
    Exists,
    In,
    InQuery,
    Near,
    Not,
    Or,
    PolygonContains,
    Regex,
    RelatedTo,
    Select,
    Text,
    WithinBox,
    WithinPolygon,
    WithinSphere,
)
from parse_shim.query.parse import Limits, RelativeTime, parse_where
from parse_shim.values.types import GeoPoint, Pointer

HERE = {"__type": "GeoPoint", "latitude": 51.5, "longitude": -0.1}
THERE = {"__type": "GeoPoint", "latitude": 52.5, "longitude": -1.1}
P = {"__type": "Pointer", "className": "B", "objectId": "x"}
START = {"$regex": "^\\Qap\\E"}

READ = [
    ({}, EVERYTHING),
    ([], EVERYTHING),
    ('{"a":1}', Eq("a", 1)),
    ({"a": None}, Eq("a", None)),
    ({"a": 2.0, "b": "x"}, And((Eq("a", 2), Eq("b", "x")))),
    ({"a": {}}, Eq("a", {})),
    ({"a": []}, NOTHING),
    ({"o.a": {"b": 1}}, Eq("o.a", {"b": 1})),
    ({"p": P}, Eq("p", Pointer("B", "x"))),
    ({"p": {**P, "$exists": True}}, And((Exists("p"), Eq("p", Pointer("B", "x"))))),
    ({"a": {"$gt": 1, "$lte": 5}}, And((Compare("a", "gt", 1), Compare("a", "lte", 5)))),
    ({"a": {"$eq": [2, 3]}}, Eq("a", [2, 3])),
    ({"a": {"$ne": None}}, Not(Eq("a", None))),
    ({"a": {"$in": [1, [2, 3]]}}, In("a", (1, 2, 3))),
    ({"a": {"$nin": []}}, Not(In("a", ()))),
    ({"a": {"$in": ["x", START]}}, Or((In("a", ("x",)), Regex("a", "^\\Qap\\E")))),
    ({"a": {"$exists": 0}}, Not(Exists("a"))),
    ({"a": {"$exists": "false"}}, Exists("a")),
    ({"a": {"$all": [1, [2]]}}, All("a", (1, [2]))),
    ({"a": {"$all": [START, START]}}, And((Regex("a", "^\\Qap\\E"), Regex("a", "^\\Qap\\E")))),
    ({"a": {"$containedBy": [1]}}, ContainedBy("a", (1,))),
    ({"a": {"$regex": "x", "$options": "im"}}, Regex("a", "x", "im")),
    ({"a": {"$text": {"$search": {"$term": "t", "$caseSensitive": True}}}}, Text("a", "t", None, True, False)),
    ({"d": {"$gt": {"$relativeTime": "3 days 2 hours ago"}}}, Compare("d", "gt", RelativeTime(-266400))),
    ({"d": {"$lt": {"$relativeTime": "In 1 Year"}}}, Compare("d", "lt", RelativeTime(31536000))),
    ({"d": {"$lt": {"$relativeTime": "now"}}}, Compare("d", "lt", RelativeTime(0))),
    ({"$or": [{"a": 1}, {}]}, Or((Eq("a", 1), EVERYTHING))),
    ({"$and": [{"a": 1}, {"$and": [{"b": 2}, {"c": 3}]}]}, And((Eq("a", 1), Eq("b", 2), Eq("c", 3)))),
    ({"$nor": [{"a": 1}, {"b": 1}]}, Not(Or((Eq("a", 1), Eq("b", 1))))),
    ({"p": {"$inQuery": {"className": "T", "where": {"n": 1}, "limit": "5"}}}, InQuery("p", "T", Eq("n", 1))),
    ({"p": {"$notInQuery": {"className": "T", "where": {}}}}, Not(InQuery("p", "T", EVERYTHING))),
    (
        {"p": {"$in": [P], "$inQuery": {"className": "T", "where": {}}}},
        Or((In("p", (Pointer("B", "x"),)), InQuery("p", "T", EVERYTHING))),
    ),
    ({"h": {"$select": {"query": {"className": "T"}, "key": "o.c"}}}, Select("h", "T", EVERYTHING, "o.c")),
    ({"$relatedTo": {"object": P, "key": "r"}}, RelatedTo(Pointer("B", "x"), "r")),
    ({"$relatedTo": "x"}, NOTHING),
    ({"_rperm": "x", "a": 1}, Eq("a", 1)),
    ({"g": {"$nearSphere": HERE}}, Near("g", GeoPoint(51.5, -0.1), None)),
    ({"$or": [{"g": {"$nearSphere": HERE, "$maxDistance": 0.5}}]}, WithinSphere("g", GeoPoint(51.5, -0.1), 0.5)),
    ({"g": {"$nearSphere": HERE, "$maxDistanceInMiles": 3959}}, Near("g", GeoPoint(51.5, -0.1), 1.0)),
    ({"g": {"$nearSphere": HERE, "$maxDistanceInKilometers": 6371}}, Near("g", GeoPoint(51.5, -0.1), 1.0)),
    ({"g": {"$nearSphere": {"latitude": 1, "longitude": 2}, "$maxDistance": 0}}, Near("g", GeoPoint(1, 2), 0.0)),
    ({"g": {"$within": {"$box": [THERE, HERE]}}}, WithinBox("g", GeoPoint(51.5, -1.1), GeoPoint(52.5, -0.1))),
    (
        {"g": {"$geoWithin": {"$polygon": [[0, 1], [0, 10], HERE, [0, 1]]}}},
        WithinPolygon("g", (GeoPoint(1, 0), GeoPoint(10, 0), GeoPoint(51.5, -0.1))),
    ),
    (
        {"g": {"$geoWithin": {"$polygon": {"__type": "Polygon", "coordinates": [[30, 0], [30, 10], [50, 10]]}}}},
        WithinPolygon("g", (GeoPoint(0, 30), GeoPoint(10, 30), GeoPoint(10, 50))),
    ),
    ({"g": {"$geoWithin": {"$centerSphere": [[-0.1, 51.5], 0.1]}}}, WithinSphere("g", GeoPoint(51.5, -0.1), 0.1)),
    ({"g": {"$geoWithin": {}}}, NOTHING),
    ({"g": {"$geoIntersects": {"$point": HERE}}}, PolygonContains("g", GeoPoint(51.5, -0.1))),
]


@pytest.mark.parametrize("where, node", READ, ids=lambda value: str(value)[:50])
def test_where_becomes_a_tree(where, node):
    found = parse_where(where)
    assert (Or(found.parts) if isinstance(found, AnyPattern) else found) == node


REFUSED = [
    ("{", 107, "where parameter is not valid JSON"),
    ("", 107, "where parameter is not valid JSON"),
    ('"str"', 107, "where parameter is not valid JSON"),
    (5, 107, "where parameter should be an object, not 5"),
    (None, 107, "where parameter should be an object, not null"),
    ([{"a": 1}], 105, "Invalid key name: 0"),
    ({"a-b": 1}, 105, "Invalid key name: a-b"),
    ({"a\n": 1}, 105, "Invalid key name: a\n"),
    ({"": 1}, 105, "Invalid key name: "),
    ({"$where": "x"}, 105, "Invalid key name: $where"),
    ({"$text": {}}, 105, "Invalid key name: $text"),
    ({"$relatedTo": None}, 105, "Invalid key name: $relatedTo"),
    ({"_hashed_password": {"$regex": "^"}}, 105, "Invalid key name: _hashed_password"),
    ({"_email_verify_token": "x"}, 105, "Invalid key name: _email_verify_token"),
    ({"ACL": {}}, 102, "Cannot query on ACL."),
    ({"$or": [{"ACL": 1}]}, 102, "Cannot query on ACL."),
    ({"a": {"$foo": 1}}, 107, "bad constraint: $foo"),
    ({"objectId": {"$foo": 1}}, 107, "bad constraint: $foo"),
    ({"a": {"$or": []}}, 107, "bad constraint: $or"),
    ({"a": {"$minDistance": 1}}, 107, "bad constraint: $minDistance"),
    ({"a": {"b": 1}}, 107, "You cannot use [object Object] as a query parameter."),
    ({"a": [2, 3]}, 107, "You cannot use 2,3 as a query parameter."),
    ({"a": {"__type": "Foo"}}, 107, "You cannot use [object Object] as a query parameter."),
    ({"a": {"$gt": {"a": 1}}}, 107, 'bad atom: {"a":1}'),
    ({"a": {"$gt": [1]}}, 107, "bad atom: [1]"),
    ({"a": {"$eq": {}}}, 107, "bad atom: {}"),
    ({"a": {"$ne": {"$foo": 1}}}, 107, 'bad atom: {"$foo":1}'),
    ({"a": {"$in": 5}}, 107, "bad $in value"),
    ({"a": {"$nin": {}}}, 107, "bad $nin value"),
    ({"a": {"$in": [{"x": 1}]}}, 107, 'bad atom: {"x":1}'),
    ({"a": {"$all": 1}}, 107, "bad $all value"),
    ({"a": {"$all": [START, "B"]}}, 107, "All $all values must be of regex type or none: /^\\Qap\\E/,B"),
    ({"a": {"$all": [{"$regex": "a.c"}]}}, 107, "All $all values must be of regex type or none: /a.c/"),
    ({"a": {"$containedBy": 1}}, 107, "bad $containedBy: should be an array"),
    ({"a": {"$regex": 5}}, 102, "$regex value must be a string"),
    ({"a": {"$regex": "["}}, 102, None),
    ({"a": {"$regex": "(" * 9000}}, 102, None),
    ({"a": {"$regex": "x", "$options": "g"}}, 102, "Bad $options value for query: g"),
    ({"a": {"$regex": "x", "$options": ""}}, 102, "Bad $options value for query: "),
    ({"a": {"$regex": "x", "$options": 5}}, 102, "$options value must be a string"),
    ({"a": {"$options": "i"}}, 102, None),
    ({"$or": 5}, 102, "Permission denied"),
    ({"$or": {"0": {}, "length": 1}}, 102, "Permission denied"),
    ({"$nor": []}, 102, "Bad $nor format - use an array of at least 1 value."),
    ({"$or": []}, 102, None),
    ({"$or": [None]}, 102, None),
    ({"p": {"$inQuery": None}}, 107, "bad constraint: $inQuery"),
    ({"p": {"$inQuery": {"className": "T"}}}, 102, "improper usage of $inQuery"),
    ({"p": {"$notInQuery": {"where": {}}}}, 102, "improper usage of $notInQuery"),
    ({"p": {"$inQuery": {"className": {"$ne": 1}, "where": {}}}}, 102, "improper usage of $inQuery"),
    ({"p": {"$inQuery": {"className": "T", "where": {"a-b": 1}}}}, 105, "Invalid key name: a-b"),
    ({"p": {"$select": {"query": {"className": "T"}}}}, 102, "improper usage of $select"),
    ({"p": {"$select": {"query": {"className": "T"}, "key": "a", "x": 1}}}, 102, "improper usage of $select"),
    ({"p": {"$select": {"query": {"className": "_User"}, "key": "_hashed_password"}}}, 105, None),
    ({"p": {"$dontSelect": 5}}, 102, "improper usage of $dontSelect"),
    ({"d": {"$eq": {"$relativeTime": "now"}}}, 107, None),
    ({"d": {"$gt": {"$relativeTime": 5}}}, 107, None),
    (
        {"d": {"$gt": {"$relativeTime": "3 days"}}},
        107,
        "bad $relativeTime ($gt) value. Time should either start with 'in' or end with 'ago'",
    ),
    ({"d": {"$gt": {"$relativeTime": "in 3 days ago"}}}, 107, None),
    ({"d": {"$gt": {"$relativeTime": "3 ago"}}}, 107, None),
    ({"d": {"$gt": {"$relativeTime": "1.5 days ago"}}}, 107, "bad $relativeTime ($gt) value. '1.5' is not an integer."),
    ({"d": {"$gt": {"$relativeTime": "1 fortnight ago"}}}, 107, None),
    ({"d": {"$gt": {"$relativeTime": "999999999999 years ago"}}}, 107, None),
    ({"g": {"$nearSphere": None}}, 107, None),
    ({"g": {"$nearSphere": {**HERE, "latitude": 91}}}, 107, None),
    ({"g": {"$nearSphere": {**HERE, "longitude": "x"}}}, 107, None),
    ({"g": {"$nearSphere": [1, 2]}}, 107, None),
    ({"g": {"$nearSphere": HERE, "$maxDistance": -1}}, 107, None),
    ({"g": {"$nearSphere": HERE, "$maxDistance": "1"}}, 107, None),
    ({"g": {"$nearSphere": HERE, "$maxDistance": float("inf")}}, 107, None),
    ({"g": {"$maxDistance": 1}}, 107, None),
    ({"$or": [{"g": {"$nearSphere": {**HERE, "latitude": 91}}}]}, 107, None),
    ({"g": {"$nearSphere": HERE}, "h": {"$nearSphere": HERE}}, 102, None),
    ({"g": {"$within": {}}}, 107, "malformatted $within arg"),
    ({"g": {"$within": {"$box": [[0, 0], [1, 1]]}}}, 107, "malformatted $within arg"),
    (
        {"g": {"$geoWithin": {"$polygon": [HERE]}}},
        107,
        "bad $geoWithin value; $polygon should contain at least 3 GeoPoints",
    ),
    (
        {"g": {"$geoWithin": {"$polygon": {"__type": "Polygon"}}}},
        107,
        "bad $geoWithin value; Polygon.coordinates should contain at least 3 lon/lat pairs",
    ),
    (
        {"g": {"$geoWithin": {"$polygon": "x"}}},
        107,
        "bad $geoWithin value; $polygon should be Polygon object or Array of Parse.GeoPoint's",
    ),
    ({"g": {"$geoWithin": {"$polygon": [1, 2, 3]}}}, 107, "bad $geoWithin value"),
    ({"g": {"$geoWithin": {"$polygon": [[0, 91], [0, 0], [1, 1]]}}}, 107, None),
    (
        {"g": {"$geoWithin": {"$centerSphere": [HERE]}}},
        107,
        "bad $geoWithin value; $centerSphere should be an array of Parse.GeoPoint and distance",
    ),
    (
        {"g": {"$geoWithin": {"$centerSphere": [5, 1]}}},
        107,
        "bad $geoWithin value; $centerSphere geo point invalid",
    ),
    (
        {"g": {"$geoWithin": {"$centerSphere": [HERE, -1]}}},
        107,
        "bad $geoWithin value; $centerSphere distance invalid",
    ),
    ({"g": {"$geoIntersects": 5}}, 107, "bad $geoIntersect value; $point should be GeoPoint"),
    ({"s": {"$text": 5}}, 107, "bad $text: $search, should be object"),
    ({"s": {"$text": {"$search": {"$term": ""}}}}, 107, "bad $text: $term, should be string"),
    ({"s": {"$text": {"$search": {"$term": "a", "$language": 5}}}}, 107, "bad $text: $language, should be string"),
    (
        {"s": {"$text": {"$search": {"$term": "a", "$caseSensitive": 1}}}},
        107,
        "bad $text: $caseSensitive, should be boolean",
    ),
    ({"a": {"$in": [0] * 10001}}, 102, None),
]


@pytest.mark.parametrize("where, code, text", REFUSED, ids=lambda value: str(value)[:50])
def test_a_malformed_where_is_refused_with_its_code(where, code, text):
    with pytest.raises(ParseError) as caught:
        parse_where(where)
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert text is None or caught.value.message == text


def nested(levels, word="$or"):
    where = {"a": 1}
    for _ in range(levels):
        where = {word: [where]}
    return where


def test_depth_is_limited_for_clients_and_for_masters():
    parse_where(nested(16))
    parse_where(nested(60, "$and"), limits=None)
    for where, limits in ((nested(17), Limits()), (nested(500), None), (nested(3), Limits(depth=2))):
        with pytest.raises(ParseError, match="Query condition nesting depth exceeds maximum allowed depth"):
            parse_where(where, limits)


def test_subqueries_are_limited():
    where = {}
    for _ in range(5):
        where = {"p": {"$inQuery": {"className": "T", "where": where}}}
    with pytest.raises(ParseError, match="Subquery nesting depth exceeds maximum allowed depth of 4"):
        parse_where(where)
    assert parse_where(where, limits=None)


def test_regex_can_be_forbidden():
    with pytest.raises(ParseError, match="\\$regex operator is not allowed"):
        parse_where({"a": {"$regex": "x"}}, Limits(allow_regex=False))


def test_internal_keys_are_for_the_server():
    assert parse_where({"_email_verify_token": "x"}, internal=True) == Eq("_email_verify_token", "x")
    with pytest.raises(ParseError):
        parse_where({"_hashed_password": "x"}, internal=True)


def test_text_that_is_nested_too_deeply_is_too_complex():
    with pytest.raises(ParseError) as caught:
        parse_where('{"$or":[' * 1500 + "{}" + "]}" * 1500)
    assert caught.value.code == 102
