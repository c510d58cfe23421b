"""The settings of LiveSessions, read from the environment once. Source of the names: README, "LiveSessions settings"."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

CHOICES = {
    "LIVESESSIONS_ROLES": ("literal", "two-way"),
    "LIVESESSIONS_ACCESS": ("masked", "participants", "open"),
    "LIVESESSIONS_RECEIVER": ("user", "any", "online"),
}
"""The first of each is the default."""


@dataclass(frozen=True, slots=True)
class Options:
    """`roles`: what subscriberToken may do (`two-way`: publish too). `access`: who sees and writes calls.
    `receiver`: what receiverID must be. `ring_seconds`: how long a call holds both people before it is answered."""

    roles: str
    access: str
    receiver: str
    ring_seconds: float


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
        ring_seconds=_seconds(env, "LIVESESSIONS_RING_SECONDS", 60),
    )


@cache
def options() -> Options:
    """Those of this process. Raises ValueError."""
    return read(os.environ)


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(env.get(name) or default)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise ValueError(f"{name} must be a number of seconds above 0, not {env[name]!r}")
    return value
