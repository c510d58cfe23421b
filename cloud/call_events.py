"""What can happen to a call, whoever tells of it: a client's request, the video service, or the clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deleted:
    """The row was deleted. `by`: caller, receiver, `master`, or empty for a client that did not say who it is."""

    by: str


@dataclass(frozen=True, slots=True)
class Polled:
    """The receiver looks for calls: it is idle."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A client connected at `at`, by the video service's clock."""

    connection: str
    side: str
    at: float


@dataclass(frozen=True, slots=True)
class Left:
    """A client's connection ended. `clean`: not by loss of the network."""

    connection: str
    side: str
    at: float
    clean: bool = True


@dataclass(frozen=True, slots=True)
class Destroyed:
    """Nobody uses the video session any more."""

    at: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What the video service answered when asked. None: it could not say."""

    connections: int | None
    streams: int | None


@dataclass(frozen=True, slots=True)
class Unseen:
    """The video service did not answer."""


@dataclass(frozen=True, slots=True)
class Due:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receiver's client says that its user said yes."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The client of `side` says that the call is over for it."""

    side: str


@dataclass(frozen=True, slots=True)
class Withdrew:
    """The caller is not on line any more."""


@dataclass(frozen=True, slots=True)
class Displaced:
    """Another call of one of the two took its place."""


@dataclass(frozen=True, slots=True)
class Done:
    """These things were done."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """This thing could not be done now."""

    word: str


Event = (
    Deleted
    | Polled
    | Joined
    | Left
    | Destroyed
    | Seen
    | Unseen
    | Due
    | Accepted
    | HungUp
    | Withdrew
    | Displaced
    | Done
    | Failed
)
