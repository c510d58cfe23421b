"""What hooks of LiveQuery and of the video service get."""

from __future__ import annotations

from typing import Any

from parse_shim.hooks.requests import Caller, Request
from parse_shim.sdk.object import Object
from parse_shim.sdk.query import Query
from parse_shim.sdk.session import QueryPlan
from parse_shim.values.types import Doc


class ConnectRequest(Request):
    """A LiveQuery client connects, or something happens on its connection (`event`)."""

    def __init__(self, event: str, caller: Caller, *, clients: int = 0, subscriptions: int = 0, client_id: Any = None) -> None:
        super().__init__(caller)
        self.event = event
        self.clients = clients
        self.subscriptions = subscriptions
        self.client_id = client_id
        self.error: str | None = None
        self.use_master_key = caller.master


class SubscribeRequest(Request):
    """A LiveQuery client subscribes; `query` may be changed."""

    def __init__(self, request_id: Any, plan: QueryPlan, caller: Caller) -> None:
        super().__init__(caller)
        self.trigger_name = "beforeSubscribe"
        self.request_id = request_id
        self.class_name = plan.class_name
        self.query: Query[Any] = Query.from_plan(plan)
        self.use_master_key = caller.master


class EventRequest(Request):
    """A LiveQuery event on its way to one subscriber. Change `object`, rename `event`, or set `send_event` to False
    to drop it."""

    def __init__(
        self, event: str, class_name: str, doc: Doc, original: Doc | None, caller: Caller, *, context: dict[str, Any] | None = None
    ) -> None:
        super().__init__(caller, context)
        self.event = event
        self.class_name = class_name
        self.object: Object | None = Object.from_doc(class_name, doc)
        self.original: Object | None = Object.from_doc(class_name, original) if original is not None else None
        self.send_event = True
        self.use_master_key = caller.master


class VideoEventRequest(Request):
    """A verified callback of the video service; `event` is a VideoEvent."""

    def __init__(self, event: Any, caller: Caller) -> None:
        super().__init__(caller)
        self.event = event
