"""One connection: frames in, frames out. Knows no socket: `send` puts a frame on its way. Source: contract/12, sections 2 to 5."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from parse_shim.classes.system import is_class_name
from parse_shim.errors import Code, Denied, ParseError, TransportError
from parse_shim.hooks.kinds import ANY, BEFORE_CONNECT, BEFORE_SUBSCRIBE
from parse_shim.hooks.live_requests import ConnectRequest, SubscribeRequest
from parse_shim.livequery.messages import CREDENTIALS, KEY, UNKNOWN, Asked, FrameError, asked_of, error_frame, read_frame
from parse_shim.livequery.subscription import Client, Frame, Subscription, bound, check_node, check_where
from parse_shim.rest.auth import address_in
from parse_shim.rest.calling import call_hook, caller_of
from parse_shim.rest.find_params import FindParams
from parse_shim.rest.read import find, read_where
from parse_shim.sdk.session import QueryPlan
from parse_shim.values.codec import encode_doc
from parse_shim.values.types import Json

if TYPE_CHECKING:
    from parse_shim.livequery.hub import Hub

log = logging.getLogger("parse_shim.livequery")

MOST_SUBSCRIPTIONS = 1000
"""Of one connection: each of them is work for every change of its class."""


class Connection:
    """`client` is None until a `connect` succeeded, which may come again and then begins anew."""

    def __init__(
        self,
        hub: Hub,
        send: Callable[[Frame], None],
        *,
        ip: str | None = None,
        headers: Mapping[str, str] | None = None,
        base_url: str = "",
    ) -> None:
        self.hub = hub
        self.send = send
        self.subscriptions: dict[int | float, Subscription] = {}
        self.client: Client | None = None
        self._stranger = Client(hub.core, "", send, ip=ip, headers=headers, base_url=base_url)
        hub.enter(self)
        hub.tell("ws_connect", self._stranger)

    def receive(self, text: str | bytes) -> None:
        """Answer one frame. Raises nothing."""
        request_id: Json = None
        try:
            frame = read_frame(text)
            if frame is None:
                return
            request_id = frame.get("requestId")
            self.hub.core.classes.refresh()
            _ANSWERS[str(frame["op"])](self, frame)
        except ParseError as error:
            self.send(error_frame(self._told(error), request_id))
        except TransportError as error:
            self.send(error_frame(ParseError(Code.OPERATION_FORBIDDEN, error.message), request_id))
        except Exception:
            log.exception("a frame failed")
            self.send(error_frame(ParseError(Code.INTERNAL_SERVER_ERROR, "Internal server error."), request_id))

    def closed(self, error: str | None = None) -> None:
        """The client is gone. `error`: not by a close of its own or ours."""
        client = self.client or self._stranger
        self._forget()
        self.hub.leave(self)
        self.hub.tell("ws_disconnect" if error is None else "ws_disconnect_error", client, error)

    def _connect(self, frame: dict[str, Any]) -> None:
        master = self._check_keys(frame)
        stranger = self._stranger
        client = Client(
            stranger.core,
            str(uuid4()),
            self.send,
            frame.get("installationId") or None,
            frame.get("sessionToken") or None,
            master,
            stranger.ip,
            stranger.headers,
            stranger.base_url,
        )
        hook = stranger.core.hooks.find(BEFORE_CONNECT, ANY)
        if hook is not None:
            ctx = client.context()
            clients, subscriptions = self.hub.counts()
            request = ConnectRequest("connect", caller_of(ctx), clients=clients, subscriptions=subscriptions, client_id=client.client_id)
            call_hook(ctx, hook, request)
        self._forget()
        self.client = client
        self.send(client.frame("connected"))
        self.hub.tell("connect", client)

    def _subscribe(self, frame: dict[str, Any]) -> None:
        client = self._known("subscribing")
        wanted = self._subscription(client, asked_of(frame))
        self._drop(wanted.request_id)
        if len(self.subscriptions) >= MOST_SUBSCRIPTIONS:
            raise ParseError(Code.EXCEEDED_QUOTA, f"A connection has at most {MOST_SUBSCRIPTIONS} subscriptions")
        self.subscriptions[wanted.request_id] = wanted
        # Before the hub knows it: no event may come first.
        self.send(client.frame("subscribed", wanted.request_id))
        self.hub.add(wanted)
        self.hub.tell("subscribe", client)

    def _update(self, frame: dict[str, Any]) -> None:
        self._find("subscribing", frame)
        self._subscribe(frame)

    def _unsubscribe(self, frame: dict[str, Any]) -> None:
        subscription = self._find("unsubscribing", frame)
        self._drop(subscription.request_id)
        self.send(subscription.client.frame("unsubscribed", subscription.request_id))
        self.hub.tell("unsubscribe", subscription.client)

    def _query(self, frame: dict[str, Any]) -> None:
        """The present objects of a subscription (`subscription.find()`)."""
        subscription = self._find("unsubscribing", frame)
        ctx = subscription.context()
        found = find(ctx, subscription.class_name, FindParams(subscription.where, keys=subscription.keys))
        shown = [
            {"className": subscription.class_name, **encode_doc(doc, file_url=ctx.file_url, relations=found.relations)}
            for doc in found.results
        ]
        self.send(subscription.client.frame("result", subscription.request_id, results=shown))

    def _subscription(self, client: Client, asked: Asked) -> Subscription:
        """In the contract's order: hook, complexity, class permission, protected fields, patterns."""
        if not is_class_name(asked.class_name):
            raise ParseError(Code.INVALID_CLASS_NAME, f"Invalid class name: {asked.class_name}")
        core = client.core
        ctx = client.context(asked.session_token)
        check_where(asked.where)
        try:
            where = read_where(ctx, asked.where)
        except Denied:
            raise
        except ParseError as error:
            raise ParseError(Code.INVALID_QUERY, error.message) from error
        keys = asked.keys
        hook = core.hooks.find(BEFORE_SUBSCRIBE, asked.class_name)
        if hook is not None:
            request = SubscribeRequest(asked.request_id, QueryPlan(asked.class_name, where, keys=keys), caller_of(ctx))
            call_hook(ctx, hook, request)
            plan = request.query.plan()
            where, keys = plan.where, plan.keys
        cls = core.classes.get_or_empty(asked.class_name)
        wanted = Subscription(client, asked.request_id, asked.class_name, where, keys, asked.watch, asked.session_token)
        wanted.rights(ctx, cls)
        check_node(bound(where, cls))
        return wanted

    def _check_keys(self, frame: dict[str, Any]) -> bool:
        """Did it send the master key? Raises FrameError 4."""
        settings = self.hub.core.settings
        options = settings.live_query_server_options
        if not _same(frame["applicationId"], options.app_id or settings.app_id):
            raise FrameError(KEY, "Key in request is not valid")
        pairs = {name: options.key_pairs.get(name) for name in CREDENTIALS}
        wanted = {name: value for name, value in pairs.items() if value}
        matching = {name for name, value in wanted.items() if _same(frame.get(name), value)}
        ip = self._stranger.ip
        if "masterKey" in matching and ip is not None and not address_in(settings.master_key_ips, ip):
            matching.discard("masterKey")
        if wanted and not matching:
            raise FrameError(KEY, "Key in request is not valid")
        return "masterKey" in matching

    def _known(self, doing: str) -> Client:
        if self.client is None:
            raise FrameError(UNKNOWN, f"Can not find this client, make sure you connect to server before {doing}")
        return self.client

    def _find(self, doing: str, frame: dict[str, Any]) -> Subscription:
        client = self._known(doing)
        found = self.subscriptions.get(frame["requestId"])
        if found is None:
            text = f"Cannot find subscription with clientId {client.client_id} subscriptionId {frame['requestId']}. "
            raise FrameError(UNKNOWN, text + "Make sure you subscribe to live query server before unsubscribing.")
        return found

    def _drop(self, request_id: int | float) -> None:
        old = self.subscriptions.pop(request_id, None)
        if old is not None:
            self.hub.remove(old)

    def _forget(self) -> None:
        for request_id in list(self.subscriptions):
            self._drop(request_id)

    def _told(self, error: ParseError) -> ParseError:
        if isinstance(error, Denied) and not self.hub.core.settings.enable_sanitized_error_response:
            return ParseError(error.code, error.detail)
        return error


def _same(sent: Any, wanted: Any) -> bool:
    return isinstance(sent, str) and hmac.compare_digest(sent.encode("utf-8", "replace"), str(wanted).encode("utf-8"))


_ANSWERS: Mapping[str, Callable[[Connection, dict[str, Any]], None]] = {
    "connect": Connection._connect,
    "subscribe": Connection._subscribe,
    "update": Connection._update,
    "unsubscribe": Connection._unsubscribe,
    "query": Connection._query,
}
