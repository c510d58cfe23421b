"""What a cloud function may return besides its plain result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CloudResponse:
    """A result with an HTTP status and headers of its own: `return CloudResponse({"id": 1}, status=201)`.

    `CloudResponse(None)` answers `{"result": null}`, where returning nothing answers `{}`."""

    result: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
