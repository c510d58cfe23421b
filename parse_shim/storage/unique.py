"""Which values no two objects may share, for the engines that keep such a list themselves (memory, SQLite).

MongoDB has unique indexes for the same purpose (storage/mongo/indexes.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from parse_shim.values.types import Doc

_EXACT: Mapping[str, tuple[str, ...]] = {"_Role": ("name",), "_Idempotency": ("reqId",)}
_FOLDED: Mapping[str, tuple[str, ...]] = {"_User": ("username", "email")}

CLASSES_WITH_KEYS = frozenset(_EXACT) | frozenset(_FOLDED)


def fold(text: str) -> str:
    """Text by which user names and e-mail addresses are compared: without regard to case, accents kept."""
    return text.lower()


def key_paths(class_name: str) -> tuple[str, ...]:
    """Top-level fields whose values are unique; `authData.<provider>.id` of `_User` comes on top."""
    return _EXACT.get(class_name, ()) + _FOLDED.get(class_name, ())


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
        identity = data.get("id") if isinstance(data, Mapping) else None
        if isinstance(identity, str):
            found[f"authData.{provider}.id"] = identity
        elif isinstance(identity, (int, float)) and not isinstance(identity, bool):
            # A letter that no text key of a provider can be taken for: 5 and "5" are two identities.
            found[f"authData.{provider}.id"] = f"\x00{identity}"
    return found
