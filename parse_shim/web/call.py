"""What a request becomes before any operation sees it, and what an operation gives back. Knows neither Flask nor WSGI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parse_shim.errors import TransportError
from parse_shim.rest.auth import Credentials
from parse_shim.values.codec import loads
from parse_shim.values.types import Json

QueryValue = str | list[str]


@dataclass(slots=True)
class Call:
    """One request, or one item of a batch.

    `segments`: the path below the mount, split at `/`, percent-decoded. `shown`: the path as sent, for 404 pages and logs.
    `query`: texts as sent; a name sent twice holds a list. `body`: the JSON object without credentials. `raw`: the bytes of
    a body that is no JSON (files, multipart). `cloud`: the cloud context of the caller.
    """

    method: str
    segments: tuple[str, ...]
    shown: str
    query: dict[str, QueryValue] = field(default_factory=dict)
    body: dict[str, Json] = field(default_factory=dict)
    raw: bytes = b""
    content_type: str = ""
    credentials: Credentials = field(default_factory=Credentials)
    headers: Mapping[str, str] = field(default_factory=dict)
    cloud: dict[str, Any] = field(default_factory=dict)
    ip: str | None = None
    base_url: str = ""
    request_id: str = ""
    server: Any = None
    """The web/server.Server that reads the call: a batch looks its items up in its routes."""

    def item(self, method: str, segments: tuple[str, ...], shown: str, body: dict[str, Json]) -> Call:
        """One item of this batch. `replace` would take 5 µs."""
        return Call(
            method,
            segments,
            shown,
            body=body,
            content_type=self.content_type,
            credentials=self.credentials,
            headers=self.headers,
            cloud=self.cloud,
            ip=self.ip,
            base_url=self.base_url,
            request_id=self.request_id,
            server=self.server,
        )

    def words(self) -> dict[str, Json]:
        """Parameters of a query: the body's, over them the query string's, read as JSON where they are JSON."""
        if not self.query:
            return self.body
        return {**self.body, **{name: _read(value) for name, value in self.query.items()}}

    def texts(self) -> dict[str, Json]:
        """The same with the query string's texts as they are (login, functions)."""
        return {**self.body, **self.query} if self.query else self.body


@dataclass(slots=True)
class Reply:
    """`body`: JSON or Values; bytes are sent as they are, with `content_type`."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"


def _read(value: QueryValue) -> Json:
    if isinstance(value, list):
        return value
    try:
        return loads(value)
    except TransportError:
        return value
