"""Which side of a call a connection is, by the connection data that we signed into its token."""

from __future__ import annotations

import json

from cloud.calls import CALLER, RECEIVER, Call


def data_of(person: str, side: str) -> dict[str, str]:
    """What goes into a token: ids only, since every participant sees it."""
    return {"userID": person, "side": side}


def side_by_data(call: Call, data: str) -> str:
    """caller or receiver; empty for data that no token of this call has."""
    try:
        claimed = json.loads(data)
    except ValueError:
        return ""
    for person, side in ((call.caller, CALLER), (call.receiver, RECEIVER)):
        if claimed == data_of(person, side):
            return side
    return ""
