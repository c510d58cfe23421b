"""Real WebSockets: upgrade, pings, closing, and changes that another worker makes (contract/12, sections 1 and 6)."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from contextlib import closing

import pytest
from simple_websocket import Client, ConnectionClosed

from parse_shim.testing.live import LiveServer
from tests.livequery.room import APP, Room

LIVE = {"liveQuery": {"classNames": [".*"]}, "startLiveQueryServer": True}


def opened(url, path="/", app=APP, **more):
    """A connected client."""
    client = Client.connect(url.replace("http", "ws", 1).removesuffix("/parse") + path)
    say(client, op="connect", applicationId=app, **more)
    assert heard(client)["op"] == "connected"
    return client


def say(client, **frame):
    client.send(json.dumps(frame))


def heard(client, seconds=10):
    text = client.receive(timeout=seconds)
    assert text is not None, "nothing came"
    return json.loads(text)


def subscribe(client, class_name="Post", where=None):
    say(client, op="subscribe", requestId=1, query={"className": class_name, "where": where or {}})
    assert heard(client)["op"] == "subscribed"


def ended(client):
    with pytest.raises(ConnectionClosed) as closed:
        while client.receive(timeout=10) is not None:
            pass
    return closed.value.reason


@pytest.fixture
def room():
    made = Room(liveQueryServerOptions={"websocketTimeout": 200})
    del made.hub.offer
    made.server = LiveServer(made.parse.app)
    yield made
    made.core.close()
    made.server.close()


@pytest.mark.parametrize("path", ["/", "/parse", "/parse/", "/some/path", "/parse/classes/Post"])
def test_a_client_connects_on_any_path(room, path):
    client = opened(room.server.url, path)
    subscribe(client)
    made = room.parse.save("Post", n=1)
    assert heard(client)["object"]["objectId"] == made["objectId"]
    client.close()


def test_events_come_in_the_order_of_the_writes(room):
    client = opened(room.server.url)
    subscribe(client)
    made = room.parse.save("Post", n=0)
    for n in range(1, 30):
        room.parse.update("Post", made["objectId"], n=n)
    assert [heard(client)["object"]["n"] for _ in range(30)] == list(range(30))
    client.close()


def test_a_client_that_closes_is_forgotten(room):
    client = opened(room.server.url)
    subscribe(client)
    assert room.hub.counts() == (1, 1)
    client.close()
    until(lambda: room.hub.counts() == (0, 0))


def test_a_client_that_does_not_answer_pings_is_cut_off(room):
    client = opened(room.server.url)
    subscribe(client)
    client.ws.send = lambda *_: b""  # no pong leaves any more
    until(lambda: room.hub.counts() == (0, 0))
    assert not room.hub.connections


def test_a_quiet_client_that_answers_pings_stays(room):
    client = opened(room.server.url)
    subscribe(client)
    assert client.receive(timeout=1) is None
    room.parse.save("Post", n=1)
    assert heard(client)["op"] == "create"
    client.close()


def test_a_message_that_is_too_big_ends_the_connection(room):
    client = opened(room.server.url)
    client.send(" " * (1 << 21))
    assert ended(client) == 1009
    until(lambda: not room.hub.connections)


def test_nonsense_leaves_the_connection_as_it_is(room):
    client = opened(room.server.url)
    for text in ("", "{", "[[[", "null"):
        client.send(text)
    client.send(b"\x00\xff")
    subscribe_later = [heard(client)["code"] for _ in range(2)]
    assert subscribe_later == [1, 1]
    subscribe(client)
    client.close()


def test_the_server_closes_every_socket_when_it_stops(room):
    client = opened(room.server.url)
    room.core.close()
    assert ended(client) == 1001


def test_a_large_object_arrives_whole(room):
    client = opened(room.server.url)
    subscribe(client)
    text = "".join(chr(0x4E00 + n % 20000) for n in range(300_000))
    room.parse.save("Post", text=text)
    assert heard(client)["object"]["text"] == text
    client.close()


HANDSHAKE = b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
KEYED = HANDSHAKE + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


def answer_to(server, headers):
    """The first bytes of what the server says to a GET with these headers."""
    host, port = server.root.removeprefix("http://").split(":")
    with closing(socket.create_connection((host, int(port)), 5)) as raw:
        raw.sendall(b"GET /parse HTTP/1.1\r\nHost: h\r\n" + headers + b"\r\n")
        return raw.recv(12)


def test_a_handshake_is_answered_as_http_has_it(room):
    assert answer_to(room.server, KEYED) == b"HTTP/1.1 101"
    assert answer_to(room.server, HANDSHAKE) == b"HTTP/1.1 400"
    assert room.parse.save("Post", n=1)


@pytest.mark.parametrize("sent", [b"\x81\x05hello", b"\xff" * 100, b"\x83\x80\0\0\0\0", b"\x81\x82\0\0\0\0\xff\xff"])
def test_a_client_that_breaks_the_protocol_is_cut_off(room, sent):
    client = opened(room.server.url)
    client.sock.sendall(sent)
    ended(client)
    until(lambda: not room.hub.connections)


def test_without_a_live_query_server_there_are_no_sockets(room):
    room.core.extras.clear()
    assert answer_to(room.server, KEYED).startswith(b"HTTP/1.1 4")


def test_every_worker_hears_what_another_one_wrote(live_server):
    server = live_server(workers=2, **LIVE)
    clients = [opened(server.url, "/parse", server.app_id) for _ in range(6)]
    for client in clients:
        subscribe(client, "Thing")
    ids = [created(server, n) for n in range(6)]
    for client in clients:
        events = [heard(client) for _ in ids]
        assert sorted(event["object"]["objectId"] for event in events) == sorted(ids)
        assert {event["op"] for event in events} == {"create"}
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 10
    assert {ended(client) for client in clients} == {1001}


def created(server, n):
    """Write an object over a connection of its own."""
    headers = {"X-Parse-Application-Id": server.app_id, "X-Parse-Master-Key": server.master_key, "Content-Type": "application/json"}
    body = json.dumps({"n": n, "d": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"}}).encode()
    with urllib.request.urlopen(urllib.request.Request(server.url + "/classes/Thing", body, headers), timeout=10) as answer:
        return json.load(answer)["objectId"]


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.01)
