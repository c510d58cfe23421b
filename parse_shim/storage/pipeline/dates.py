"""Operators on dates. Time zones other than UTC are refused rather than ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from parse_shim.errors import Refused
from parse_shim.values.dates import iso, parse_iso
from parse_shim.values.types import MISSING

_LENGTHS = {"millisecond": 0.001, "second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_UTC = ("UTC", "GMT", "Z", "+00:00", "Etc/UTC")


def _moment(value: Any) -> datetime | None:
    """The date of an argument: itself, or {date, timezone}."""
    if isinstance(value, Mapping):
        if value.get("timezone", "UTC") not in _UTC:
            raise Refused("only the time zone UTC is known here")
        value = value.get("date", MISSING)
    if value is None or value is MISSING:
        return None
    if not isinstance(value, datetime):
        raise Refused("can't convert from a value that is no date to Date")
    return value


def _part(read: Callable[[datetime], int]) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        moment = _moment(value)
        return None if moment is None else read(moment)

    return call


def _to_text(arguments: Any) -> Any:
    moment = _moment(arguments)
    if moment is None:
        return arguments.get("onNull") if isinstance(arguments, Mapping) else None
    form = arguments.get("format") if isinstance(arguments, Mapping) else None
    if not isinstance(form, str):
        return iso(moment)
    # %L is MongoDB's own word; %Y must have four digits, which strftime leaves out for early years.
    text = form.replace("%L", f"{moment.microsecond // 1000:03}").replace("%Y", f"{moment.year:04}")
    return moment.strftime(text)


def _from_text(arguments: Mapping[str, Any]) -> Any:
    text = arguments.get("dateString")
    return parse_iso(text) if isinstance(text, str) else arguments.get("onNull")


def _from_parts(arguments: Mapping[str, Any]) -> datetime:
    numbers = [int(arguments.get(key, start)) for key, start in _PARTS]
    try:
        return datetime(*numbers[:6]) + timedelta(milliseconds=numbers[6])  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        raise Refused("$dateFromParts: values out of range")


_PARTS = (("year", 1970), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0), ("millisecond", 0))


def _truncated(arguments: Mapping[str, Any]) -> Any:
    moment, unit = _moment(arguments), arguments.get("unit")
    if moment is None:
        return None
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "year":
            return day.replace(month=1, day=1)
        case "month":
            return day.replace(day=1)
        case "week":
            return day - timedelta(days=(day.weekday() + 1) % 7)
        case "day":
            return day
        case "hour" | "minute" | "second":
            length = _LENGTHS[unit]
            return day + timedelta(seconds=(moment - day).total_seconds() // length * length)
    raise Refused(f"unknown time unit value: {unit}")


def _moved(sign: int) -> Callable[[Mapping[str, Any]], Any]:
    def call(arguments: Mapping[str, Any]) -> Any:
        moment = _moment({"date": arguments.get("startDate", MISSING)})
        length = _LENGTHS.get(str(arguments.get("unit")))
        if length is None:
            raise Refused(f"unknown time unit value: {arguments.get('unit')}")
        return None if moment is None else moment + sign * timedelta(seconds=length * arguments["amount"])

    return call


def _between(arguments: Mapping[str, Any]) -> Any:
    start, end = (_moment({"date": arguments.get(key, MISSING)}) for key in ("startDate", "endDate"))
    length = _LENGTHS.get(str(arguments.get("unit")))
    if length is None:
        raise Refused(f"unknown time unit value: {arguments.get('unit')}")
    return None if start is None or end is None else int((end - start).total_seconds() // length)


DATE_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "$year": _part(lambda moment: moment.year),
    "$month": _part(lambda moment: moment.month),
    "$dayOfMonth": _part(lambda moment: moment.day),
    "$dayOfWeek": _part(lambda moment: (moment.weekday() + 1) % 7 + 1),
    "$dayOfYear": _part(lambda moment: moment.timetuple().tm_yday),
    "$hour": _part(lambda moment: moment.hour),
    "$minute": _part(lambda moment: moment.minute),
    "$second": _part(lambda moment: moment.second),
    "$millisecond": _part(lambda moment: moment.microsecond // 1000),
    "$week": _part(lambda moment: int(moment.strftime("%U"))),
    "$isoWeek": _part(lambda moment: moment.isocalendar().week),
    "$isoWeekYear": _part(lambda moment: moment.isocalendar().year),
    "$isoDayOfWeek": _part(lambda moment: moment.isoweekday()),
    "$dateToString": _to_text,
    "$dateFromString": _from_text,
    "$dateFromParts": _from_parts,
    "$dateTrunc": _truncated,
    "$dateAdd": _moved(1),
    "$dateSubtract": _moved(-1),
    "$dateDiff": _between,
}
