"""Who sees the OpenTok values of a call: its two people. Others see that there is a call, and cannot search by the values.

Not class-level protectedFields: those forbid a search by sessionID even to the owner, and the tutorial's client finds
its own row by nothing else.
"""

from __future__ import annotations

from typing import Any

from cloud.options import options
from parse_shim import Query

SECRETS = ("sessionID", "publisherToken", "subscriberToken")


def restrict_search(request: Any) -> None:
    """A search or order that touches the values finds own calls only."""
    if options().access == "open" or request.master:
        return
    query = request.query
    if not any(query.mentions(name) for name in SECRETS):
        return
    if request.user is None:
        query.contained_in("objectId", [])
        return
    me = request.user.id
    own = Query.or_(Query("ActiveSessions").equal_to("callerID", me), Query("ActiveSessions").equal_to("receiverID", me))
    query.also(own)


def hide_secrets(request: Any) -> None:
    """Take the values out of other people's calls."""
    if options().access == "open" or request.master:
        return
    me = request.user.id if request.user is not None else None
    for row in request.objects:
        if me is None or me not in (row.get("callerID"), row.get("receiverID")):
            for name in SECRETS:
                row.unset(name)
