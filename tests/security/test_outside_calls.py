"""The server never calls an address that a client sent (advisories, section 6). A listener on loopback notes every call."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.security.conftest import Town
from tests.web.world import APP, MASTER


class Listener:
    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/x"

    def was_called(self) -> bool:
        """A connection waits in the queue of the socket, whoever has hung up since."""
        self.socket.setblocking(False)
        try:
            self.socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.socket.close()


def test_the_listener_hears_calls(listener: Listener) -> None:
    assert not listener.was_called()
    socket.create_connection(listener.socket.getsockname()).close()
    assert listener.was_called()


# GHSA-x4qj-2f4q-r4rx
def test_an_upload_fetches_nothing(town: Town, listener: Listener) -> None:
    for body in ({"_source": {"format": "uri", "uri": listener.url}}, {"base64": "aGk=", "_source": {"format": "uri", "uri": listener.url}},
                 {"uri": listener.url}, {"url": listener.url}):  # fmt: skip
        for headers in (town.as_alice, MASTER, {"Content-Type": "text/plain"}):
            given = body if "X-Parse-Application-Id" in headers else {**body, "_ApplicationId": "app", "_MasterKey": "master"}
            assert town.web("POST", "/files/x.txt", given, headers).status_code < 500
    assert not listener.was_called()


# GHSA-3f5f-xgrj-97pf, GHSA-rh9j-f5f8-rvgc
@pytest.mark.parametrize("name", ["instagram", "facebook", "google", "apple", "gcenter", "oauth2", "keycloak", "spotify", "custom"])
@pytest.mark.parametrize("field", ["apiURL", "publicKeyUrl", "jku", "url", "tokenIntrospectionEndpointUrl", "iss"])
def test_a_provider_is_not_where_a_client_says(town: Town, listener: Listener, name: str, field: str) -> None:
    data: dict[str, Any] = {"id": "1", "access_token": "x", "id_token": "x", "token": "x", field: listener.url}
    answer = town.web("POST", "/users", {"authData": {name: data}})
    assert 400 <= answer.status_code < 500 and "sessionToken" not in answer.json
    assert not listener.was_called()


# PR-10044/file-url
def test_a_file_pointer_is_not_followed(town: Town, listener: Listener) -> None:
    pointer = {"__type": "File", "name": "x.txt", "url": listener.url}
    row = town.web("POST", "/classes/Holder", {"f": pointer})
    if row.status_code == 201:
        found = town.web("GET", f"/classes/Holder/{row.json['objectId']}").json
        assert found["f"]["name"] == "x.txt" and listener.url != found["f"]["url"]
    town.web("POST", "/functions/f", {"f": pointer})
    assert not listener.was_called()


# BASE-master-only
@pytest.mark.parametrize("path", ["/hooks/functions", "/hooks/triggers"])
def test_only_the_master_names_hooks_elsewhere(town: Town, listener: Listener, path: str) -> None:
    body = {"functionName": "stolen", "className": "Hooked", "triggerName": "beforeSave", "url": listener.url}
    for headers in (APP, town.as_alice):
        assert town.web("POST", path, body, headers).status_code == 403
    town.web("POST", "/functions/stolen", {})
    town.web("POST", "/classes/Hooked", {})
    assert not listener.was_called()
