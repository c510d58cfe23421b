"""What is switched on: the server collects the hooks of every module imported here."""

from cloud import (
    active_users,
    buddy_invitations,
    buddy_people,
    buddytok,
    call_work,
    functions,
    live_sessions,
    masking,
    pages,
    users,
)
from cloud.buddytok_options import buddy_options
from cloud.options import options

# A wrong setting stops the start, not the first call.
options()
buddy_options()

__all__ = [
    "active_users",
    "buddy_invitations",
    "buddy_people",
    "buddytok",
    "call_work",
    "functions",
    "live_sessions",
    "masking",
    "pages",
    "users",
]
