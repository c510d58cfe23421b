"""Wrong passwords lock an account for a while (contract/03, section 10).

An attempt is counted before the password is looked at, by one atomic update: a hundred attempts at once get no more judged than the
threshold allows.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from parse_shim import ids
from parse_shim.errors import ObjectNotFound
from parse_shim.query.ast import And, Compare, Eq
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.update.ops import Increment, Set, Unset, Update
from parse_shim.values.types import Doc

COUNT = "_failed_login_count"
UNTIL = "_account_lockout_expires_at"


class Attempt:
    """`with Attempt(ctx, user) as attempt: ... attempt.succeeded()`; leaving it without that counts as a wrong password.

    Does nothing unless accountLockout is set. Raises ObjectNotFound with the text for a locked account."""

    def __init__(self, ctx: Context, user: Doc) -> None:
        options = ctx.core.settings.account_lockout
        self._ctx, self._user, self._minutes = ctx, user, options.duration or 0
        self._threshold = options.threshold or 0
        self._on = bool(options.threshold and options.duration)
        self._succeeded = False
        self._count = 0

    def __enter__(self) -> Attempt:
        if self._on:
            self._reserve()
        return self

    def succeeded(self) -> None:
        self._succeeded = True

    def __exit__(self, *_error: object) -> None:
        if not self._on:
            return
        if self._succeeded:
            self._update({COUNT: Set(0), UNTIL: Unset()})
        elif self._count >= self._threshold:
            self._lock()

    def _reserve(self) -> None:
        until = self._user.get(UNTIL)
        if isinstance(until, datetime):
            if until > ids.now():
                raise self._locked()
            # The lock has run out: one attempt, as after a threshold's last but one.
            self._update({COUNT: Set(self._threshold - 1), UNTIL: Unset()}, expired=True)
        after = self._update({COUNT: Increment(1)})
        self._count = after.get(COUNT, 0) if after else 0
        if self._count > self._threshold:
            if after and UNTIL not in after:
                self._lock()
            self._on = False
            raise self._locked()

    def _lock(self) -> None:
        self._update({UNTIL: Set(ids.now() + timedelta(minutes=self._minutes))})

    def _locked(self) -> ObjectNotFound:
        return ObjectNotFound(
            f"Your account is locked due to multiple failed login attempts. Please try again after {self._minutes} minute(s)"
        )

    def _update(self, changes: Update, *, expired: bool = False) -> Doc | None:
        core, where = self._ctx.core, Eq("objectId", self._user["objectId"])
        condition = And((where, Compare(UNTIL, "lte", ids.now()))) if expired else where
        with translated("_User"):
            return core.engine.update(core.classes.get_or_empty("_User"), condition, changes)
