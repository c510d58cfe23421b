"""One call at a time for everybody: a lock a person, both taken before anything else is done, both given back together."""

from __future__ import annotations

from typing import Protocol

from parse_shim import Code, Lock, ParseError

CALLER_BUSY = "You are already in a call; you are busy until it ends."
RECEIVER_BUSY = "The person you are calling is busy, please try again later."


class Engagement(Protocol):
    """What holds people: a call, a chat. `id` names it in their locks, `people` are those whom it holds now."""

    @property
    def id(self) -> str: ...
    @property
    def caller(self) -> str: ...
    @property
    def receiver(self) -> str: ...
    @property
    def people(self) -> tuple[str, ...]: ...


def mark(key: str, class_name: str = "LiveCallLock") -> Lock:
    return Lock(key, class_name=class_name)


def take(call: Engagement, seconds: float) -> None:
    """Its people belong to `call` for `seconds`. Raises ParseError 142 with a text for people; then none does."""
    for person in in_order(*call.people):
        if not mark(person).take(call.id, seconds):
            free(call)
            raise ParseError(Code.VALIDATION_ERROR, CALLER_BUSY if person == call.caller else RECEIVER_BUSY)


def hold(call: Engagement, seconds: float) -> bool:
    """Keep its people for `seconds` from now. False: one of them belongs to another by now."""
    return all(mark(person).take(call.id, max(seconds, 1.0)) for person in in_order(*call.people))


def free(call: Engagement) -> None:
    """Give back what `call` holds; locks of other calls stay."""
    for person in in_order(call.caller, call.receiver):
        mark(person).release(call.id)


def holder(person: str) -> str | None:
    """The id of what holds `person` now."""
    return mark(person).owner()


def in_order(*people: str) -> list[str]:
    """Sorted: two people who call each other at once cannot each get one half."""
    return sorted(set(people))
