from datetime import UTC, datetime, timedelta, timezone

import pytest

from parse_shim.errors import ParseError
from parse_shim.values.dates import from_ms, iso, naive, parse_iso, to_ms

READ = [
    ("2020-01-02T03:04:05.678Z", "2020-01-02T03:04:05.678Z"),
    ("2020-01-02", "2020-01-02T00:00:00.000Z"),
    ("2020-01", "2020-01-01T00:00:00.000Z"),
    ("2020-01-02T03:04:05+02:00", "2020-01-02T01:04:05.000Z"),
    ("2020-01-02T03:04:05", "2020-01-02T03:04:05.000Z"),
    ("2020-01-02T03:04:05.123456Z", "2020-01-02T03:04:05.123Z"),
    ("2020-01-02T24:00:00Z", "2020-01-03T00:00:00.000Z"),
    ("January 2, 2020", "2020-01-02T00:00:00.000Z"),
    ("2 Jan 2020 10:11:12", "2020-01-02T10:11:12.000Z"),
    ("2020/01/02", "2020-01-02T00:00:00.000Z"),
    ("1/2/2020", "2020-01-02T00:00:00.000Z"),
    ("Thu, 02 Jan 2020 03:04:05 +0200", "2020-01-02T01:04:05.000Z"),
    (1577934245678, "2020-01-02T03:04:05.678Z"),
    ("soon", "1970-01-01T00:00:00.000Z"),
    ("2020-13-45T00:00:00.000Z", "1970-01-01T00:00:00.000Z"),
    ("2020-01-02T03:04:05.678é", "1970-01-01T00:00:00.000Z"),
]


@pytest.mark.parametrize("text, expected", READ)
def test_dates_are_read_as_javascript_would(text, expected):
    assert iso(parse_iso(text)) == expected


@pytest.mark.parametrize(
    "value", ["+010000-01-01T00:00:00.000Z", "0000-01-01", 1e300, -1e300, "0001-01-01T00:00:00+05:00"]
)
def test_years_beyond_python_are_refused(value):
    with pytest.raises(ParseError) as caught:
        parse_iso(value)
    assert caught.value.code == 111


def test_milliseconds_go_both_ways():
    assert to_ms(from_ms(-1)) == -1
    assert to_ms(datetime(1969, 12, 31)) == -86_400_000


def test_naive_converts_and_cuts_to_milliseconds():
    moment = datetime(2020, 1, 1, 2, 0, 0, 999, timezone(timedelta(hours=2)))
    assert naive(moment) == datetime(2020, 1, 1)
    assert iso(datetime(2020, 1, 1, tzinfo=UTC)) == "2020-01-01T00:00:00.000Z"
