"""What an update means."""

import pytest

from parse_shim.errors import ParseError
from parse_shim.update.apply import apply, apply_create, op_results
from parse_shim.update.ops import Add, AddUnique, Increment, Relate, Remove, Set, Unset


@pytest.mark.parametrize(
    ("doc", "update", "after"),
    [
        ({"n": 1}, {"n": Increment(2)}, {"n": 3}),
        ({"n": 0.5}, {"n": Increment(0.5)}, {"n": 1}),
        ({}, {"n": Increment(2)}, {"n": 2}),
        ({"a": [1]}, {"a": Add((1, 2))}, {"a": [1, 1, 2]}),
        ({"a": [1]}, {"a": AddUnique((1, 2, 2))}, {"a": [1, 2]}),
        ({"a": [True]}, {"a": AddUnique((1,))}, {"a": [True, 1]}),
        ({}, {"a": AddUnique((1, 1))}, {"a": [1]}),
        ({"a": [{"x": 1, "y": 2}]}, {"a": Remove(({"y": 2, "x": 1},))}, {"a": [{"x": 1, "y": 2}]}),
        ({"a": [1, 2, 1]}, {"a": Remove((1,))}, {"a": [2]}),
        ({}, {"a": Remove((1,))}, {}),
        ({"s": 1}, {"s": Unset()}, {}),
        ({}, {"s": Unset(), "o.a": Unset()}, {}),
        ({}, {"o.a": Set(2)}, {"o": {"a": 2}}),
        ({"o": {"n": 5}}, {"o.n": Increment(2), "o.x.y": Set(1)}, {"o": {"n": 7, "x": {"y": 1}}}),
        ({"o": {"a": 1, "b": 2}}, {"o.a": Unset()}, {"o": {"b": 2}}),
        ({"arr": [{"k": 1}]}, {"arr.0.k": Set(5)}, {"arr": [{"k": 5}]}),
        ({"arr": [1]}, {"arr.3": Set(5)}, {"arr": [1, None, None, 5]}),
        ({"arr": [1, 2]}, {"arr.0": Unset()}, {"arr": [None, 2]}),
        ({}, {"new.0": Set(5)}, {"new": {"0": 5}}),
        ({}, {"r": Relate("B", ("x",))}, {}),
        ({"ACL": {"u": {"read": True}}}, {"ACL": Unset()}, {"ACL": {}}),
    ],
)
def test_apply(doc, update, after):
    assert apply(update, doc) == after


def test_apply_leaves_the_given_object_alone():
    doc = {"o": {"list": [{"n": 1}]}, "a": [1]}
    apply({"o.list.0.n": Set(2), "a": Add((2,))}, doc)
    assert doc == {"o": {"list": [{"n": 1}]}, "a": [1]}


@pytest.mark.parametrize(
    ("doc", "update"),
    [
        ({"n": None}, {"n": Increment(1)}),
        ({"n": "1"}, {"n": Increment(1)}),
        ({"n": True}, {"n": Increment(1)}),
        ({"a": None}, {"a": Add((1,))}),
        ({"a": {}}, {"a": AddUnique((1,))}),
        ({"o": 1}, {"o.a": Set(1)}),
        ({"o": None}, {"o.a": Set(1)}),
        ({"a": [1]}, {"a.k": Set(1)}),
        ({"a": []}, {"a.99999999": Set(1)}),
    ],
)
def test_an_operation_that_does_not_fit_the_stored_value_is_refused(doc, update):
    with pytest.raises(ParseError) as caught:
        apply(update, doc)
    assert caught.value.code == 107


def test_a_create_has_nothing_to_change():
    update = {
        "n": Increment(2),
        "u": AddUnique((1, 1)),
        "r": Remove((1,)),
        "gone": Unset(),
        "o.a": Set(2),
        "rel": Relate("B", ("x",)),
    }
    assert apply_create(update) == {"n": 2, "u": [1, 1], "r": [], "o.a": 2}


@pytest.mark.parametrize(
    ("update", "after", "answer"),
    [
        ({"n": Increment(2), "s": Set("x")}, {"n": 3, "s": "x"}, {"n": 3}),
        ({"o.n": Increment(2), "o.m": Increment(1)}, {"o": {"n": 7, "m": 1, "z": 0}}, {"o": {"n": 7, "m": 1}}),
        ({"arr.1.k": Increment(5)}, {"arr": [{"k": 5}, {"k": 7}]}, {"arr": [{"k": 5}, {"k": 7}]}),
        ({"a": Remove((1,))}, {}, {}),
        ({"gone": Unset()}, {}, {}),
        ({"o.a": Increment(1)}, {"o.a": 1}, {"o.a": 1}),
    ],
)
def test_the_answer_carries_the_results_of_operations(update, after, answer):
    assert op_results(update, after) == answer
