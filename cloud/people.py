"""Who asks, and how people are called."""

from __future__ import annotations

from typing import Any

from cloud.options import options
from parse_shim import Code, ParseError, Query

TITLE_LENGTH = 100


def asker(request: Any) -> str | None:
    """The id of the user who asks; None for the master key and for clients without a session."""
    return request.user.id if request.user is not None else None


def check_identity(request: Any, person: str) -> None:
    """Nobody acts in another's name. In open mode a client without a session is believed. Raises ParseError 119."""
    if request.master or (request.user is None and options().access == "open"):
        return
    if asker(request) != person:
        raise ParseError(Code.OPERATION_FORBIDDEN, "You can act in your own name only.")


def title_of(person: str) -> str:
    """What the person is called in ActiveUsers."""
    row = Query("ActiveUsers").equal_to("userID", person).descending("updatedAt").first(use_master_key=True)
    return (row.get("userTitle") if row else None) or "Unknown"
