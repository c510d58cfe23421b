"""update_if: store an Object's changes only if nobody else changed it meanwhile; for cloud code that counts on what it read."""

from __future__ import annotations

from typing import Any

from parse_shim.query.ast import And, Eq
from parse_shim.sdk.convert import stored
from parse_shim.sdk.object import Object
from parse_shim.sdk.pending import perform
from parse_shim.sdk.session import As, current


def update_if(item: Object, **expected: Any) -> bool:
    """Save what is pending on the stored `item`, with the master key, if its fields are `expected` in the store right then.

    False: they are not, or it is gone; nothing is stored. One atomic write, however many workers and machines try.
    Raises ParseError as a save does.
    """
    condition = And(tuple(Eq(name, stored(value)) for name, value in expected.items()))
    return perform(lambda: _update(item, condition))


def _update(item: Object, condition: And) -> bool:
    result = current().update_if(item.class_name, str(item.id), item.changes(), condition, As(use_master_key=True))
    if result is None:
        return False
    item._stored(result)
    return True
