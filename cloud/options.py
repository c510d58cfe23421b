"""The settings of LiveSessions, read from the environment once. Source of the names: README, "LiveSessions and OpenTok settings"."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

CHOICES = {
    "LIVESESSIONS_ROLES": ("literal", "two-way"),
    "LIVESESSIONS_ACCESS": ("masked", "participants", "open"),
    "LIVESESSIONS_RECEIVER": ("user", "any", "online"),
    "LIVESESSIONS_CALLBACKS": ("auto", "on", "off"),
}
"""The first of each is the default."""


@dataclass(frozen=True, slots=True)
class Options:
    """`roles`: what subscriberToken may do (`two-way`: publish too). `access`: who sees and writes calls.
    `receiver`: what receiverID must be. `callbacks`: does the video service tell who comes and goes (`auto`: once it has).
    `page`: /livesessions/ is served.

    Times in seconds. `ring`: how long a call rings. `presence`: how long a person counts as here without a sign of life.
    `grace`: how long one side may be cut off. `max_call`: how long a call may last."""

    roles: str = "literal"
    access: str = "masked"
    receiver: str = "user"
    callbacks: str = "auto"
    page: bool = False
    ring_seconds: float = 60
    presence_seconds: float = 30
    grace_seconds: float = 20
    max_call_seconds: float = 14400


def read(env: Mapping[str, str]) -> Options:
    """Raises ValueError with one line that names the setting."""
    chosen = {name: env.get(name) or values[0] for name, values in CHOICES.items()}
    for name, value in chosen.items():
        if value not in CHOICES[name]:
            raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}, not {value!r}")
    return Options(
        roles=chosen["LIVESESSIONS_ROLES"],
        access=chosen["LIVESESSIONS_ACCESS"],
        receiver=chosen["LIVESESSIONS_RECEIVER"],
        callbacks=chosen["LIVESESSIONS_CALLBACKS"],
        page=env.get("LIVESESSIONS_PAGE", "").lower() in ("1", "true", "yes", "on"),
        ring_seconds=_seconds(env, "LIVESESSIONS_RING_SECONDS", 60),
        presence_seconds=_seconds(env, "LIVESESSIONS_PRESENCE_SECONDS", 30),
        grace_seconds=_seconds(env, "LIVESESSIONS_GRACE_SECONDS", 20),
        max_call_seconds=_seconds(env, "LIVESESSIONS_MAX_CALL_SECONDS", 14400),
    )


@cache
def _of_process() -> Options:
    return read(os.environ)


_chosen: Options | None = None


def options() -> Options:
    """Those of this process. Raises ValueError."""
    return _chosen or _of_process()


def use(chosen: Options | None) -> None:
    """For tests: these instead of the environment's; None brings those back."""
    global _chosen
    _chosen = chosen


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(env.get(name) or default)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be a number of seconds above 0, not {env[name]!r}")
    return value
