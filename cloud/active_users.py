"""ActiveUsers: one row a person, in the person's own name, with a title that clients can show."""

from __future__ import annotations

from typing import Any

from cloud import call_store, presence
from cloud.call_events import Withdrew
from cloud.options import options
from cloud.people import TITLE_LENGTH, asker, check_identity
from parse_shim import ACL, Code, GeoPoint, Object, ParseError, cloud


@cloud.before_save("ActiveUsers")
def check_person(request: Any) -> None:
    """Raises ParseError 142 for what would break other people's clients, 119 for another's row."""
    request.check_types()
    row = request.object
    check_fields(row)
    check_identity(request, row["userID"])
    if request.original is not None:
        keep_owner(request, row)
    if not request.master or row.get("lastSeen") is None:
        row["lastSeen"] = presence.moment()
    if request.original is None and options().access != "open":
        row.acl = rights_of(row["userID"])


@cloud.after_save("ActiveUsers")
def keep_one_row(request: Any) -> None:
    presence.remove_older_rows(request.object, presence.ACTIVE)


@cloud.after_delete("ActiveUsers")
def went_away(request: Any) -> None:
    """Who deletes the own row is not on line any more, so nobody waits for an answer to this call."""
    person = request.object.get("userID")
    if person is None or asker(request) != person:
        return
    for call in call_store.live_calls_of(person):
        if call.caller == person:
            call_store.happen(call.id, Withdrew())


@cloud.before_find("ActiveUsers")
def search_people(request: Any) -> None:
    if not request.master:
        presence.repair_farewell(request)
    presence.show_only_present(request, presence.ACTIVE)


def keep_owner(request: Any, row: Object) -> None:
    """A row stays its person's."""
    check_identity(request, request.original["userID"])
    names = ["userID"] if request.master or options().access == "open" else ["userID", "ACL"]
    for name in names:
        if row.dirty(name):
            row.revert(name)


def rights_of(person: str) -> ACL:
    acl = ACL()
    acl.public_read = True
    acl.set_read_access(person, True)
    acl.set_write_access(person, True)
    return acl


def check_fields(row: Object) -> None:
    if not row.get("userID"):
        raise ParseError(Code.VALIDATION_ERROR, "userID is missing")
    title = row.get("userTitle")
    if not title:
        raise ParseError(Code.VALIDATION_ERROR, "userTitle is missing")
    if len(title) > TITLE_LENGTH:
        raise ParseError(Code.VALIDATION_ERROR, f"userTitle is longer than {TITLE_LENGTH} characters")
    place = row.get("userLocation")
    if not isinstance(place, GeoPoint):
        raise ParseError(Code.VALIDATION_ERROR, "userLocation is missing")
    if not (-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180):
        raise ParseError(Code.VALIDATION_ERROR, "userLocation is not a place on earth")
