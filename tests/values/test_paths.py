import pytest

from parse_shim.values.paths import everything, get, put, remove, walk
from parse_shim.values.types import MISSING

DOC = {"o": {"k": 1, "n": None}, "arr": [{"k": 5}, {"k": 7}, 3], "s": "x"}


@pytest.mark.parametrize(
    "path, value", [("o.k", 1), ("o.x", MISSING), ("arr.1.k", 7), ("arr.9", MISSING), ("s.k", MISSING), ("o.n", None)]
)
def test_get_finds_exactly_this_path(path, value):
    assert get(DOC, path) == value or get(DOC, path) is value


@pytest.mark.parametrize(
    "path, values",
    [("arr.k", [5, 7]), ("arr.0.k", [5]), ("o.n", [None]), ("x", [MISSING]), ("s.k", [MISSING]), ("arr.2", [3])],
)
def test_walk_enters_lists(path, values):
    found = [value for value in walk(DOC, path) if path in ("x", "s.k") or value is not MISSING]
    assert found == values


def test_put_makes_objects_and_elements():
    doc = {"arr": [{"k": 1}]}
    put(doc, "o.x.y", 1)
    put(doc, "arr.0.k", 5)
    put(doc, "arr.2", "z")
    assert doc == {"arr": [{"k": 5}, None, "z"], "o": {"x": {"y": 1}}}


@pytest.mark.parametrize("path", ["s.k", "arr.x", "arr.99999999"])
def test_put_refuses_a_way_through_a_scalar(path):
    with pytest.raises(TypeError):
        put({"s": "x", "arr": []}, path, 1)


def test_remove_takes_away_what_is_there():
    doc = {"o": {"a": 1}, "arr": [1, 2]}
    remove(doc, "o.a")
    remove(doc, "o.b.c")
    remove(doc, "arr.0")
    assert doc == {"o": {}, "arr": [None, 2]}


def test_everything_sees_every_value():
    assert sum(1 for value in everything({"a": [1, {"b": 2}]}) if isinstance(value, int)) == 2
