"""Who sees the OpenTok values of a call: its two people. Others see that there is a call, and cannot search by the values.

Not class-level protectedFields: those forbid a search by sessionID even to the owner, and the tutorial's client finds
its own row by nothing else.
"""

from __future__ import annotations

from typing import Any

from cloud.options import options
from cloud.people import asker
from parse_shim import Object, Query, cloud

SECRETS = ("sessionID", "publisherToken", "subscriberToken")
PEOPLE = ("callerID", "receiverID")
ADDED = "fieldsReadForMasking"


def restrict_search(request: Any) -> None:
    """A search or order that touches the values finds own calls only."""
    if options().access == "open" or request.master:
        return
    query = request.query
    if any(query.mentions(name) for name in SECRETS):
        me = asker(request)
        if me is None:
            query.contained_in("objectId", [])
        else:
            query.also(own_calls(me))
    read_people(request)


def own_calls(person: str) -> Query[Any]:
    calls = Query("ActiveSessions")
    return Query.any_of(calls.equal_to("callerID", person), Query("ActiveSessions").equal_to("receiverID", person))


def read_people(request: Any) -> None:
    """Whose call it is must be read to be known, also when the client did not ask for it."""
    query = request.query
    added = [name for name in PEOPLE if not query.reads(name)]
    if added:
        if query.selected is not None:
            query.select(*added)
        query.excluded = tuple(name for name in query.excluded if name not in added)
        request.context[ADDED] = added


def hide_secrets(request: Any) -> None:
    """Take the values out of other people's calls."""
    if options().access == "open" or request.master:
        return
    me = asker(request)
    added = request.context.get(ADDED) or ()
    for row in request.objects:
        if not is_own(row, me):
            for name in SECRETS:
                if name in row:
                    row.unset(name)
        for name in added:
            if name in row:
                row.unset(name)


def is_own(row: Object, person: str | None) -> bool:
    return person is not None and person in (row.get("callerID"), row.get("receiverID"))


@cloud.before_subscribe("ActiveSessions")
def restrict_subscription(request: Any) -> None:
    """As a search: events tell by their coming that a condition holds."""
    if options().access == "open" or request.master:
        return
    me = asker(request)
    if any(request.query.mentions(name) for name in SECRETS):
        request.query.also(own_calls(me)) if me is not None else request.query.contained_in("objectId", [])


@cloud.after_live_query_event("ActiveSessions")
def hide_in_event(request: Any) -> None:
    """The values go to the two people of the call only."""
    if options().access == "open" or request.master:
        return
    for row in (request.object, request.original):
        if row is not None and not is_own(row, asker(request)):
            for name in SECRETS:
                if name in row:
                    row.unset(name)
