"""Empty arrays that stand for empty objects: PHP clients cannot tell the two apart, and the Parse SDK for PHP sends `[]`."""

from __future__ import annotations

from parse_shim.values.types import Json


def as_object(value: Json) -> Json:
    """`value`, or {} for an empty list. For places where only an object makes sense."""
    return {} if value == [] else value
