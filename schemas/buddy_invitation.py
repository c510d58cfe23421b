"""BuddyTok natively: somebody invites somebody to a chat."""

from marshmallow.validate import OneOf

from parse_shim import ParseClass
from parse_shim.classes import fields
from parse_shim.classes.declare import USERS, Permissions

STATES = ("pending", "accepted", "declined", "cancelled", "expired")


class BuddyInvitation(ParseClass):
    """Seen by its two people only. The inviter may cancel, the invitee accept or decline, once. Rules: cloud/buddies.py."""

    to = fields.PointerTo("_User", index=True)
    chat = fields.PointerTo("BuddyChat")  # made by the server
    state = fields.String(validate=OneOf(STATES))
    permissions = Permissions(find=USERS, create=USERS, update=USERS)

    class Meta:
        include = {"from": fields.PointerTo("_User", index=True)}
