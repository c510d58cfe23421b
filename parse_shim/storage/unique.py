"""Which values no two objects may share, for the engines that keep such a list themselves (memory, SQLite).

MongoDB has unique indexes for the same purpose (storage/mongo/indexes.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from parse_shim.values.types import Doc

_EXACT: Mapping[str, tuple[str, ...]] = {
    "_Role": ("name",),
    "_Idempotency": ("reqId",),
    "_Installation": ("installationId",),
}
_FOLDED: Mapping[str, tuple[str, ...]] = {"_User": ("username", "email")}

CLASSES_WITH_KEYS = frozenset(_EXACT) | frozenset(_FOLDED)


def fold(text: str) -> str:
    """Text by which user names and e-mail addresses are compared: without regard to case, accents kept."""
    return text.lower()


def unique_key(class_name: str, path: str, value: object) -> str | None:
    """The key under which an object of the class holds `value` at `path`; None where values are not unique."""
    if path in _EXACT.get(class_name, ()):
        return value if isinstance(value, str) else None
    if path in _FOLDED.get(class_name, ()):
        return fold(value) if isinstance(value, str) else None
    if class_name == "_User" and path.startswith("authData.") and path.endswith(".id") and path.count(".") == 2:
        return _identity(value)
    return None


def unique_keys(class_name: str, doc: Doc) -> dict[str, str]:
    """Wire path -> text that is unique within the class. Values that are no text do not count: null names may repeat."""
    keys: dict[str, str] = {}
    for name in _EXACT.get(class_name, ()):
        if isinstance(value := doc.get(name), str):
            keys[name] = value
    for name in _FOLDED.get(class_name, ()):
        if isinstance(value := doc.get(name), str):
            keys[name] = fold(value)
    if class_name == "_User" and isinstance(providers := doc.get("authData"), dict):
        keys |= _identities(providers)
    return keys


def _identities(providers: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for provider, data in providers.items():
        key = _identity(data.get("id")) if isinstance(data, Mapping) else None
        if key is not None:
            found[f"authData.{provider}.id"] = key
    return found


def _identity(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # 5 and "5" are two identities
        return f"\x00{value}"
    return None
