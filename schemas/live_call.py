"""The life of a call, longer than its ActiveSessions row: the receiver deletes that before the user has answered."""

from parse_shim import ParseClass
from parse_shim.classes import fields
from parse_shim.classes.declare import Permissions


class LiveCall(ParseClass):
    """Written by cloud/call_store.py alone; closed to clients, who ask the function `callStatus`."""

    rowID = fields.String(index=True)  # objectId of the ActiveSessions row, which may be gone
    kind = fields.String()  # session, or invitation of BuddyTok's native form, whose objectId is rowID then
    callerID = fields.String(index=True)
    receiverID = fields.String(index=True)
    sessionID = fields.String(index=True)
    state = fields.String()  # ringing, delivered, answered, ended
    startedAt = fields.Date()
    deliveredAt = fields.Date()
    answeredAt = fields.Date()
    endedAt = fields.Date()
    endReason = fields.String()
    connections = fields.Array()  # {connection, side, in, out, clean}; seconds since 1970
    timers = fields.Object()  # name -> seconds since 1970
    deadline = fields.Date(index=True)  # when somebody must look at the call again
    counts = fields.Array()  # quiet checks, asks without an answer, tries of the work left
    todo = fields.Array()  # work that is not done yet
    turn = fields.Number()  # one more with each write: who read an older one must read again
    permissions = Permissions()
