"""The application in one process, with phones that do what the tutorial's client does, a video service in memory and a
clock that can be moved."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from werkzeug.test import Client, TestResponse

from cloud import call_store, call_work, options, presence
from cloud.calls import Call
from parse_shim import ids
from parse_shim.hooks.kinds import EVERY
from parse_shim.rest.core import Auth, Context, Core
from parse_shim.rest.schedule import run_timer
from parse_shim.rest.session_impl import session_for
from parse_shim.rest.video_events import deliver
from parse_shim.sdk.session import bound
from parse_shim.settings import Settings
from parse_shim.storage.base import Engine
from parse_shim.video.callbacks import VideoEvent
from parse_shim.video.fake import FakeVideo
from parse_shim.web.app import create_app
from parse_shim.web.assemble import assemble
from parse_shim.web.services import TIMERS

APP = {"X-Parse-Application-Id": "app"}
MASTER = {**APP, "X-Parse-Master-Key": "master"}
ROOT = Path(__file__).resolve().parents[2]
START = 1_700_000_000.0


class House:
    """One server with the real cloud/ and schemas/. `chosen` are settings of LiveSessions by their field names, `server`
    those of the server by parse-server's."""

    def __init__(
        self, engine: Engine, *, video: Any = None, server: dict[str, Any] | None = None, **chosen: Any
    ) -> None:
        self.now = START
        ids.set_clock(lambda: self.now)
        options.use(options.Options(**chosen))
        presence.forget_touches()
        self.engine = engine
        self.video = video or FakeVideo()
        self.server = server or {}
        self.start()

    def start(self) -> None:
        """A new process on the same store."""
        settings = Settings.from_options(
            {
                "appId": "app",
                "masterKey": "master",
                "databaseURI": "memory://",
                "cloud": "cloud.main",
                "schemas": "schemas",
                "allowClientClassCreation": True,
                **self.server,
            }
        )
        self.core: Core = assemble(settings, engine=self.engine)
        self.core.video = self.video
        self.core.extras[TIMERS] = False
        self.client = Client(create_app(core=self.core))

    def close(self) -> None:
        ids.set_clock(None)
        options.use(None)

    def wait(self, seconds: float, step: float = 1.0) -> None:
        """Time passes, with the timers of the server."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + step)
            self.sweep()

    def sweep(self) -> None:
        for hook in self.core.hooks.every(EVERY):
            run_timer(self.core, hook)

    def __call__(self, method: str, path: str, body: Any = None, headers: dict[str, str] = APP) -> TestResponse:
        data = None if body is None else json.dumps(body)
        where = {"REMOTE_ADDR": "127.0.0.1"}
        return self.client.open("/parse" + path, method=method, data=data, headers=headers, environ_overrides=where)

    def master(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self(method, path, body, MASTER)

    def rows(self, class_name: str) -> list[dict[str, Any]]:
        return list(self.master("GET", f"/classes/{class_name}?limit=1000").json["results"])

    def put(self, class_name: str, age_seconds: float, **fields: Any) -> None:
        """A row straight into the store, as if made that long ago."""
        made = ids.now() - timedelta(seconds=age_seconds)
        doc = {"objectId": ids.new_object_id(), "createdAt": made, "updatedAt": made, **fields}
        self.engine.insert(self.core.classes.get_or_empty(class_name), doc)

    def phone(self, name: str = "", installation: str = "") -> Phone:
        return Phone(self, name or f"phone {uuid.uuid4().hex[:4]}", installation)

    def callback(self, kind: str, session_id: str, connection: str = "", data: Any = None, **more: Any) -> None:
        """A genuine callback of the video service arrives."""
        text = data if isinstance(data, str) else json.dumps(data) if data else ""
        event = VideoEvent(kind, session_id, int(self.now * 1000), connection_id=connection, data=text, **more)
        assert deliver(self.core, event)

    def state(self, row: str) -> str:
        """`ringing`, `ended completed` ..."""
        call = self.call(row)
        return f"{call.state} {call.end_reason}".strip()

    def call(self, row: str) -> Call:
        with bound(session_for(Context(self.core, Auth()))):
            found = call_store.of_row(row)
        assert found is not None
        return found

    def locked(self, person: str) -> str | None:
        from cloud import busy

        with bound(session_for(Context(self.core, Auth()))):
            return busy.holder(person)


class Phone:
    """A phone with the tutorial's app. `id` is its user."""

    def __init__(self, house: House, name: str, installation: str = "") -> None:
        self.house = house
        self.name = name
        self.anonymous_id = str(uuid.uuid4())
        self.base = {**APP, "X-Parse-Installation-Id": installation} if installation else APP
        self.headers = self.base
        self.id = ""
        self.log_in()

    def log_in(self) -> TestResponse:
        answer = self.house("POST", "/users", {"authData": {"anonymous": {"id": self.anonymous_id}}}, self.base)
        assert answer.status_code in (200, 201), answer.data
        self.id = answer.json["objectId"]
        self.headers = {**self.base, "X-Parse-Session-Token": answer.json["sessionToken"]}
        return answer

    def __call__(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self.house(method, path, body, self.headers)

    def find(self, class_name: str, where: Any = None, **more: Any) -> list[dict[str, Any]]:
        body = {"_method": "GET", **({"where": where} if where is not None else {}), **more}
        answer = self("POST", f"/classes/{class_name}", body)
        assert answer.status_code == 200, answer.data
        return list(answer.json["results"])

    def here(self, latitude: float = 40.0, longitude: float = -30.0) -> str:
        """Save the place as the app does; the row's id."""
        place = {"__type": "GeoPoint", "latitude": latitude, "longitude": longitude}
        body = {"userID": self.id, "userLocation": place, "userTitle": self.name}
        found = self.find("ActiveUsers", {"userID": self.id})
        if found:
            answer = self("PUT", f"/classes/ActiveUsers/{found[0]['objectId']}", body)
            assert answer.status_code == 200, answer.data
            return str(found[0]["objectId"])
        answer = self("POST", "/classes/ActiveUsers", body)
        assert answer.status_code == 201, answer.data
        return str(answer.json["objectId"])

    def near(self, latitude: float = 40.0, longitude: float = -30.0) -> list[str]:
        place = {"__type": "GeoPoint", "latitude": latitude, "longitude": longitude}
        where = {"userLocation": {"$nearSphere": place, "$maxDistance": 0.0505203597049611}}
        return [row["userID"] for row in self.find("ActiveUsers", where, limit="1000")]

    def dial(self, other: Phone | str, **more: Any) -> TestResponse:
        receiver = other if isinstance(other, str) else other.id
        body = {"callerID": self.id, "callerTitle": self.name, "receiverID": receiver, "isAudio": True, "isVideo": True}
        return self("POST", "/classes/ActiveSessions", {**body, **more})

    def call(self, other: Phone, **more: Any) -> dict[str, Any]:
        answer = self.dial(other, **more)
        assert answer.status_code == 201, answer.data
        return dict(answer.json)

    def poll(self) -> list[dict[str, Any]]:
        return self.find("ActiveSessions", {"receiverID": self.id})

    def take(self) -> dict[str, Any]:
        """The row that rings, found and deleted at once, as the app does."""
        row = self.poll()[0]
        assert self.delete(row["sessionID"])
        return row

    def delete(self, session_id: str) -> bool:
        """Hang up as the app does: find by sessionID, delete what is found."""
        found = self.find("ActiveSessions", {"sessionID": session_id}, limit="1")
        for row in found:
            assert self("DELETE", f"/classes/ActiveSessions/{row['objectId']}").status_code == 200
        return bool(found)

    def function(self, name: str, **params: Any) -> TestResponse:
        return self("POST", f"/functions/{name}", params)

    def data(self, side: str) -> dict[str, str]:
        """The connection data of this phone's token."""
        return {"userID": self.id, "side": side}


def error(answer: TestResponse) -> tuple[int, Any, str]:
    """(status, code, text)."""
    body = answer.json
    return answer.status_code, body.get("code"), str(body.get("error"))


__all__ = ["APP", "MASTER", "House", "Phone", "call_work", "error"]
