"""ActiveUsers: one row a person, in the person's own name, with a title that clients can show."""

from __future__ import annotations

from typing import Any

from cloud.live_sessions import TITLE_LENGTH, check_identity
from cloud.options import options
from parse_shim import ACL, Code, GeoPoint, Object, ParseError, cloud
from parse_shim.ids import now


@cloud.before_save("ActiveUsers")
def check_person(request: Any) -> None:
    """Raises ParseError 142 for what would break other people's clients, 119 for another's row."""
    request.check_types()
    row = request.object
    check_fields(row)
    check_identity(request, row["userID"])
    if row.dirty("lastSeen"):
        row.revert("lastSeen")
    row["lastSeen"] = now()
    if request.original is None and options().access != "open":
        acl = ACL()
        acl.set_public_read_access(True)
        acl.set_read_access(row["userID"], True)
        acl.set_write_access(row["userID"], True)
        row.acl = acl


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
