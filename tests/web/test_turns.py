"""A connection that always has a next request leaves the others their turn: the loop looks at sockets before each answer."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CODE = """
from gevent import monkey
monkey.patch_all()
import sys, socket, gevent
from werkzeug.test import EnvironBuilder
from parse_shim.web.app import create_app

app = create_app(appId="a", masterKey="m", databaseURI="memory://", silent=True)
method, path = sys.argv[1:]
near, far = socket.socketpair()
answered = 0

def busy():
    global answered
    while not other.ready() and answered < 1000:
        environ = EnvironBuilder(path, method=method, json={"requests": []} if method == "POST" else None).get_environ()
        b"".join(app.wsgi_app(environ, lambda *head: None))
        answered += 1

other = gevent.spawn(near.recv, 1)
gevent.sleep(0.001)
far.send(b"x")
gevent.spawn(busy).join()
print("fine" if answered <= 2 else answered)
"""


@pytest.mark.parametrize(("method", "path"), [("GET", "/parse/classes/Any"), ("POST", "/parse/batch")])
def test_a_busy_connection_lets_others_read(method, path):
    run = subprocess.run([sys.executable, "-c", CODE, method, path], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.stdout == "fine\n", run.stdout + run.stderr[-2000:]
