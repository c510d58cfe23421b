"""One row a call that is ringing."""

from marshmallow.validate import Length

from parse_shim import ParseClass
from parse_shim.classes import fields
from parse_shim.classes.declare import PUBLIC, Permissions
from schemas.growth import ADDERS


class ActiveSessions(ParseClass):
    """The three OpenTok values are the server's: cloud/live_sessions.py fills them, and nobody else sees or changes them."""

    callerID = fields.String(index=True)
    callerTitle = fields.String(validate=Length(max=100))
    receiverID = fields.String(index=True)
    isVideo = fields.Boolean()
    isAudio = fields.Boolean()
    sessionID = fields.String(index=True)
    publisherToken = fields.String()
    subscriberToken = fields.String()
    permissions = Permissions(find=PUBLIC, create=PUBLIC, update=PUBLIC, delete=PUBLIC, add_field=ADDERS)
