from datetime import datetime

import pytest

from parse_shim.errors import ParseError, TransportError
from parse_shim.values import codec
from parse_shim.values.types import File, GeoPoint, Included, Pointer, Polygon, Relation

DATE = {"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"}
MOMENT = datetime(2020, 1, 2, 3, 4, 5, 678000)
SQUARE = [[0, 0], [0, 10], [10, 10], [10, 0], [0, 0]]

COLUMNS = [
    ("x", "x"),
    (None, None),
    (True, True),
    (2.0, 2),
    (DATE, MOMENT),
    ({"__type": "Pointer", "className": "B", "objectId": "x", "extra": 1}, Pointer("B", "x")),
    ({"__type": "Pointer", "className": "B", "objectId": 5}, Pointer("B", "5")),
    ({"__type": "Pointer", "className": "B", "objectId": None}, Pointer("B", "null")),
    ({"__type": "Pointer", "className": "B"}, Pointer("B", "undefined")),
    ({"__type": "Pointer", "className": "B", "objectId": "a$b"}, Pointer("B", "a")),
    ({"__type": "GeoPoint", "latitude": 91, "longitude": -181}, GeoPoint(91, -181)),
    ({"__type": "GeoPoint", "latitude": "10", "longitude": True}, GeoPoint(10, 1)),
    ({"__type": "Polygon", "coordinates": SQUARE[:4]}, Polygon(tuple((a, b) for a, b in SQUARE))),
    ({"__type": "Bytes", "base64": "aGVsbG8"}, b"hello"),
    ({"__type": "Bytes", "base64": "!!"}, b""),
    ({"__type": "File", "name": "n", "url": "http://evil"}, File("n")),
    ({"__type": "Relation", "className": "B"}, Relation("B")),
    ({"__type": "", "a": 1}, {"__type": "", "a": 1}),
    ({"latitude": 1, "longitude": 2}, {"latitude": 1, "longitude": 2}),
]


@pytest.mark.parametrize("sent, value", COLUMNS)
def test_a_column_is_decoded_by_its_type(sent, value):
    found = codec.decode_column(sent)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("tag", ["Foo", 5, "Object", "Date", "Pointer", "GeoPoint", "Polygon", "Bytes", "File", "Relation"])
def test_a_type_without_its_part_is_refused(tag):
    with pytest.raises(ParseError) as caught:
        codec.decode_column({"__type": tag})
    assert (caught.value.code, caught.value.message) == (111, f"This is not a valid {tag}")


@pytest.mark.parametrize("coordinates", [[[0, 0], [1, 1]], 5, [1, 2, 3], [[0, 200], [0, 0], [1, 1]], [[0, 0], [1, 1], [0, 1], [1, 0]]])
def test_a_polygon_that_is_none_is_refused(coordinates):
    with pytest.raises(ParseError) as caught:
        codec.decode_column({"__type": "Polygon", "coordinates": coordinates})
    assert caught.value.code == 111


def test_inside_objects_only_dates_pointers_and_bytes_become_values():
    point = {"__type": "GeoPoint", "latitude": 1, "longitude": 2}
    sent = {
        "d": DATE,
        "g": point,
        "l": [{"__type": "Pointer", "className": "B", "objectId": "x"}],
        "o": {"__op": "Delete"},
    }
    assert codec.decode_column(sent) == {"d": MOMENT, "g": point, "l": [Pointer("B", "x")], "o": {"__op": "Delete"}}


def test_a_nested_file_and_unknown_types_stay_as_they_are():
    sent = [{"__type": "File", "name": "n", "url": "u"}, {"__type": "Foo", "a": 1.0}]
    assert codec.decode_nested(sent) == [{"__type": "File", "name": "n", "url": "u"}, {"__type": "Foo", "a": 1}]


@pytest.mark.parametrize(
    "value",
    [MOMENT, Pointer("B", "x"), GeoPoint(1.5, 2), b"hello", Polygon(((0, 0), (0, 1), (1, 1), (0, 0))), Relation("B")],
)
def test_encode_undoes_decode(value):
    assert codec.decode_column(codec.encode(value)) == value


@pytest.mark.parametrize("value, held", [(1.0, 1), (-0.0, 0), (2**53 + 1, 2**53), (float("inf"), None), (10**400, None), (1e22, 1e22)])
def test_numbers_are_those_of_javascript(value, held):
    assert codec.number(value) == held


def test_an_object_for_an_answer_has_its_keys_in_order():
    doc = {"ACL": {}, "createdAt": MOMENT, "n": 1, "_secret": 2, "objectId": "a", "updatedAt": MOMENT}
    out = codec.encode_doc(doc, relations={"r": "B"})
    assert list(out) == ["objectId", "n", "r", "createdAt", "updatedAt", "ACL"]
    assert out["createdAt"] == "2020-01-02T03:04:05.678Z"
    assert out["r"] == {"__type": "Relation", "className": "B"}


def test_an_included_object_names_its_class_and_files_get_urls():
    value = Included("B", {"objectId": "b", "f": File("n")})
    out = codec.encode(value, file_url=lambda name: f"http://h/{name}")
    assert out == {
        "__type": "Object",
        "className": "B",
        "objectId": "b",
        "f": {"__type": "File", "name": "n", "url": "http://h/n"},
    }


@pytest.mark.parametrize("text", [b"{bad", b"", b"NaN", b'{"a":Infinity}', b"[" * 2000 + b"]" * 2000, b"[" * 65 + b"]" * 65, b'""x'])
def test_what_is_not_json_is_a_transport_error(text):
    with pytest.raises(TransportError) as caught:
        codec.loads(text)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "text, value",
    [
        (b'"\\ud800x"', "\ufffdx"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"a\xff"', "a\ufffd"),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b"[1e400]", [float("inf")]),
        (b"[" * 64 + b"]" * 64, None),
        (b'"' + b"[" * 500 + b'"', "[" * 500),
    ],
)
def test_odd_json_is_read(text, value):
    assert codec.loads(text) == value or value is None


def test_nul_is_taken_in_texts_and_refused_in_keys():
    assert codec.loads(b'{"a":"x\\u0000"}') == {"a": "x\0"}
    with pytest.raises(ParseError) as caught:
        codec.loads(b'{"a":[{"b\\u0000":1}]}')
    assert caught.value.code == 105


def test_dumps_writes_values_and_survives_what_orjson_refuses():
    assert codec.dumps({"d": MOMENT, "n": float("nan")}) == b'{"d":{"__type":"Date","iso":"2020-01-02T03:04:05.678Z"},"n":null}'
    assert codec.dumps(["\ud800", 2**70]) == '["\ufffd",1.1805916207174113e+21]'.encode()
