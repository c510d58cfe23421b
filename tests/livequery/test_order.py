"""The changes of one object, which may come through several processes, are told in their order."""

import threading
import time

import pytest

from tests.livequery.room import Room


@pytest.fixture
def room():
    made = Room()
    yield made
    made.core.close()


def test_changes_of_one_object_are_told_in_their_order_however_they_come(room):
    heard = threading.Event()
    peer = room.client()
    peer.subscribe()
    changes = []
    room.hub.offer = changes.append
    made = room.parse.save("Post", n=1)
    for n in (2, 3):
        time.sleep(0.002)  # two writes of one millisecond have no order
        room.parse.update("Post", made["objectId"], n=n)
    room.parse.delete("Post", made["objectId"])
    del room.hub.offer
    create, first, second, delete = changes
    process = room.hub.process
    room.hub.process = lambda change, number: (process(change, number), change is delete and heard.set())
    for change in (second, create, delete, first):
        room.hub.offer(change)
    assert heard.wait(10)
    assert [(frame["op"], frame["object"]["n"]) for frame in peer.frames] == [("create", 1), ("update", 2), ("update", 3), ("delete", 3)]
