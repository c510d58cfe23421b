"""Messages to the phones of people who may not be looking: a call rings, a call was missed. Never a token in them."""

from __future__ import annotations

from typing import Any

from cloud.calls import Call
from cloud.people import title_of
from parse_shim import Code, Object, ParseError, Pointer, Push, Query

QUIET = (Code.PUSH_MISCONFIGURED,)
"""A server without push, which is most of them while they are developed."""


def tell_of_call(row: Object) -> None:
    """To all devices of the receiver: somebody calls."""
    send(
        row["receiverID"],
        {
            "alert": f"Incoming call from {row.get('callerTitle') or 'Unknown'}",
            "sound": "default",
            "content-available": 1,
            "activeSession": row.id,
        },
    )


def tell_of_missed(call: Call) -> None:
    send(call.receiver, {"alert": f"Missed call from {title_of(call.caller)}", "sound": "default"})


def send(person: str, data: dict[str, Any]) -> None:
    """Nothing happens for people without a device, and on servers without push."""
    devices = devices_of(person)
    if not devices.count(use_master_key=True):
        return
    try:
        Push.send(data, where=devices)
    except ParseError as error:
        if error.code not in QUIET:
            raise


def devices_of(person: str) -> Query[Any]:
    """Installations that name the user, and those that the user's logins came from."""
    user = Pointer("_User", person)
    logins = Query("_Session").equal_to("user", user).exists("installationId").limit(100).find(use_master_key=True)
    # Installations are stored in lower case, logins as the client wrote it.
    ids = sorted({login["installationId"].lower() for login in logins})
    named = Query[Any]("_Installation").equal_to("user", user)
    return Query.any_of(named, Query("_Installation").contained_in("installationId", ids)) if ids else named
