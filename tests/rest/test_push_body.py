"""Reading a push: times, badges, recipients, words for each language."""

from typing import Any

import pytest

from parse_shim.errors import ParseError
from parse_shim.rest.push_body import alert_text, groups, read_push
from parse_shim.update.ops import Increment, Set

NOW = 1_700_000_000.0
ALL: dict[str, Any] = {"where": {}}


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({}, 115, 'Sending a push requires either "channels" or a "where" query.'),
        ({"where": {}, "channels": []}, 115, "Channels and query can not be set at the same time."),
        ({"channels": 5}, 115, "channels must be a list of strings."),
        ({"where": "x"}, 107, "where parameter is not valid JSON"),
        ({**ALL, "data": "x"}, 107, "data must be an object"),
        ({**ALL, "expiration_time": "zz"}, 115, "zz is not valid time."),
        ({**ALL, "expiration_time": {}}, 115, "[object Object] is not valid time."),
        ({**ALL, "expiration_time": 1e300}, 115, "1e+300 is not valid time."),
        ({**ALL, "push_time": "bad"}, 115, "bad is not valid time."),
        ({**ALL, "push_time": True}, 115, "true is not valid time."),
        ({**ALL, "expiration_interval": 0}, 115, "expiration_interval must be a number greater than 0"),
        ({**ALL, "expiration_interval": "5"}, 115, "expiration_interval must be a number greater than 0"),
        ({**ALL, "expiration_interval": 5, "expiration_time": 5}, 115, "Both expiration_time and expiration_interval cannot be set"),
        ({**ALL, "data": {"badge": "all"}}, 107, "Invalid value for badge, expected number or 'Increment'"),
        ({**ALL, "data": {"badge": {"__op": "Increment"}}}, 107, "Invalid value for badge, expected number or 'Increment'"),
    ],
)
def test_refusals(body: dict[str, Any], code: int, text: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_push(body, NOW)
    assert (caught.value.code, caught.value.message) == (code, text)


def test_channels_become_a_query_for_devices_with_a_token() -> None:
    push = read_push({"channels": ["c1"]}, NOW)
    assert push.where == {"channels": {"$in": ["c1"]}}
    assert push.recipients == {"channels": {"$in": ["c1"]}, "deviceToken": {"$exists": True}}


def test_an_own_condition_on_the_token_is_kept() -> None:
    recipients = read_push({"where": {"deviceToken": "t"}}, NOW).recipients
    assert recipients == {"$and": [{"deviceToken": "t"}, {"deviceToken": {"$exists": True}}]}


@pytest.mark.parametrize(
    ("given", "expires"),
    [
        ({"expiration_time": 1_700_000_100}, 1_700_000_100_000),
        ({"expiration_time": "2023-11-14T22:15:00.000Z"}, 1_700_000_100_000),
        ({"expiration_interval": 100}, 1_700_000_100_000),
        ({"expiration_interval": 100, "push_time": 1_700_000_050}, 1_700_000_150_000),
        ({}, None),
    ],
)
def test_when_a_push_expires(given: dict[str, Any], expires: int | None) -> None:
    assert read_push({**ALL, **given}, NOW).expires_ms == expires


@pytest.mark.parametrize(
    ("badge", "op"), [(5, Set(5)), ("Increment", Increment(1)), ({"__op": "Increment", "amount": 3}, Increment(3)), (None, None)]
)
def test_badges(badge: Any, op: Any) -> None:
    assert read_push({**ALL, "data": {"badge": badge}}, NOW).badge == op


@pytest.mark.parametrize(("data", "text"), [({"alert": "hi"}, "hi"), ({"alert": {"a": 1}}, '{"a":1}'), ({}, "")])
def test_the_alert_as_text(data: dict[str, Any], text: str) -> None:
    assert alert_text(data) == text


def test_languages_get_their_own_words() -> None:
    data = {"alert": "hi", "alert-fr": "salut", "alert-pt": "oi", "alert-pt-PT": "ola", "title-fr": "T", "x-y": 1}
    rows = [{"objectId": locale, "localeIdentifier": locale} for locale in ("fr-CA", "pt-BR", "pt-PT", "de", "fr")]
    found = {
        tuple(row["objectId"] for row in members): message["data"]
        for message, members in groups(read_push({**ALL, "data": data}, NOW), rows)
    }
    assert found == {
        ("fr-CA", "fr"): {"alert": "salut", "title": "T", "x-y": 1},
        ("pt-BR",): {"alert": "oi", "x-y": 1},
        ("pt-PT",): {"alert": "ola", "x-y": 1},
        ("de",): {"alert": "hi", "x-y": 1},
    }


def test_each_badge_is_sent_as_a_number() -> None:
    push = read_push({**ALL, "data": {"badge": "Increment"}, "expiration_interval": 60}, NOW)
    found = [(message, [row["objectId"] for row in members]) for message, members in groups(push, [
        {"objectId": "a", "badge": 3}, {"objectId": "b", "badge": 4}, {"objectId": "c", "badge": 3},
    ])]  # fmt: skip
    expiry = {"expiration_time": 1_700_000_060_000, "expiration_interval": 60}
    assert found == [({"data": {"badge": 3}, **expiry}, ["a", "c"]), ({"data": {"badge": 4}, **expiry}, ["b"])]
