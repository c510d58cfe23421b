"""A push as its sender wrote it: reading the request, and the words for each group of recipients. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.query.parse import read_text
from parse_shim.update.ops import Increment, Op, Set, is_number
from parse_shim.values.dates import EPOCH, from_ms, iso, parse_iso, to_ms
from parse_shim.values.jsontext import dumps
from parse_shim.values.jstext import js_text
from parse_shim.values.php import as_object
from parse_shim.values.types import Doc, Json

LOCALE_KEY = re.compile(r"(alert|title)-([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)")
TIME_LIMIT_MS = 253_402_300_799_000


@dataclass(frozen=True, slots=True)
class Push:
    """`where` as the client gave it (channels turned into a query). `at`: seconds since 1970, None for now. `time_text`: what the
    row shows as pushTime. `badge`: what happens to each installation's badge."""

    data: Mapping[str, Any]
    where: Mapping[str, Any]
    time_text: str
    at: float | None = None
    expires_ms: int | None = None
    interval_seconds: int | float | None = None
    badge: Op | None = None
    title: str | None = None

    @property
    def recipients(self) -> dict[str, Json]:
        """The query for installations: only those that have a device token can be reached."""
        if "deviceToken" in self.where:
            return {"$and": [dict(self.where), {"deviceToken": {"$exists": True}}]}
        return {**self.where, "deviceToken": {"$exists": True}}


def read_push(body: Mapping[str, Any], now: float) -> Push:
    """A request body as a Push; `now` in seconds. Raises ParseError 115 and, for a `data` or `badge` that is none, 107."""
    where = recipients_of(body)
    data = body.get("data", {})
    if not isinstance(data, Mapping):
        raise ParseError(Code.INVALID_JSON, "data must be an object")
    at = _time(body.get("push_time"))
    interval = _interval(body.get("expiration_interval"))
    expires = _time(body.get("expiration_time"))
    if expires is not None and interval is not None:
        raise _misconfigured("Both expiration_time and expiration_interval cannot be set")
    if interval is not None:
        expires = (at or now) + interval
    title = body.get("title")
    return Push(
        data=data,
        where=where,
        time_text=iso(from_ms(int((now if at is None else at) * 1000))),
        at=at,
        expires_ms=None if expires is None else int(expires * 1000),
        interval_seconds=interval,
        badge=read_badge(data.get("badge")),
        title=title if isinstance(title, str) else None,
    )


def read_badge(badge: Json) -> Op | None:
    """`5`, `"Increment"` or an increment operation. Raises ParseError 107: the peer fails with 500 for anything else."""
    if badge is None:
        return None
    if is_number(badge):
        return Set(badge)
    if isinstance(badge, str) and badge.lower() == "increment":
        return Increment(1)
    if isinstance(badge, Mapping) and badge.get("__op") == "Increment" and is_number(badge.get("amount")):
        return Increment(badge["amount"])
    raise ParseError(Code.INVALID_JSON, "Invalid value for badge, expected number or 'Increment'")


def alert_text(data: Mapping[str, Any]) -> str:
    """The alert, or its JSON when it is an object; "" without one."""
    alert = data.get("alert")
    if alert is None:
        return ""
    return alert if isinstance(alert, str) else dumps(alert).decode()


def groups(push: Push, rows: Sequence[Doc]) -> list[tuple[dict[str, Any], list[Doc]]]:
    """(message, its recipients): split by language where the push has words for it, then by the badge each one gets."""
    found: list[tuple[dict[str, Any], list[Doc]]] = []
    for data, readers in _by_locale(push.data, rows):
        for badge, members in _by_badge(push, readers):
            words = data if badge is None else {**data, "badge": badge}
            found.append((_message(push, words), members))
    return found


def _message(push: Push, data: Mapping[str, Any]) -> dict[str, Any]:
    """What a sender gets: {"data", "expiration_time" (ms since 1970), "expiration_interval" (s)}."""
    body: dict[str, Any] = {"data": dict(data)}
    if push.expires_ms is not None:
        body["expiration_time"] = push.expires_ms
    if push.interval_seconds is not None:
        body["expiration_interval"] = push.interval_seconds
    return body


def _by_locale(data: Mapping[str, Any], rows: Sequence[Doc]) -> list[tuple[dict[str, Any], list[Doc]]]:
    plain = {name: value for name, value in data.items() if not LOCALE_KEY.fullmatch(name)}
    locales = list(dict.fromkeys(match[2] for name in data if (match := LOCALE_KEY.fullmatch(name))))
    # the longest first: pt-BR is not to be read as pt
    locales.sort(key=len, reverse=True)
    readers: dict[str, list[Doc]] = {}
    for row in rows:
        mine = row.get("localeIdentifier")
        locale = next((known for known in locales if isinstance(mine, str) and mine.startswith(known)), "")
        readers.setdefault(locale, []).append(row)
    return [(_words(plain, data, locale), members) for locale, members in readers.items()]


def _words(plain: Mapping[str, Any], data: Mapping[str, Any], locale: str) -> dict[str, Any]:
    own = {key: data[f"{key}-{locale}"] for key in ("alert", "title") if locale and f"{key}-{locale}" in data}
    return {**plain, **own}


def _by_badge(push: Push, rows: Sequence[Doc]) -> list[tuple[int | float | None, list[Doc]]]:
    if push.badge is None:
        return [(None, list(rows))]
    found: dict[int | float, list[Doc]] = {}
    for row in rows:
        badge = row.get("badge")
        found.setdefault(badge if is_number(badge) else 0, []).append(row)
    return list(found.items())


def recipients_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions on installations that `where` or `channels` of a push mean. Raises ParseError 115."""
    where, channels = body.get("where"), body.get("channels")
    if where is not None and channels is not None:
        raise _misconfigured("Channels and query can not be set at the same time.")
    if channels is not None:
        wanted = [channels] if isinstance(channels, str) else channels
        if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
            raise _misconfigured("channels must be a list of strings.")
        return {"channels": {"$in": wanted}}
    if where is None:
        raise _misconfigured('Sending a push requires either "channels" or a "where" query.')
    where = as_object(read_text(where) if isinstance(where, str) else where)
    if not isinstance(where, dict):
        raise ParseError(Code.INVALID_JSON, "where must be an object")
    return where


def _interval(value: Json) -> int | float | None:
    if value is None:
        return None
    if not is_number(value) or value <= 0 or value * 1000 > TIME_LIMIT_MS:
        raise _misconfigured("expiration_interval must be a number greater than 0")
    return value


def _time(value: Json) -> float | None:
    """Seconds since 1970, or an ISO text. One without a zone is UTC."""
    if value is None:
        return None
    if isinstance(value, Mapping) and value.get("__type") == "Date":
        value = value.get("iso")
    if is_number(value) and abs(value) * 1000 <= TIME_LIMIT_MS:
        return float(value)
    if isinstance(value, str):
        moment = parse_iso(value)
        if moment != EPOCH or value.startswith("1970"):
            return to_ms(moment) / 1000
    raise _misconfigured(f"{js_text(value)} is not valid time.")


def _misconfigured(text: str) -> ParseError:
    return ParseError(Code.PUSH_MISCONFIGURED, text)
