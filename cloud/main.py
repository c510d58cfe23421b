"""What is switched on: the server collects the hooks of every module imported here."""

from cloud import active_users, functions, live_sessions

__all__ = ["active_users", "functions", "live_sessions"]
