"""Documents read a column at a time are what they would be one by one."""

import random
from datetime import datetime, timedelta

import pytest

from parse_shim.storage.mongo.answer import Answers
from parse_shim.storage.mongo.layout import Layout
from parse_shim.storage.mongo.pages import Pages
from parse_shim.values.codec import dumps
from parse_shim.values.dates import iso, isos
from tests.storage.test_mongo_answer import CLS, COLUMNS, DAY, VALUES


def same(raws):
    answers = Answers(Layout(CLS))
    assert dumps(Pages(answers).read(raws)) == dumps([answers.read(raw) for raw in raws])


@pytest.mark.parametrize("column", COLUMNS)
def test_every_value_in_every_column_is_the_same(column):
    same([{"_id": "a", "_updated_at": DAY, column: value, "_rperm": ["*"], "_wperm": [], "last": 1} for value in VALUES])


@pytest.mark.parametrize("column", COLUMNS)
def test_columns_of_one_type_are_the_same(column):
    for value in VALUES:
        same([{"_id": "a", column: value, "_created_at": DAY} for _ in range(20)])


def test_documents_of_several_shapes_keep_their_order():
    chance = random.Random(7)
    names = ["string", "number", "geopoint", "date", "_p_pointer", "_created_at", "_updated_at", "_rperm", "_wperm", "_acl"]
    for _ in range(50):
        shapes = [["_id", *chance.sample(names, chance.randrange(len(names)))] for _ in range(chance.choice([1, 3, 9]))]
        raws = []
        for number in range(chance.randrange(60)):
            raw = {name: DAY if name.endswith(("_at", "date")) else ["*", "u"] for name in chance.choice(shapes)}
            raws.append({**raw, "_id": str(number)})
        same(raws)


def test_two_fields_of_one_name_are_one():
    same([{"_id": "a", "pointer": None, "string": "s", "_p_pointer": "B$x"} for _ in range(10)])


def test_dates_written_together_are_as_alone():
    chance = random.Random(3)
    dates = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999000), datetime(2000, 1, 1), datetime(2000, 1, 1, 0, 0, 0, 1000)]
    dates += [datetime(1900, 1, 1) + timedelta(milliseconds=chance.randrange(10**13)) for _ in range(2000)]
    dates += [datetime(1990, 1, 1) + timedelta(seconds=chance.randrange(10**9)) for _ in range(200)]
    assert isos(dates) == [iso(date) for date in dates]
    assert isos(dates[3:4]) == [iso(dates[3])]
