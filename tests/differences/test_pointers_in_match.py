"""A Pointer object in `$match` of an aggregate: parse-server finds nothing, here the objects that hold it."""

import pytest

POINTER = {"__type": "Pointer", "className": "B", "objectId": "b1"}


@pytest.mark.parametrize("value", [POINTER, "b1"])
def test_a_pointer_finds_its_objects(web, value):
    made = web.create("A", p=POINTER)
    web.create("A", p={**POINTER, "objectId": "b2"})
    body = {"_method": "GET", "pipeline": [{"$match": {"p": value}}]}
    assert [row["objectId"] for row in web.master("POST", "/aggregate/A", body).json["results"]] == [made]
