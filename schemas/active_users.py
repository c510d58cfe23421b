"""Who is on line, and where."""

from marshmallow.validate import Length

from parse_shim import ParseClass
from parse_shim.classes import fields
from parse_shim.classes.declare import PUBLIC, Permissions
from schemas.growth import ADDERS


class ActiveUsers(ParseClass):
    """A person who can be called now; one row a person. Rules: cloud/active_users.py."""

    userID = fields.String(index=True)  # objectId of the _User
    userLocation = fields.GeoPoint(index=True)  # degrees, WGS 84
    userTitle = fields.String(validate=Length(max=100))
    lastSeen = fields.Date()  # set by the server only
    permissions = Permissions(find=PUBLIC, create=PUBLIC, update=PUBLIC, delete=PUBLIC, add_field=ADDERS)
