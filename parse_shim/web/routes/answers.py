"""What most handlers end with: results and written objects as replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim.rest.core import Context
from parse_shim.rest.reading import Found
from parse_shim.rest.write_state import Written
from parse_shim.values.codec import encode_doc
from parse_shim.values.types import Doc, Json
from parse_shim.web.call import Reply


def found_reply(ctx: Context, found: Found) -> Reply:
    """`{"results": [...]}`, with `count` where it was asked for; the plan instead when that was."""
    if found.plan is not None:
        return Reply({"results": found.plan})
    file_url, relations, internal = ctx.file_url, found.relations, found.internal
    results = found.json
    if results is None:
        results = [encode_doc(doc, file_url=file_url, relations=relations, internal=internal) for doc in found.results]
    body: dict[str, Any] = {"results": results}
    if found.count is not None:
        body["count"] = found.count
    return Reply(body)


def one_reply(ctx: Context, found: Found) -> Reply:
    """The object itself."""
    if found.json:
        return Reply(found.json[0])
    doc = found.results[0]
    return Reply(encode_doc(doc, file_url=ctx.file_url, relations=found.relations, internal=found.internal))


def doc_reply(ctx: Context, class_name: str, doc: Doc, status: int = 200) -> Reply:
    """An object of a class that did not come from a find."""
    return Reply(doc_json(ctx, class_name, doc), status)


def doc_json(ctx: Context, class_name: str, doc: Mapping[str, Any]) -> Json:
    relations = ctx.core.classes.get_or_empty(class_name).relations
    return encode_doc(doc, file_url=ctx.file_url, relations=relations)


def written_reply(ctx: Context, written: Written) -> Reply:
    """The answer to a create or update; a Location tells where what was created, or logged in, is."""
    body = written.replacement if written.replaced else encode_doc(written.body, file_url=ctx.file_url)
    reply = Reply(body, written.status)
    if written.status == 201 or written.located:
        reply.headers["Location"] = location(ctx, written.class_name, written.object_id)
    return reply


def location(ctx: Context, class_name: str, object_id: str) -> str:
    """Where the new object is. Ids are not percent-encoded (contract/00, section 3), except what a header cannot hold."""
    family = "users" if class_name == "_User" else f"classes/{class_name}"
    text = f"{ctx.public_url()}/{family}/{object_id}"
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"%{ord(c):02X}" for c in text).encode("utf-8", "replace").decode("latin-1")


def empty() -> Reply:
    return Reply({})
