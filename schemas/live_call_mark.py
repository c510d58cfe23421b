"""What the call engine has learned and must not forget with a restart."""

from parse_shim import ParseClass
from parse_shim.classes import fields
from parse_shim.classes.declare import Permissions


class LiveCallMark(ParseClass):
    """Used through `Lock`: `callbacks` is taken once a genuine callback of the video service came."""

    owner = fields.String()
    expiresAt = fields.Date()
    permissions = Permissions()
