"""Values and operations against columns."""

from datetime import datetime

import pytest

from parse_shim.classes.check import new_fields
from parse_shim.classes.model import BASE_FIELDS, ClassDef, FieldType
from parse_shim.errors import ParseError
from parse_shim.update.ops import Add, Increment, Relate, Remove, Set, Unset
from parse_shim.values.types import File, GeoPoint, Pointer, Polygon, Relation


def C(**columns):
    return ClassDef("C", {**BASE_FIELDS, **columns})


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (Set(True), "Boolean"),
        (Set(1), "Number"),
        (Set(1.5), "Number"),
        (Set("2020-01-01"), "String"),
        (Set([]), "Array"),
        (Set({}), "Object"),
        (Set(datetime(2020, 1, 1)), "Date"),
        (Set(b""), "Bytes"),
        (Set(GeoPoint(0, 0)), "GeoPoint"),
        (Set(File("n")), "File"),
        (Set(Polygon(((0, 0),))), "Polygon"),
        (Set(Pointer("B", "x")), "Pointer<B>"),
        (Set(Relation("B")), "Relation<B>"),
        (Increment(1), "Number"),
        (Add((1,)), "Array"),
        (Remove((1,)), "Array"),
        (Relate("B", ("x",)), "Relation<B>"),
    ],
)
def test_a_new_column_has_the_type_of_its_first_value(op, text):
    assert {name: column.text for name, column in new_fields({"f": op}, C()).items()} == {"f": text}


@pytest.mark.parametrize("op", [Set(None), Unset()])
def test_null_and_delete_make_no_column(op):
    assert new_fields({"f": op, "o.a": op, "ACL": Set({}), "_internal": Set(1)}, C()) == {}


@pytest.mark.parametrize(
    ("path", "column"),
    [("o.a", "Object"), ("o.a.0", "Object"), ("o.0", "Array"), ("o.0.k", "Array")],
)
def test_a_dotted_key_asks_for_a_container(path, column):
    assert new_fields({path: Set(1)}, C())["o"].kind == column


@pytest.mark.parametrize(
    ("column", "path", "op", "text"),
    [
        (FieldType("Number"), "f", Set("x"), "expected Number but got String"),
        (FieldType("Pointer", "B"), "f", Set(Pointer("W", "x")), "expected Pointer<B> but got Pointer<W>"),
        (FieldType("Relation", "B"), "f", Set("x"), "expected Relation<B> but got String"),
        (FieldType("Relation", "B"), "f", Relate("", ("x",)), "expected Relation<B> but got Relation"),
        (FieldType("Array"), "f.k", Set(5), "expected Array but got Object"),
        (FieldType("String"), "f", Increment(1), "expected String but got Number"),
        (FieldType("Boolean"), "f", Set(1), "expected Boolean but got Number"),
    ],
)
def test_a_mismatch_names_column_and_types(column, path, op, text):
    with pytest.raises(ParseError) as caught:
        new_fields({path: op}, C(f=column))
    assert (caught.value.code, caught.value.message) == (111, f"schema mismatch for C.f; {text}")


def test_known_columns_are_not_new_whatever_their_options():
    assert new_fields({"f": Set("x")}, C(f=FieldType("String", required=True, default="y"))) == {}


@pytest.mark.parametrize(
    ("update", "text"),
    [
        ({"a": Set(GeoPoint(0, 0)), "b": Set(GeoPoint(0, 0))}, "there can only be one geopoint field in a class"),
        ({"b": Set(GeoPoint(0, 0))}, "MongoDB only supports one GeoPoint field in a class."),
    ],
)
def test_one_geo_point_a_class(update, text):
    with pytest.raises(ParseError) as caught:
        new_fields(update, C(g=FieldType("GeoPoint")))
    assert (caught.value.code, caught.value.message) == (111, text)


def test_a_relation_needs_a_class():
    with pytest.raises(ParseError) as caught:
        new_fields({"r": Relate("", ("x",))}, C())
    assert caught.value.code == 135
