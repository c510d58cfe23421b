"""/push_audiences: saved recipients of pushes; `query` is text in the row and an object in answers (contract/11, section 7.1)."""

from __future__ import annotations

from typing import Any

from parse_shim.errors import TransportError
from parse_shim.rest.core import Context
from parse_shim.rest.find_params import EVERY, FindParams
from parse_shim.rest.read import find, get
from parse_shim.rest.reading import Found
from parse_shim.values.jsontext import loads

AUDIENCE = "_Audience"


def find_audiences(ctx: Context, params: FindParams = EVERY) -> Found:
    found = find(ctx, AUDIENCE, params)
    found.results = [_opened(doc) for doc in found.results]
    return found


def get_audience(ctx: Context, object_id: str) -> Found:
    """Raises ObjectNotFound."""
    found = get(ctx, AUDIENCE, object_id)
    found.results = [_opened(doc) for doc in found.results]
    return found


def _opened(doc: dict[str, Any]) -> dict[str, Any]:
    """Text that is no JSON stays text: the peer's list fails on it for good."""
    try:
        return {**doc, "query": loads(doc["query"])} if isinstance(doc.get("query"), str) else doc
    except TransportError:
        return doc
