"""One call at a time for everybody: a lock a person, both taken before anything else is done, both given back together."""

from __future__ import annotations

import json
from typing import NamedTuple

from parse_shim import Code, Lock, ParseError

CALLER_BUSY = "You are already in a call; you are busy until it ends."
RECEIVER_BUSY = "The person you are calling is busy, please try again later."


class Call(NamedTuple):
    """What a lock says of its call: the ActiveSessions row (it may be gone) and the two people."""

    row: str
    caller: str
    receiver: str

    @property
    def owner(self) -> str:
        """As the lock holds it."""
        return json.dumps(self)

    @property
    def people(self) -> list[str]:
        """Sorted: two people who call each other at once cannot each get one half."""
        return sorted({self.caller, self.receiver})


def lock(person: str) -> Lock:
    return Lock(person, class_name="LiveCallLock")


def take(call: Call, seconds: float) -> None:
    """Both people belong to `call` for `seconds`. Raises ParseError 142 with a text for people; then neither does."""
    for person in call.people:
        if not lock(person).take(call.owner, seconds):
            free(call)
            raise ParseError(Code.VALIDATION_ERROR, CALLER_BUSY if person == call.caller else RECEIVER_BUSY)


def free(call: Call) -> None:
    """Give back what `call` holds; locks of other calls stay."""
    for person in call.people:
        lock(person).release(call.owner)


def call_of(person: str) -> Call | None:
    """The call that holds `person` now."""
    owner = lock(person).owner()
    return Call(*json.loads(owner)) if owner else None
