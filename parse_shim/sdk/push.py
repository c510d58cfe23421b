"""Push notifications from cloud code: `Push.send({"where": {...}, "data": {"alert": "hi"}})`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from parse_shim.sdk.convert import naive
from parse_shim.sdk.pending import perform
from parse_shim.sdk.query import Query
from parse_shim.sdk.session import current
from parse_shim.values.dates import iso


class Push:
    """Sent with the master key, which is the only one that may."""

    @staticmethod
    def send(
        data: Mapping[str, Any],
        *,
        where: Query[Any] | Mapping[str, Any] | None = None,
        channels: Iterable[str] | None = None,
        push_time: datetime | None = None,
        expiration_time: datetime | None = None,
        expiration_interval: int | None = None,
        use_master_key: bool = True,
    ) -> str:
        """Send `data` to installations that `where` finds or that listen to `channels`; the id of its _PushStatus.

        `data` may be the whole body of a push request too (then it holds a key `data`). Times: aware, or naive in UTC;
        `expiration_interval` in seconds. `use_master_key` may be said, as other SDKs want it, and always holds. Raises
        ParseError 115.
        """
        body: dict[str, Any] = dict(data) if "data" in data else {"data": dict(data)}
        if where is not None:
            body["where"] = where.to_json()["where"] if isinstance(where, Query) else dict(where)
        if channels is not None:
            body["channels"] = list(channels)
        for name, moment in (("push_time", push_time), ("expiration_time", expiration_time)):
            if moment is not None:
                body[name] = iso(naive(moment))
        if expiration_interval is not None:
            body["expiration_interval"] = expiration_interval
        return perform(lambda: current().send_push(body))
