"""Between what is stored (values/types.py) and what cloud code holds: pointers are Objects, dates know their zone, ACLs have verbs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from parse_shim.errors import ScriptFailed
from parse_shim.sdk.acl import ACL
from parse_shim.sdk.file import File
from parse_shim.values import types
from parse_shim.values.codec import number
from parse_shim.values.types import Value

if TYPE_CHECKING:
    from parse_shim.sdk.object import Object

PLAIN = frozenset((str, bool, int, type(None), bytes, types.GeoPoint, types.Polygon))
"""Types that are the same on both sides."""


def handed(value: Any) -> Any:
    """A stored value as cloud code gets it. Containers are new: changing one does not change the stored one."""
    kind = type(value)
    if kind in PLAIN or kind is float:
        return value
    if kind is datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value
    if kind is list:
        return [handed(item) for item in value]
    if kind is dict:
        return {key: handed(item) for key, item in value.items()}
    if kind is types.Pointer:
        return _objects().reference(value.class_name, value.object_id)
    if kind is types.Included:
        return _objects().from_doc(value.class_name, value.doc)
    if kind is types.File:
        return File.stored(value.name, value.url)
    return value


def stored(value: Any, *, strict: bool = True) -> Value | Any:
    """A value of cloud code as it is stored. `strict` refuses unsaved Objects and Files; else they stay in their place.

    Raises ScriptFailed (141) for what cannot be stored.
    """
    kind = type(value)
    if kind is int or kind is float:
        return number(value)
    if kind in PLAIN:
        return value
    if kind is datetime:
        return naive(value)
    if isinstance(value, list | tuple):
        return [stored(item, strict=strict) for item in value]
    if isinstance(value, Mapping):
        return {_key(key): stored(item, strict=strict) for key, item in value.items()}
    if isinstance(value, ACL):
        return value.to_json()
    if isinstance(value, File):
        return _stored_file(value, strict)
    if isinstance(value, types.File | types.Pointer | types.Relation):
        return value
    if isinstance(value, types.Included):
        return types.Pointer(value.class_name, value.doc["objectId"])
    if isinstance(value, _objects()):
        return _pointer(value, strict)
    return _subclass(value)


def answered(value: Any) -> Any:
    """A value on its way to a client: as `stored`, but an Object that was read, and has no pending changes, is shown whole."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, list | tuple):
        return [answered(item) for item in value]
    if isinstance(value, Mapping):
        return {_key(key): answered(item) for key, item in value.items()}
    if isinstance(value, types.Included):
        return value
    if isinstance(value, _objects()) and value.is_whole():
        return types.Included(value.class_name, value.to_answer())
    return stored(value)


def naive(value: datetime) -> datetime:
    """UTC without a zone, whole milliseconds; a datetime without a zone is taken as UTC."""
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def _stored_file(file: File, strict: bool) -> Any:
    if file.is_saved:
        return types.File(file.name)
    if strict:
        raise ScriptFailed(f"Cannot store the file {file.name}: it is not saved yet")
    return file


def _pointer(value: Object, strict: bool) -> Any:
    if value.id is not None:
        return types.Pointer(value.class_name, value.id)
    if strict:
        raise ScriptFailed(f"Cannot point to an unsaved {value.class_name} object: save it first")
    return value


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ScriptFailed(f"Keys of a stored object are texts, not {type(key).__name__}")
    return key


def _subclass(value: Any) -> Value:
    """Enums of text or number and the like pass as what they are made of."""
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return stored(plain(value))
    raise ScriptFailed(f"A {type(value).__name__} cannot be stored")


def _objects() -> type[Object]:
    from parse_shim.sdk.object import Object  # the two files need each other: an Object holds values that are Objects

    return Object
