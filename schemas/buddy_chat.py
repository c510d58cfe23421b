"""A chat of BuddyTok: its OpenTok session, who is in it, whether it goes on."""

from parse_shim import ParseClass
from parse_shim.classes import fields
from parse_shim.classes.declare import PUBLIC, Permissions


class BuddyChat(ParseClass):
    """Made by the server alone: for the REST paths (no ACL entry, so the master key only), or for an invitation, which
    its two people may read. Tokens come from the function `buddyChatToken`."""

    sessionID = fields.String(index=True)
    state = fields.String()  # open, ended
    rowID = fields.String()  # objectId of the BuddyInvitation, for chats of users
    inviterID = fields.String()
    inviteeID = fields.String()
    joined = fields.Array()  # connection ids, by the video service's callbacks
    left = fields.Array()
    permissions = Permissions(find=PUBLIC, update=PUBLIC)
