"""Files in GridFS as parse-server keeps them (contract/11, section 4): bucket `fs`, found by name, the newest upload wins.

With a file key the content is AES-256-GCM: ciphertext, 16 bytes of IV, 16 bytes of tag. Such a file is decrypted as a whole, so that a
range of it is a range of the content (parse-server answers a range of the ciphertext).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from gridfs import GridFSBucket, GridOut
from gridfs.errors import NoFile

from parse_shim.errors import Code, Refused
from parse_shim.storage.mongo.connection import Connection
from parse_shim.storage.mongo.errors import translated
from parse_shim.storage.mongo.values import from_bson, to_bson

CHUNK_BYTES = 261_120
_IV_BYTES = 16
_TAG_BYTES = 16


class MongoFiles:
    """The FileStore of rest/file_store.py. `put` writes the chunks first: a file is found only when it is whole."""

    def __init__(self, connection: Connection, file_key: str | None = None) -> None:
        self._connection = connection
        self._cipher = AESGCM(cipher_key(file_key)) if file_key else None

    def put(self, name: str, data: bytes, metadata: Mapping[str, Any]) -> None:
        with translated():
            self._bucket().upload_from_stream(name, self._sealed(data), metadata=to_bson(dict(metadata)))

    def size(self, name: str) -> int | None:
        with translated():
            found = self._newest(name)
            if found is None:
                return None
            return found.length - (_IV_BYTES + _TAG_BYTES if self._cipher else 0)

    def read(self, name: str, start: int, end: int) -> bytes:
        with translated():
            found = self._newest(name)
            if found is None:
                return b""
            if self._cipher:
                return self._opened(found.read())[start:end]
            found.seek(min(start, found.length))
            return found.read(max(0, end - start)) if end > start else b""

    def metadata(self, name: str) -> dict[str, Any] | None:
        with translated():
            found = self._newest(name)
            return None if found is None else from_bson(dict(found.metadata or {}))

    def delete(self, name: str) -> bool:
        with translated():
            bucket = self._bucket()
            ids = [one._id for one in bucket.find({"filename": name})]
            for one in ids:
                try:
                    bucket.delete(one)
                except NoFile:
                    continue
            return bool(ids)

    def clear(self) -> None:
        """Remove everything."""
        with translated():
            database = self._connection.database
            for collection in ("fs.files", "fs.chunks"):
                database[collection].delete_many({})

    def _bucket(self) -> GridFSBucket:
        return GridFSBucket(self._connection.database, "fs", CHUNK_BYTES)

    def _newest(self, name: str) -> GridOut | None:
        try:
            return self._bucket().open_download_stream_by_name(name)
        except NoFile:
            return None

    def _sealed(self, data: bytes) -> bytes:
        if self._cipher is None:
            return data
        iv = secrets.token_bytes(_IV_BYTES)
        sealed = self._cipher.encrypt(iv, data, None)
        return sealed[:-_TAG_BYTES] + iv + sealed[-_TAG_BYTES:]

    def _opened(self, stored: bytes) -> bytes:
        assert self._cipher is not None
        edge = _IV_BYTES + _TAG_BYTES
        try:
            return self._cipher.decrypt(stored[-edge:-_TAG_BYTES], stored[:-edge] + stored[-_TAG_BYTES:], None)
        except (InvalidTag, ValueError) as error:
            raise Refused("The file was stored with another key.", Code.FILE_READ_ERROR) from error


def cipher_key(file_key: str) -> bytes:
    """The first 32 characters of base64(sha256(key))."""
    return base64.b64encode(hashlib.sha256(file_key.encode()).digest())[:32]
