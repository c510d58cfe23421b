from datetime import datetime

import pytest

from parse_shim.values.compare import compare, equal, path_key, same_element, sort_key
from parse_shim.values.types import MISSING, File, GeoPoint, Pointer, Polygon


@pytest.mark.parametrize(
    "a, b, same",
    [
        (1, True, False),
        (0, False, False),
        (1, 1.0, True),
        ("2", 2, False),
        (None, MISSING, False),
        ([1, True], [1, 1], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": True}, {"a": 1}, False),
        (Pointer("A", "1"), Pointer("A", "1"), True),
        (Pointer("A", "1"), "A$1", False),
        (GeoPoint(1, 2), {"__type": "GeoPoint", "latitude": 1.0, "longitude": 2}, True),
        (File("n"), {"__type": "File", "name": "n"}, True),
    ],
)
def test_equality_is_of_type_and_value(a, b, same):
    assert equal(a, b) is same
    assert equal(b, a) is same


def test_elements_are_the_same_only_with_the_same_order_of_keys():
    assert not same_element({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert same_element([{"a": [1]}], [{"a": [1]}])


@pytest.mark.parametrize(
    "a, b, sign", [(1, 2.5, -1), ("b", "a", 1), (1, "1", None), (True, 1, None), (None, None, 0), (b"b", b"aa", -1)]
)
def test_comparison_stays_within_one_type(a, b, sign):
    assert compare(a, b) == sign


def test_mixed_types_sort_as_the_contract_says():
    ordered = [
        [],
        None,
        -1,
        2.5,
        "",
        "1",
        "A",
        Pointer("A", "x"),
        "a",
        "é",
        {"a": 1},
        {"a": "x"},
        b"x",
        False,
        True,
        datetime(2020, 1, 1),
    ]
    shuffled = ordered[::-1]
    assert sorted(shuffled, key=sort_key) == ordered


def test_an_array_sorts_by_its_smallest_or_largest():
    assert sort_key([5, 1]) == sort_key(1)
    assert sort_key([5, 1], descending=True) == sort_key(5)


def test_every_pair_of_values_can_be_sorted():
    odd = [
        GeoPoint(1, 2),
        Polygon(((1, 2),)),
        {"a": GeoPoint(1, 2)},
        {"a": 1},
        [[1], ["a"]],
        [{"b": None}],
        File("n"),
        MISSING,
    ]
    assert len(sorted(odd, key=sort_key)) == len(odd)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ({"at": GeoPoint(-45, 10)}, {"at": GeoPoint(-20, -30)}),
        ({"o": {"p": {"__type": "A"}}}, {"o": {"p": Pointer("A", "x")}}),
        ({"o": {"p": "text"}}, {"o": {"p": Pointer("A", "x")}}),
        ({"p": Pointer("A", "y")}, {"p": Pointer("B", "x")}),
    ],
)
@pytest.mark.parametrize("path", ["at", "o.p", "p"])
def test_values_sort_as_mongodb_keeps_them(lower, higher, path):
    if path.split(".")[0] in lower:
        assert path_key(lower, path) < path_key(higher, path)


def test_points_of_one_least_number_sort_alike_but_differ():
    points = [GeoPoint(-90, 0), GeoPoint(-90, -0.1)]
    assert path_key({"at": points[0]}, "at") == path_key({"at": points[1]}, "at")
    assert sort_key(points[0]) != sort_key(points[1])
