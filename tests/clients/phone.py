"""A phone: what the iOS and Android SDKs put around each request.

Both turn a GET with parameters into a POST with `_method`; iOS escapes slashes and sends `where` as an object, Android as text.
"""

import gzip
import json
import re
import uuid
from typing import Any

from tests.web.world import OPTIONS, Web

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
"""Android parses nothing else."""
SHARED = {"X-Parse-Application-Id": OPTIONS["appId"], "X-Parse-App-Build-Version": "1", "X-Parse-App-Display-Version": "1.0"}
IOS = {
    **SHARED,
    "X-Parse-Client-Key": "a-key-nobody-configured",
    "X-Parse-Client-Version": "i1.14.4",
    "X-Parse-OS-Version": "9.3.5 (13G36)",
    "X-Parse-Request-Id": "6F0C7B54-65B5-4C26-A9C1-5C9B5F1E4C11",
    "User-Agent": "App/1 CFNetwork/758.5.3 Darwin/15.6.0",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
}
ANDROID = {**SHARED, "X-Parse-OS-Version": "13", "User-Agent": "Parse Android SDK API Level 33", "Accept-Encoding": "gzip"}


class Phone:
    """One installation of an app; `web` is the server it talks to."""

    def __init__(self, web: Web, kind: str) -> None:
        self.web, self.kind = web, kind
        self.installation_id = str(uuid.uuid4())
        self.headers = {**(IOS if kind == "ios" else ANDROID), "X-Parse-Installation-Id": self.installation_id}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer's JSON; `status` keeps its number. Whatever comes, a phone wants JSON that is an object or an array."""
        data, kind = None, {}
        if body is not None:
            data = json.dumps(body, separators=(",", ":"))
            ios = self.kind == "ios"
            data = data.replace("/", "\\/") if ios else data
            kind = {"Content-Type": "application/json; charset=utf-8" if ios else "application/json"}
        answer = self.web(method, "/" + path, data, {**self.headers, **kind, **headers})
        packed = answer.headers.get("Content-Encoding") == "gzip"
        found = json.loads(gzip.decompress(answer.data) if packed else answer.data)
        self.status = answer.status_code
        assert self.status < 500 and isinstance(found, (dict, list)), found
        return found

    def find(self, class_name: str, where: Any = None, **words: str) -> Any:
        body = {"_method": "GET", **words}
        if where is not None:
            body["where"] = where if self.kind == "ios" else json.dumps(where)
        return self.send("POST", f"classes/{class_name}", body)

    def ids(self, class_name: str, where: Any = None, **words: str) -> list[str]:
        answer = self.find(class_name, where, **words)
        assert self.status == 200, answer
        return [row["objectId"] for row in answer["results"]]

    def create(self, class_name: str, **fields: Any) -> str:
        answer = self.send("POST", f"classes/{class_name}", fields)
        assert self.status == 201, answer
        return str(answer["objectId"])

    def log_in_anonymously(self) -> dict[str, Any]:
        user = self.send("POST", "users", {"authData": {"anonymous": {"id": str(uuid.uuid4())}}})
        self.headers["X-Parse-Session-Token"] = user["sessionToken"]
        return dict(user)


def point(latitude: float, longitude: float) -> dict[str, Any]:
    return {"__type": "GeoPoint", "latitude": latitude, "longitude": longitude}


def pointer(class_name: str, object_id: str) -> dict[str, Any]:
    return {"__type": "Pointer", "className": class_name, "objectId": object_id}


def op(word: str, *objects: Any) -> dict[str, Any]:
    return {"__op": word, "objects": list(objects)}
