"""Changes on their way to other processes of the machine."""

import os
import queue
import socket
import subprocess
import sys
from datetime import datetime

import pytest

from parse_shim.events import Change
from parse_shim.livequery.relay import Relay, decoded, encoded, folder_of
from parse_shim.settings import Settings
from parse_shim.values.types import File, GeoPoint, Pointer, Polygon

DAY = datetime(2020, 1, 2, 3, 4, 5, 6000)
DOC = {
    "objectId": "a",
    "createdAt": DAY,
    "updatedAt": DAY,
    "ACL": {"*": {"read": True}},
    "n": 1.5,
    "when": DAY,
    "data": b"\x00\xff",
    "owner": Pointer("_User", "u"),
    "place": GeoPoint(1, 2),
    "area": Polygon(((0, 0), (0, 1), (1, 1), (0, 0))),
    "file": File("a.txt"),
    "inner": {"when": DAY, "who": [Pointer("_User", "u")], "place": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}},
    "list": [1, "a", None, DAY],
    "nothing": None,
}
SETTINGS = Settings(app_id="a", master_key="k")


@pytest.fixture
def relays(tmp_path):
    made = []

    def make():
        heard = queue.Queue()
        made.append(Relay(SETTINGS, heard.put, tmp_path))
        return made[-1], heard

    yield make
    for relay in made:
        relay.close()


@pytest.mark.parametrize("change", [Change("A", None, DOC), Change("A", DOC, DOC, {"a": [1]}), Change("A", DOC, None, {})])
def test_a_change_comes_out_as_it_went_in(change):
    assert decoded(encoded(change)) == change


def test_a_context_that_is_no_json_stays_behind():
    assert decoded(encoded(Change("A", None, DOC, {"a": object()}))) == Change("A", None, DOC, None)


def test_all_others_hear_of_a_change_and_its_maker_does_not(relays):
    (first, own), (second, theirs), (_, others) = relays(), relays(), relays()
    for n in range(20):
        first.send(Change("A", None, {"n": n}))
    second.send(Change("B", None, {"n": 0}))
    assert [theirs.get(timeout=10).after["n"] for _ in range(20)] == list(range(20))
    assert own.get(timeout=10).class_name == "B"
    assert {others.get(timeout=10).class_name for _ in range(21)} == {"A", "B"}
    assert own.empty()


def test_a_large_change_arrives_whole(relays):
    (first, _), (_, heard) = relays(), relays()
    text = "x" * 5_000_000
    first.send(Change("A", None, {"text": text}))
    assert heard.get(timeout=10).after == {"text": text}


def test_what_a_killed_process_left_is_removed(relays, tmp_path):
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "1-dead"))
    left.close()
    (first, _), (_, heard) = relays(), relays()
    first.send(Change("A", None, {}))
    assert heard.get(timeout=10).class_name == "A"
    first.send(Change("A", None, {}))
    assert heard.get(timeout=10).class_name == "A"
    assert not (tmp_path / "1-dead").exists()


def test_a_process_that_stops_leaves_nothing(relays, tmp_path):
    relay, _ = relays()
    relay.close()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = folder_of(SETTINGS)
    assert folder == folder_of(SETTINGS) != folder_of(Settings(app_id="b", master_key="k"))
    assert folder.stat().st_mode & 0o777 == 0o700
    os.chmod(folder, 0o755)
    with pytest.raises(PermissionError):
        folder_of(SETTINGS)


def test_a_change_is_handed_over_before_the_writer_goes_on(tmp_path):
    """Under gevent: the next write of the client, perhaps in another worker, must not come first."""
    program = """
from gevent import monkey
monkey.patch_all()
import sys, time
from pathlib import Path
from parse_shim.events import Change
from parse_shim.livequery.relay import Relay
from parse_shim.settings import Settings
relay = Relay(Settings(app_id="a", master_key="k"), print, Path(sys.argv[1]))
handed = []
relay._hand_over = handed.append
time.sleep(0.01)  # its greenlets begin
for number in range(3):
    relay.send(Change("A", None, {"objectId": str(number)}))
    assert len(handed) == number + 1, handed
relay.close()
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=60)
