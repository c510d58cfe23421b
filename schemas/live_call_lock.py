"""Who is in a call: a row a person, whose objectId is the user's, so that there can be but one."""

from parse_shim import ParseClass
from parse_shim.classes import fields
from parse_shim.classes.declare import Permissions


class LiveCallLock(ParseClass):
    """Taken and given back through `Lock` (cloud/busy.py); closed to clients."""

    owner = fields.String()  # objectId of the ActiveSessions row
    expiresAt = fields.Date()
    permissions = Permissions()
