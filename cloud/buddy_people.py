"""BuddyPresence: who is here for BuddyTok's native form. The same engine as ActiveUsers (cloud/presence.py)."""

from __future__ import annotations

from typing import Any

from cloud import busy, presence
from cloud.people import TITLE_LENGTH, asker
from parse_shim import ACL, Code, Object, ParseError, Pointer, cloud

ONLINE, UNAVAILABLE = "online", "unavailable"


@cloud.before_save("BuddyPresence")
def check_buddy(request: Any) -> None:
    """Raises ParseError 119 for another's row, 142 without a name. Who waits for an answer or chats is not available,
    whatever the row says."""
    request.check_types()
    row = request.object
    if not request.master:
        claim(request, row)
    person = presence.BUDDIES.person(row)
    if not person:
        raise ParseError(Code.VALIDATION_ERROR, "user is missing")
    name = row.get("name")
    if not name or not name.strip() or len(name) > TITLE_LENGTH:
        raise ParseError(Code.VALIDATION_ERROR, f"name must have 1 to {TITLE_LENGTH} characters")
    row["lastSeen"] = presence.moment()
    if busy.holder(person):
        row["status"] = UNAVAILABLE
    elif row.get("status") is None or request.master:
        row["status"] = ONLINE
    if request.original is None:
        row.acl = rights_of(person)


def claim(request: Any, row: Object) -> None:
    """The row is the asker's, now and before. Raises ParseError 119."""
    me = asker(request)
    if me is None:
        raise ParseError(Code.OPERATION_FORBIDDEN, "You can act in your own name only.")
    if row.get("user") is None:
        row["user"] = Pointer("_User", me)
    owners = {presence.BUDDIES.person(row)} | ({presence.BUDDIES.person(request.original)} if request.original else set())
    if owners != {me}:
        raise ParseError(Code.OPERATION_FORBIDDEN, "You can act in your own name only.")
    if request.original is not None and row.dirty("ACL"):
        row.revert("ACL")


def rights_of(person: str) -> ACL:
    acl = ACL()
    acl.public_read = True
    acl.set_read_access(person, True)
    acl.set_write_access(person, True)
    return acl


@cloud.after_save("BuddyPresence")
def keep_one_row(request: Any) -> None:
    presence.remove_older_rows(request.object, presence.BUDDIES)


@cloud.before_find("BuddyPresence")
def search_buddies(request: Any) -> None:
    presence.show_only_present(request, presence.BUDDIES)


def show_status(*people: str) -> None:
    """Their rows say again whether they are available."""
    for person in people:
        for row in presence.BUDDIES.rows_of(person):
            presence.seen(row)
