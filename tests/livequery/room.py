"""A whole server in memory, and LiveQuery clients without sockets: what they are sent is a list, there as soon as a save returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parse_shim.hooks.registry import Hook, Registry
from parse_shim.livequery.client import Connection
from parse_shim.livequery.hub import Hub, hub_of
from parse_shim.rest.core import build_core
from parse_shim.settings import Settings
from parse_shim.storage.memory import MemoryEngine
from parse_shim.testing.client import Parse
from parse_shim.values.codec import dumps
from parse_shim.web.app import create_app

APP = "app"
MASTER_KEY = "master-key"


class Room:
    def __init__(self, **options: Any) -> None:
        options = {
            "appId": APP,
            "masterKey": MASTER_KEY,
            "allowClientClassCreation": True,
            "logsFolder": None,
            "liveQuery": {"classNames": ["Post", "_User", "_Session", "Note.*"]},
            "startLiveQueryServer": True,
            **options,
        }
        self.hooks = Registry()
        self.core = build_core(Settings.from_options(options), engine=MemoryEngine(), hooks=self.hooks)
        self.parse = Parse(create_app(core=self.core))
        self.master = self.parse.as_master
        found = hub_of(self.core)
        assert found is not None
        self.hub: Hub = found
        self.hub.offer = self.hub.process  # type: ignore[method-assign,assignment]

    def on(self, kind: str, target: str = "") -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
        """Hang a hook."""

        def hang(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
            self.hooks.add(Hook(kind, target, handler))
            return handler

        return hang

    def permit(self, class_name: str, **permissions: Any) -> None:
        """A class with these class-level permissions, and everything else open. It has a Pointer `owner`; protected fields are numbers."""
        every = {name: {"*": True} for name in ("find", "get", "count", "create", "update", "delete", "addField")}
        protected = {name: {"type": "Number"} for names in permissions.get("protectedFields", {}).values() for name in names}
        fields = {"owner": {"type": "Pointer", "targetClass": "_User"}, **protected}
        body = {"className": class_name, "fields": fields, "classLevelPermissions": {**every, **permissions}}
        self.master.request_json("POST", f"/schemas/{class_name}", body)

    def stranger(self) -> Peer:
        """A connection that has not said who it is."""
        return Peer(self.hub)

    def client(self, token: str | None = None, **fields: Any) -> Peer:
        """A connected one."""
        peer = self.stranger()
        peer.say(op="connect", applicationId=APP, **({"sessionToken": token} if token else {}), **fields)
        assert peer.last["op"] == "connected", peer.last
        peer.frames.clear()
        return peer


class Peer:
    """One client. `frames`: what it was sent."""

    def __init__(self, hub: Hub) -> None:
        self.frames: list[dict[str, Any]] = []
        self.connection = Connection(hub, self.frames.append, ip="127.0.0.1")

    @property
    def last(self) -> dict[str, Any]:
        return self.frames[-1]

    def say(self, **frame: Any) -> dict[str, Any]:
        """Send a frame; the last one that came back."""
        self.connection.receive(dumps(frame).decode())
        return self.frames[-1] if self.frames else {}

    def subscribe(self, class_name: str = "Post", where: Any = None, *, token: str | None = None, number: int = 1, **query: Any) -> None:
        """Raises AssertionError when that is refused."""
        answer = self.ask(class_name, where, token=token, number=number, **query)
        assert answer["op"] == "subscribed", answer
        self.frames.clear()

    def ask(
        self, class_name: str = "Post", where: Any = None, *, token: str | None = None, number: int = 1, **query: Any
    ) -> dict[str, Any]:
        more = {"sessionToken": token} if token else {}
        return self.say(op="subscribe", requestId=number, query={"className": class_name, "where": where or {}, **query}, **more)

    def events(self) -> list[str]:
        """Names of the events since the last look."""
        found = [frame["op"] for frame in self.frames]
        self.frames.clear()
        return found

    def refusal(self) -> tuple[int, str, bool, Any]:
        frame = self.last
        assert frame["op"] == "error", frame
        return frame["code"], frame["error"], frame["reconnect"], frame["requestId"]
