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
