"""`parse-shim serve` as a process: it says where it is, answers, reloads, and ends in good order."""

import datetime
import json
import os
import select
import signal
import sqlite3
import subprocess
import time
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.mongod import free_port

DEVELOPMENT = {"arguments": ["--development"], "appId": None, "masterKey": None, "databaseURI": None}
FUNCTION = """
from parse_shim import cloud

@cloud.define("answer")
def answer(request):
    return {value}
"""


def call(server, name):
    """The result of a cloud function."""
    headers = {"X-Parse-Application-Id": server.app_id, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/functions/{name}", b"{}", headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)["result"]


def children(pid):
    """Process ids below `pid`."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    own = [child for child, parent in pairs if parent == pid]
    return own + [deeper for child in own for deeper in children(child)]


def wait_for_children(pid, number):
    """They are started one after the other; the first answers before the last is there."""
    deadline = time.monotonic() + 10
    while len(found := children(pid)) < number:
        assert time.monotonic() < deadline, f"{len(found)} processes instead of {number}"
        time.sleep(0.02)
    return found


def wait_for_end(pids, seconds=10):
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ready, _, _ = select.select([handle], [], [], seconds)
        os.close(handle)
        assert ready, f"process {pid} lives on"


def test_it_says_where_it_is_and_how_to_make_a_request(live_server, tmp_path):
    server = live_server(tmp_path, **DEVELOPMENT, logLevel=None)
    said = server.output()
    assert f"parse-shim serves http://localhost:{server.url.split(':')[2]}" in said
    for part in ("livesessions", "in data/master.key", "data/parse.db (SQLite)", "OpenTok emulator at", "may create classes"):
        assert part in said
    line = next(line for line in said.splitlines() if line.strip().startswith("try"))
    pasted = subprocess.run(["bash", "-c", line.split(maxsplit=1)[1]], capture_output=True, text=True, timeout=20)
    assert "objectId" in json.loads(pasted.stdout)
    assert server.stop() == 0
    assert "POST /parse/classes/GameScore 201" in server.output()


def test_the_random_master_key_is_kept(live_server, tmp_path):
    key = tmp_path / "data" / "master.key"
    live_server(tmp_path, **DEVELOPMENT).stop()
    first = key.read_text()
    live_server(tmp_path, **DEVELOPMENT).stop()
    assert key.read_text() == first


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_with_all_that_it_started(live_server, number):
    server = live_server(workers=2)
    below = wait_for_children(server.process.pid, 3)  # two workers and the local OpenTok
    server.process.send_signal(number)
    assert server.process.wait(20) == 0
    wait_for_end(below)
    assert "Traceback" not in server.output()


@pytest.mark.parametrize("flags", [[], ["--dev"], ["--workers", "2"]], ids=["plain", "dev", "workers"])
def test_after_a_stop_everything_is_in_the_database_file(live_server, tmp_path, flags):
    """Somebody may copy that one file: what SQLite keeps beside it is gone."""
    server = live_server(tmp_path, arguments=["--development", *flags])
    headers = {"X-Parse-Application-Id": server.app_id, "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{server.url}/classes/Kept", b'{"n": 1}', headers), timeout=10).close()
    assert server.stop() == 0
    (file,) = (path for path in tmp_path.glob("**/*.db*") if not path.name.endswith("-turn"))
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as copy:
        assert copy.execute("select count(*) from sqlite_master where name like '%Kept%'").fetchone()[0] > 0


def test_nothing_outlives_a_kill(live_server):
    server = live_server()
    below = children(server.process.pid)
    server.process.kill()
    server.process.wait(10)
    wait_for_end(below)


def test_it_serves_https(live_server, tmp_path):
    certificate, key = self_signed(tmp_path)
    server = live_server(certfile=str(certificate), keyfile=str(key))
    assert server.url.startswith("https://")


def test_broken_cloud_code_stops_the_start_and_is_named(live_server, tmp_path):
    (tmp_path / "hooks.py").write_text("from parse_shim import cloud\n\ncloud.no_such_hook\n")
    with pytest.raises(RuntimeError, match=r"parse-shim: cannot start: .*no_such_hook"):
        live_server(tmp_path, cloud="hooks")


def test_dev_reloads_changed_cloud_code_and_survives_broken_code(live_server, tmp_path):
    code = tmp_path / "cloud" / "main.py"
    code.parent.mkdir()
    # a package, since this repository's own cloud/ would win over a folder that is none
    (code.parent / "__init__.py").write_text("")
    code.write_text(FUNCTION.format(value=1))
    # one worker: a second one might be loading only now, and has no old code to go on with
    server = live_server(tmp_path, dev=True, workers=1)
    assert call(server, "answer") == 1
    code.write_text("def")
    until(lambda: "not reloaded, the old code goes on: SyntaxError" in server.output(), 20)
    assert call(server, "answer") == 1
    code.write_text(FUNCTION.format(value=2))
    until(lambda: call(server, "answer") == 2, 20)
    assert server.output().count("not reloaded") == 1


def until(true, seconds):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_restart_finds_the_port_free(live_server, tmp_path):
    port = free_port()
    live_server(tmp_path, port=port).stop()
    live_server(tmp_path, port=port)


def self_signed(folder):
    """A certificate for 127.0.0.1 and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"
