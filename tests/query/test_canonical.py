from parse_shim.query.canonical import canonical, shape
from parse_shim.query.parse import parse_where


def test_the_order_of_conditions_does_not_matter():
    one = parse_where({"a": 1, "$or": [{"b": "x"}, {"c": {"$exists": True}}]})
    two = parse_where({"$or": [{"c": {"$exists": True}}, {"b": "x"}], "a": 1})
    assert canonical(one) == canonical(two)
    assert canonical(one) != canonical(parse_where({"a": 2}))


def test_types_are_told_apart():
    assert canonical(parse_where({"a": 1})) != canonical(parse_where({"a": "1"}))
    assert canonical(parse_where({"a": True})) != canonical(parse_where({"a": 1}))


def test_a_shape_holds_no_values():
    assert shape(parse_where({"a": "secret", "n": {"$gt": 5}})) == "And(Compare(n gt),Eq(a))"
