"""Posts the emulated service's monitoring callbacks: signed, and on demand twice, late, in disorder or not at all."""

from __future__ import annotations

import json
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from parse_shim.testing.opentok_state import Event
from parse_shim.video.callbacks import sign_callback

_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class CallbackPlan:
    """Where callbacks go and what befalls them. No `url`: nothing is posted.

    `duplicate` posts each that many times more; `delay_seconds` holds each back; `reorder` collects what happens
    within `hold_seconds` and posts it backwards; `drop` names events never posted (`*` for all); `retries` repeats
    after anything but a 200, each `retry_seconds`.
    """

    url: str = ""
    signature_secret: str = field(default="", repr=False)
    duplicate: int = 0
    delay_seconds: float = 0.0
    reorder: bool = False
    hold_seconds: float = 0.2
    drop: tuple[str, ...] = ()
    retries: int = 0
    retry_seconds: float = 0.2


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to post. `status` 0 means that no answer came."""

    event: Event
    status: int


class Callbacks:
    """A queue and one thread that empties it. `plan` may be exchanged at any time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.plan = CallbackPlan()
        self.sent: list[Delivery] = []
        self._clock = clock
        self._queue: queue.Queue[tuple[float, Event]] = queue.Queue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        # no proxy of the environment may catch callbacks to this machine
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def tell(self, event: Event) -> None:
        """Take an event over for posting; returns at once."""
        plan = self.plan
        if not plan.url or "*" in plan.drop or event["event"] in plan.drop:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="emulator callbacks", daemon=True)
            self._thread.start()
        self._queue.put((time.monotonic() + plan.delay_seconds, event))

    def idle(self, seconds: float = 5.0) -> bool:
        """Wait until everything told so far has been posted; False when that takes longer."""
        end = time.monotonic() + seconds
        with self._queue.all_tasks_done:
            while self._queue.unfinished_tasks:
                if not self._queue.all_tasks_done.wait(max(0.0, end - time.monotonic())):
                    return not self._queue.unfinished_tasks
        return True

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                burst = [self._queue.get(timeout=0.1)]
            except queue.Empty:
                continue
            if self.plan.reorder:
                burst = self._collect(burst)
            for due, event in burst:
                self._stopping.wait(max(0.0, due - time.monotonic()))
                for _ in range(1 + self.plan.duplicate):
                    self._deliver(event)
                self._queue.task_done()

    def _collect(self, burst: list[tuple[float, Event]]) -> list[tuple[float, Event]]:
        end = time.monotonic() + self.plan.hold_seconds
        while (left := end - time.monotonic()) > 0:
            try:
                burst.append(self._queue.get(timeout=left))
            except queue.Empty:
                break
        return burst[::-1]

    def _deliver(self, event: Event) -> None:
        for attempt in range(1 + self.plan.retries):
            if attempt and self._stopping.wait(self.plan.retry_seconds):
                return
            status = self._post(event)
            self.sent.append(Delivery(event, status))
            if status == 200:
                return

    def _post(self, event: Event) -> int:
        plan = self.plan
        body = json.dumps(event).encode()
        headers = {"Content-Type": "application/json"}
        if plan.signature_secret:
            project = str(event["projectId"])
            headers["Authorization"] = sign_callback(body, plan.signature_secret, project, int(self._clock()))
        try:
            request = urllib.request.Request(plan.url, body, headers, method="POST")
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except (OSError, ValueError):
            return 0
