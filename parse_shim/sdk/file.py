"""A file in cloud code: `File("a.txt", b"...").save()`, or one that is stored already."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Self

from parse_shim.sdk.pending import perform
from parse_shim.sdk.session import As, current


class File:
    """`name` gets its prefix when the file is saved. `data`: bytes, or text (stored as UTF-8). `url` is None until it is saved."""

    def __init__(
        self,
        name: str,
        data: bytes | str | None = None,
        content_type: str | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.content_type = content_type
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.tags: dict[str, Any] = dict(tags or {})
        self.directory: str | None = None
        self._data = data.encode() if isinstance(data, str) else data
        self._url: str | None = None
        self._saved = False

    @classmethod
    def stored(cls, name: str, url: str | None = None, data: bytes | None = None) -> Self:
        """A file that is stored under `name`; the URL is made when it is asked for, `data` read unless it is at hand."""
        file = cls(name, data)
        file._saved = True
        file._url = url
        return file

    @classmethod
    def from_base64(cls, name: str, text: str, content_type: str | None = None) -> Self:
        return cls(name, base64.b64decode(text), content_type)

    @property
    def is_saved(self) -> bool:
        return self._saved

    @property
    def url(self) -> str | None:
        if self._url is None and self._saved:
            self._url = current().file_url(self.name)
        return self._url

    @property
    def data(self) -> bytes | None:
        """The bytes at hand: those given, or those read by `get_data`."""
        return self._data

    def save(self, *, use_master_key: bool = False, session_token: str | None = None) -> Self:
        """Store it; afterwards it has its full name and a url. Raises ParseError 130, 122 ..."""
        who = As(use_master_key, session_token)
        return perform(lambda: self._save(who))

    def get_data(self) -> bytes:
        """The bytes, read from the store when they are not at hand."""
        return perform(self._read)

    def destroy(self, *, use_master_key: bool = True) -> None:
        """Delete the stored file. Raises ParseError 153."""
        return perform(lambda: current().delete_file(self.name, As(use_master_key)))

    def to_json(self) -> dict[str, Any]:
        return {"__type": "File", "name": self.name, "url": self.url}

    def __repr__(self) -> str:
        return f"File({self.name!r})"

    def _save(self, who: As) -> Self:
        if not self._saved:
            metadata = {**self.metadata}
            self.name, self._url = current().save_file(self.name, self._data or b"", self.content_type, metadata, who)
            self._saved = True
        return self

    def _read(self) -> bytes:
        if self._data is None:
            self._data = current().read_file(self.name)
        return self._data
