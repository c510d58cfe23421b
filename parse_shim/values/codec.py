"""JSON values to Values and back (contract/01, sections 6 and 7). On the path of every request: written for speed.

A column is decoded by its `__type`; inside Objects and Arrays only Date, Pointer and Bytes become Python values,
everything else stays a plain dict. `encode` undoes both.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.values import jsontext
from parse_shim.values.dates import from_ms, iso, naive, parse_iso, to_ms
from parse_shim.values.geo import ring
from parse_shim.values.jsontext import loads
from parse_shim.values.jstext import js_text
from parse_shim.values.types import MISSING, Doc, File, GeoPoint, Included, Json, Pointer, Polygon, Relation, Value

FileUrl = Callable[[str], str]
_LARGEST_EXACT = 2**53


def number(value: float) -> int | float | None:
    """The number as JavaScript would hold and print it: whole doubles are ints, NaN and infinity None, -0 is 0."""
    if type(value) is int:
        if -_LARGEST_EXACT <= value <= _LARGEST_EXACT:
            return value
        try:
            value = float(value)
        except OverflowError:  # beyond any double
            return None
    if value.is_integer():
        return int(value) if -9.2e18 < value < 9.2e18 else float(value)
    return value if isfinite(value) else None


# -- JSON to Value -----------------------------------------------------------------------------------------------------


def decode_column(value: Json) -> Value:
    """The value of a column. Operations (`__op`) are not handled here.

    Raises ParseError 111 `This is not a valid T` for a `__type` that is unknown or lacks its part.
    """
    kind = type(value)
    if kind is dict:
        tag = value.get("__type")
        if tag:
            decoder = _COLUMN.get(tag) if type(tag) is str else None
            if decoder is None:
                raise _invalid(tag)
            return decoder(value)
        return {key: item if type(item) in _PLAIN else decode_nested(item) for key, item in value.items()}
    if kind in _PLAIN:
        return value  # type: ignore[no-any-return]
    return decode_nested(value)


def decode_nested(value: Json) -> Value:
    """A value inside an Object or Array, or a parameter of a cloud function."""
    kind = type(value)
    if kind in _PLAIN:
        return value  # type: ignore[no-any-return]
    if kind is dict:
        tag = value.get("__type")
        if type(tag) is str and tag in _NESTED:
            found = _NESTED[tag](value)
            if found is not MISSING:
                return found  # type: ignore[no-any-return]
        return {key: item if type(item) in _PLAIN else decode_nested(item) for key, item in value.items()}
    if kind is list:
        return [item if type(item) in _PLAIN else decode_nested(item) for item in value]
    if kind is int or kind is float:
        return number(value)
    return value  # type: ignore[no-any-return]


_PLAIN = frozenset((str, bool, type(None)))


def _invalid(tag: Json) -> ParseError:
    return ParseError(Code.INCORRECT_TYPE, f"This is not a valid {js_text(tag)}")


def _date(value: Mapping[str, Json]) -> datetime:
    text = value.get("iso")
    if not text:
        raise _invalid("Date")
    return parse_iso(text)


def _pointer(value: Mapping[str, Json]) -> Pointer:
    name = value.get("className")
    if not name:
        raise _invalid("Pointer")
    object_id = value.get("objectId", MISSING)
    # MongoDB keeps `Class$id`; what follows a second $ is lost there, so it is lost everywhere
    return Pointer(js_text(name), (object_id if type(object_id) is str else js_text(object_id)).partition("$")[0])


def _geo_point(value: Mapping[str, Json]) -> GeoPoint:
    latitude, longitude = _degrees(value.get("latitude")), _degrees(value.get("longitude"))
    if latitude is None or longitude is None:
        raise _invalid("GeoPoint")
    return GeoPoint(latitude, longitude)


def _degrees(value: Json) -> int | float | None:
    """A coordinate. Texts and booleans count as JavaScript's Number() would have them; no range check (contract/01)."""
    if type(value) is bool:
        return int(value)
    if type(value) is str:
        try:
            return number(float(value)) if value.strip() and "_" not in value else None
        except ValueError:
            return None
    return number(value) if type(value) is int or type(value) is float else None


def _polygon(value: Mapping[str, Json]) -> Polygon:
    coordinates = value.get("coordinates")
    if not coordinates:
        raise _invalid("Polygon")
    try:
        return Polygon(ring(coordinates))
    except ValueError as error:
        raise ParseError(Code.INCORRECT_TYPE, f"This is not a valid Polygon: {error}")


def _bytes(value: Mapping[str, Json]) -> bytes:
    text = value.get("base64")
    if not text or type(text) is not str:
        raise _invalid("Bytes")
    return lenient_base64(text)


def lenient_base64(text: str) -> bytes:
    """Base64 as Node reads it: foreign characters skipped, URL letters known, padding optional."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        letters = re.sub(r"[^A-Za-z0-9+/]", "", text.partition("=")[0].replace("-", "+").replace("_", "/"))
        if len(letters) % 4 == 1:
            letters = letters[:-1]
        return base64.b64decode(letters + "=" * (-len(letters) % 4))


def _file(value: Mapping[str, Json]) -> File:
    name = value.get("name")
    if not name or type(name) is not str:
        raise _invalid("File")
    return File(name)


def _relation(value: Mapping[str, Json]) -> Relation:
    name = value.get("className")
    if not name or type(name) is not str:
        raise _invalid("Relation")
    return Relation(name)


_COLUMN: dict[str, Callable[[Mapping[str, Json]], Value]] = {
    "Date": _date,
    "Pointer": _pointer,
    "GeoPoint": _geo_point,
    "Polygon": _polygon,
    "Bytes": _bytes,
    "File": _file,
    "Relation": _relation,
}


def _nested_date(value: Mapping[str, Json]) -> Any:
    return parse_iso(value["iso"]) if value.get("iso") else MISSING


def _nested_pointer(value: Mapping[str, Json]) -> Any:
    name, object_id = value.get("className"), value.get("objectId")
    return Pointer(name, object_id) if name and type(name) is str and type(object_id) is str else MISSING


def _nested_bytes(value: Mapping[str, Json]) -> Any:
    text = value.get("base64")
    return lenient_base64(text) if type(text) is str else MISSING


_NESTED: dict[str, Callable[[Mapping[str, Json]], Any]] = {
    "Date": _nested_date,
    "Pointer": _nested_pointer,
    "Bytes": _nested_bytes,
}


# -- Value to JSON -----------------------------------------------------------------------------------------------------


def encode(value: Value | Included, *, file_url: FileUrl | None = None) -> Json:
    """REST form of a value at any depth. `file_url` makes a file's URL from its name; without it `url` is left out."""
    encoder = _ENCODERS.get(type(value))
    return value if encoder is None else encoder(value, file_url)


def encode_doc(
    doc: Mapping[str, Any],
    *,
    file_url: FileUrl | None = None,
    relations: Mapping[str, str] | None = None,
    internal: bool = False,
) -> dict[str, Json]:
    """An object for an answer: `createdAt` and `updatedAt` as plain strings, Relation columns added, `ACL` last.

    Keys that begin with `_` are dropped unless `internal`. Keys the doc lacks are not invented.
    """
    out: dict[str, Json] = {}
    if "objectId" in doc:
        out["objectId"] = doc["objectId"]
    for key, value in doc.items():
        if key in _BASE or (key[:1] == "_" and not internal):
            continue
        encoder = _ENCODERS.get(type(value))
        out[key] = value if encoder is None else encoder(value, file_url)
    if relations:
        for key, target in relations.items():
            out[key] = {"__type": "Relation", "className": target}
    for key in ("createdAt", "updatedAt"):
        if key in doc:
            moment = doc[key]
            out[key] = iso(moment) if isinstance(moment, datetime) else moment
    if "ACL" in doc:
        out["ACL"] = doc["ACL"]
    return out


_BASE = frozenset(("objectId", "createdAt", "updatedAt", "ACL"))


def dumps(value: Any) -> bytes:
    """JSON text of JSON or of Values (files without url)."""
    return jsontext.dumps(value, _default)


def _default(value: Any) -> Json:
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        raise TypeError(f"a {type(value).__name__} is not a Parse value")
    return encoder(value, None)


def _encode_dict(value: dict[str, Any], file_url: FileUrl | None) -> Json:
    get = _ENCODERS.get
    return {k: v if (e := get(type(v))) is None else e(v, file_url) for k, v in value.items()}


def _encode_list(value: list[Any], file_url: FileUrl | None) -> Json:
    get = _ENCODERS.get
    return [v if (e := get(type(v))) is None else e(v, file_url) for v in value]


def _encode_file(value: File, file_url: FileUrl | None) -> Json:
    url = file_url(value.name) if file_url else value.url
    return {"__type": "File", "name": value.name, "url": url} if url else {"__type": "File", "name": value.name}


def _encode_included(value: Included, file_url: FileUrl | None) -> Json:
    inner = encode_doc(value.doc, file_url=file_url, relations=value.relations)
    return {"__type": "Object", "className": value.class_name, **inner}


_ENCODERS: dict[type, Callable[[Any, FileUrl | None], Json]] = {
    dict: _encode_dict,
    list: _encode_list,
    tuple: _encode_list,
    float: lambda v, _: number(v),
    datetime: lambda v, _: {"__type": "Date", "iso": iso(v)},
    Pointer: lambda v, _: {"__type": "Pointer", "className": v.class_name, "objectId": v.object_id},
    GeoPoint: lambda v, _: {"__type": "GeoPoint", "latitude": v.latitude, "longitude": v.longitude},
    bytes: lambda v, _: {"__type": "Bytes", "base64": base64.b64encode(v).decode("ascii")},
    Polygon: lambda v, _: {"__type": "Polygon", "coordinates": [list(point) for point in v.coordinates]},
    Relation: lambda v, _: {"__type": "Relation", "className": v.class_name},
    File: _encode_file,
    Included: _encode_included,
}

__all__ = [
    "decode_column", "decode_nested", "number", "lenient_base64", "encode", "encode_doc", "dumps", "loads",
    "iso", "naive", "parse_iso", "from_ms", "to_ms", "Doc",
]  # fmt: skip
