"""BuddyTok natively: who is here, under which name, and ready for a chat or not."""

from marshmallow.validate import Length, OneOf

from parse_shim import ParseClass
from parse_shim.classes import fields
from parse_shim.classes.declare import PUBLIC, USERS, Permissions


class BuddyPresence(ParseClass):
    """One row a user; public to read, the user's own to write. Rules: cloud/buddies.py."""

    user = fields.PointerTo("_User", index=True)
    name = fields.String(validate=Length(max=100))
    status = fields.String(validate=OneOf(("online", "unavailable")))
    lastSeen = fields.Date()  # set by the server only
    permissions = Permissions(find=PUBLIC, create=USERS, update=USERS, delete=USERS)
