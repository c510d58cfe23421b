"""Files that lie encrypted: a wrapper around any store, for the option `fileKey`.

Layout of parse-server's GridFS adapter, so that files written by either server are read by the other: AES-256-GCM ciphertext,
16 bytes of nonce, 16 bytes of tag; the key is the first 32 characters of base64(sha256(fileKey)). Source: contract/11, section 4.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from parse_shim.errors import Code, ParseError
from parse_shim.rest.file_store import FileStore

NONCE_BYTES = 16
TAG_BYTES = 16


class EncryptedFiles:
    """Sizes and ranges are those of the plain text; a range decrypts the whole file, since the tag vouches only for all of it."""

    def __init__(self, store: FileStore, file_key: str) -> None:
        self.inner = self._store = store
        self._cipher = AESGCM(base64.b64encode(hashlib.sha256(file_key.encode()).digest())[:32])

    def put(self, name: str, data: bytes, metadata: Mapping[str, Any]) -> None:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, data, None)
        self._store.put(name, sealed[:-TAG_BYTES] + nonce + sealed[-TAG_BYTES:], metadata)

    def size(self, name: str) -> int | None:
        stored = self._store.size(name)
        return None if stored is None else max(0, stored - NONCE_BYTES - TAG_BYTES)

    def read(self, name: str, start: int, end: int) -> bytes:
        """Raises ParseError 601 for a file that was stored under another key, or under none."""
        stored = self._store.size(name)
        if stored is None:
            return b""
        sealed = self._store.read(name, 0, stored)
        text, nonce, tag = sealed[: -NONCE_BYTES - TAG_BYTES], sealed[-NONCE_BYTES - TAG_BYTES : -TAG_BYTES], sealed[-TAG_BYTES:]
        try:
            return self._cipher.decrypt(nonce, text + tag, None)[start:end]
        except (InvalidTag, ValueError) as error:
            raise ParseError(Code.FILE_READ_ERROR, "The file was not stored with the present fileKey.") from error

    def metadata(self, name: str) -> dict[str, Any] | None:
        return self._store.metadata(name)

    def delete(self, name: str) -> bool:
        return self._store.delete(name)

    def clear(self) -> None:
        self._store.clear()
