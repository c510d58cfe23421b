"""multipart/form-data as parameters of a cloud function: texts, and files as {"filename", "contentType", "data": bytes}."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from parse_shim.errors import TransportError
from parse_shim.web.bodies import MANY_FIELDS


def read_multipart(data: bytes, content_type: str) -> dict[str, Any]:
    """Name -> text or file; of a name sent twice the last one counts. Raises TransportError 400."""
    kind, options = parse_options_header(content_type)
    parser = FormDataParser(_in_memory, None, max_form_parts=MANY_FIELDS, silent=False)
    try:
        _, form, files = parser.parse(BytesIO(data), kind, len(data), options)
    except RequestEntityTooLarge:
        raise TransportError(413, "too many parameters")
    except ValueError:
        raise TransportError(400, "Malformed multipart body")
    found: dict[str, Any] = {name: values[-1] for name, values in form.lists()}
    for name, parts in files.lists():
        part = parts[-1]
        found[name] = {"filename": part.filename, "contentType": part.mimetype, "data": part.stream.read()}
    return found


def _in_memory(*args: Any, **kwargs: Any) -> BytesIO:
    """The body is in memory already, and its size is limited."""
    return BytesIO()
