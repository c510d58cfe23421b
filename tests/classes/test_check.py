"""Required columns, defaults, validators and what a column makes of an operation."""

import pytest
from marshmallow.validate import Length

from parse_shim.classes.check import check_required, check_system_required, check_values, fill_defaults, fit
from parse_shim.classes.model import BASE_FIELDS, ClassDef, FieldType
from parse_shim.errors import ParseError
from parse_shim.update.ops import Increment, Relate, Set, Unset
from parse_shim.values.types import Relation

CLS = ClassDef(
    "C",
    {
        **BASE_FIELDS,
        "req": FieldType("String", required=True),
        "list": FieldType("Array", default=[]),
        "p": FieldType("Pointer", "B"),
        "r": FieldType("Relation", "B"),
    },
    validators={"req": (Length(max=3),)},
)


def refusal(function, *args, **named):
    with pytest.raises(ParseError) as caught:
        function(*args, **named)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("update", [{"req": Set(None)}, {"req": Set("")}, {"req": Unset()}])
@pytest.mark.parametrize("create", [True, False])
def test_a_required_column_must_stay_filled(update, create):
    assert refusal(check_required, update, CLS, create=create) == (142, "req is required")


def test_a_required_column_may_be_left_out_of_an_update_only():
    check_required({}, CLS, create=False)
    assert refusal(check_required, {}, CLS, create=True) == (142, "req is required")


def test_defaults_are_fresh_each_time():
    first = fill_defaults({"list": Unset()}, CLS)
    first["list"].append(1)
    assert fill_defaults({}, CLS) == {"list": []}


def test_a_given_value_keeps_the_default_away():
    assert fill_defaults({"list": Set("")}, CLS) == {}
    assert refusal(fill_defaults, {"list": Set(None)}, CLS)[0] == 142


def test_a_role_needs_a_name_and_an_acl():
    assert refusal(check_system_required, {}, "_Role", create=True) == (111, "name is required.")
    assert refusal(check_system_required, {"ACL": Unset()}, "_Role", create=False) == (111, "ACL is required.")
    check_system_required({"name": Set("x"), "ACL": Set({})}, "_Role", create=True)


def test_validators_of_schemas_judge_values_being_set():
    check_values({"req": Set("abc")}, CLS)
    check_values({"req": Set(None)}, CLS)
    assert refusal(check_values, {"req": Set("abcd")}, CLS) == (142, "req: Longer than maximum length 3.")


@pytest.mark.parametrize(
    ("update", "create", "fitted"),
    [
        ({"p": Set(None)}, False, {"p": Unset()}),
        ({"p": Set(None)}, True, {"p": Set(None)}),
        ({"r": Set(Relation("B")), "n": Set(1)}, True, {"n": Set(1)}),
        ({"r": Unset()}, False, {}),
        ({"r": Set(None)}, False, {}),
        ({"r": Relate("B", ("x",))}, False, {"r": Relate("B", ("x",))}),
        ({"ACL": Unset()}, False, {"ACL": Set({})}),
        ({"ACL": Unset()}, True, {"ACL": Unset()}),
    ],
)
def test_columns_that_void_an_operation(update, create, fitted):
    assert fit(update, CLS, create=create) == fitted


def test_an_update_that_needs_no_fitting_is_handed_back():
    update = {"n": Increment(1)}
    assert fit(update, CLS, create=False) is update
