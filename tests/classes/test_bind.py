"""Values typed by the class."""

from datetime import datetime, timedelta

import pytest

from parse_shim.classes.bind import bind
from parse_shim.classes.model import BASE_FIELDS, DATE, ClassDef, FieldType
from parse_shim.errors import ParseError
from parse_shim.query.ast import And, Compare, Eq, In, Not, Or
from parse_shim.query.parse import RelativeTime
from parse_shim.values.types import Pointer

CLS = ClassDef("C", {**BASE_FIELDS, "p": FieldType("Pointer", "B"), "d": DATE, "s": FieldType("String")})
NOW = datetime(2026, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("node", "bound"),
    [
        (Eq("p", "B$x"), Eq("p", Pointer("B", "x"))),
        (Eq("p", "x"), Eq("p", "x")),
        (Eq("s", "B$x"), Eq("s", "B$x")),
        (In("p", ("x", "W$y", Pointer("B", "z"))), In("p", (Pointer("B", "x"), Pointer("W", "y"), Pointer("B", "z")))),
        (Eq("createdAt", "2026-01-02T03:04:05.000Z"), Eq("createdAt", NOW)),
        (Eq("expiresAt", "2026-01-02T03:04:05.000Z"), Eq("expiresAt", NOW)),
        (Eq("d", "2026-01-02T03:04:05.000Z"), Eq("d", "2026-01-02T03:04:05.000Z")),
        (Compare("createdAt", "gt", "2020-01-01"), Compare("createdAt", "gt", "2020-01-01")),
        (Compare("d", "gt", RelativeTime(-60)), Compare("d", "gt", NOW - timedelta(minutes=1))),
        (Compare("unknown", "lt", RelativeTime(0)), Compare("unknown", "lt", NOW)),
        (
            And((Or((Eq("p", "B$x"),)), Not(Eq("p", "B$y")))),
            And((Or((Eq("p", Pointer("B", "x")),)), Not(Eq("p", Pointer("B", "y"))))),
        ),
    ],
)
def test_bind(node, bound):
    assert bind(node, CLS, NOW) == bound


def test_a_node_without_anything_to_bind_is_handed_back():
    node = And((Eq("s", "x"), Not(Or((Compare("d", "gt", NOW), In("s", ("a",)))))))
    assert bind(node, CLS, NOW) is node


def test_relative_time_needs_a_date():
    with pytest.raises(ParseError) as caught:
        bind(Compare("s", "gt", RelativeTime(1)), CLS, NOW)
    assert (caught.value.code, caught.value.message) == (107, "$relativeTime can only be used with Date field")


def test_a_relative_time_beyond_the_calendar_is_its_end():
    assert bind(Compare("d", "lt", RelativeTime(10**15)), CLS, NOW).value.year == 9999
