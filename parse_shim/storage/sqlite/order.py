"""ORDER BY, where SQL sorts as contract/02 has it; columns of mixed types are sorted by storage/arrange.py."""

from __future__ import annotations

from collections.abc import Iterable

from parse_shim.classes.model import ClassDef
from parse_shim.storage.sqlite.names import kind_of, path, scalar


def order_by(cls: ClassDef, order: Iterable[tuple[str, bool]]) -> str | None:
    """The list behind ORDER BY, ending with the row's number; None when SQL cannot sort so.

    NULL, which null and missing become, comes first in SQLite as in the contract.
    """
    terms = []
    for name, descending in order:
        text = scalar(cls, name)
        if text is None:
            return None
        if kind_of(cls, name) == "Pointer":
            text = f"(doc ->> {path(name, 'className')}) || '$' || ({text})"
        terms.append(f"{text} DESC" if descending else text)
    return ", ".join([*terms, "id"])
