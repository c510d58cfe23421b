"""Documents that become answers in one step are what they would be by way of Docs, whatever other programs stored."""

import math
from datetime import datetime

import pytest
from bson import Decimal128, Int64, ObjectId

from parse_shim.classes.model import BASE_FIELDS, ClassDef, FieldType
from parse_shim.storage.mongo.answer import Answers
from parse_shim.storage.mongo.layout import Layout
from parse_shim.values.codec import dumps, encode_doc

KINDS = ["String", "Number", "Boolean", "Date", "GeoPoint", "Polygon", "Bytes", "Array", "Object"]
CLS = ClassDef(
    "Thing", {**BASE_FIELDS, **{kind.lower(): FieldType(kind) for kind in KINDS}, "pointer": FieldType("Pointer", "B")}
)
DAY = datetime(2020, 1, 2, 3, 4, 5, 678000)
VALUES = [
    None, True, 0, 7, -1.5, 2.0, 1e300, math.inf, -math.inf, math.nan, Int64(5), 2**60, "text", "B$x", "no pointer", "", "AAE=", b"\0", DAY,
    [],
    [1.0, 2.5], [1.25, 2.5], [math.inf, 1.5], [1, 2, 3], ["a", None], {}, {"a": {"b": DAY}}, {"type": "Point", "coordinates": [1.5, 2.5]},
    {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}, {"__type": "Date", "iso": "2020-01-02T03:04:05.678Z"},
    {"__type": "Pointer", "className": "B", "objectId": "x"}, ObjectId("0123456789abcdef01234567"), Decimal128("1.5"),
]  # fmt: skip
COLUMNS = [*(kind.lower() for kind in KINDS), "pointer", "_p_pointer", "_p_other", "unknown", "_hidden", "_created_at", "_rperm_x"]


@pytest.mark.parametrize("column", COLUMNS)
def test_every_value_in_every_column_is_the_same(column):
    layout = Layout(CLS)
    answers = Answers(layout)
    for value in VALUES:
        raw = {"_id": "a", "_updated_at": DAY, column: value, "_rperm": ["*"], "_wperm": [], "last": 1}
        assert dumps(answers.read(raw)) == dumps(encode_doc(layout.read(raw))), value


def test_ids_of_other_programs_are_texts():
    raw = {"_id": ObjectId("0123456789abcdef01234567"), "number": 1}
    assert Answers(Layout(CLS)).read(raw) == {"objectId": "0123456789abcdef01234567", "number": 1}
