"""Two operations on one field."""

import pytest

from parse_shim.update.ops import Add, AddUnique, Increment, Relate, Remove, Set, Unset, merge


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (Increment(1), Set("x"), Set("x")),
        (Set(1), Unset(), Unset()),
        (Set(1), Increment(2), Set(3)),
        (Unset(), Increment(2), Set(2)),
        (Increment(1), Increment(2), Increment(3)),
        (Set([1]), Add((1,)), Set([1, 1])),
        (Set([1]), AddUnique((1, 2)), Set([1, 2])),
        (Set([1, 2]), Remove((1,)), Set([2])),
        (Unset(), AddUnique((1, 1)), Set([1])),
        (Unset(), Remove((1,)), Set([])),
        (Add((1,)), Add((2,)), Add((1, 2))),
        (AddUnique((1,)), AddUnique((1, 2)), AddUnique((1, 2))),
        (Remove((1,)), Remove((2,)), Remove((1, 2))),
        (Relate("B", ("x",), ("y",)), Relate("B", ("y",), ("x",)), Relate("B", ("y",), ("x",))),
    ],
)
def test_merge(first, second, both):
    assert merge(first, second) == both


@pytest.mark.parametrize(("first", "second"), [(Add((1,)), AddUnique((1,))), (Set("x"), Increment(1)), (Increment(1), Add((1,)))])
def test_what_no_single_operation_says_is_left_to_the_caller(first, second):
    assert merge(first, second) is None
