"""One result of one player."""

from parse_shim import ParseClass
from parse_shim.classes import fields
from parse_shim.classes.declare import PUBLIC, USERS, Permissions


class GameScore(ParseClass):
    """Everybody may look, players add theirs, nobody changes one."""

    player = fields.String(required=True)
    score = fields.Number(required=True)
    rank = fields.Number()  # set by cloud/scores.py
    permissions = Permissions(find=PUBLIC, create=USERS)
