"""Lock: one owner at a time, over all workers and machines; for cloud code that must not do a thing twice."""

from __future__ import annotations

from parse_shim.sdk.pending import perform
from parse_shim.sdk.session import current


class Lock:
    """`Lock("user:ann").take("call:1", seconds=60)`. Rows lie in `class_name`, a class that only the server can use."""

    def __init__(self, key: str, *, class_name: str = "ServerLock") -> None:
        self.key = key
        self.class_name = class_name

    def take(self, owner: str, seconds: float) -> bool:
        """Have the lock from now on, or longer; False when another owner has it and its time is not over."""
        return perform(lambda: current().take_lock(self.class_name, self.key, owner, seconds))

    def owner(self) -> str | None:
        """Who has it now."""
        return perform(lambda: current().lock_owner(self.class_name, self.key))

    def release(self, owner: str) -> bool:
        """Give it back; False (and nothing done) when `owner` does not have it."""
        return perform(lambda: current().drop_lock(self.class_name, self.key, owner))
