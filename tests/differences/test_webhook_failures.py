"""A webhook that answers with a bad status or with no JSON: parse-server passes a dump of the response on or `{}`, here 141 with
a plain text; the code of an error it sends is kept.
"""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.web.world import error


@pytest.fixture
def hook():
    """`hook(status, body)`: the address of a server that always answers so."""
    servers = []

    def start(status, body):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(500, b"<html>secret trace</html>", 141), (200, b"no json", 141), (200, b'{"error": {"code": 101, "error": "gone"}}', 101)],
)
def test_a_webhook_that_fails(web, hook, status, body, code):
    web.master("POST", "/hooks/functions", {"functionName": "f", "url": hook(status, body)})
    answer = web("POST", "/functions/f", {})
    assert (answer.status_code, error(answer)[1]) == (404 if code == 101 else 400, code)
    assert isinstance(answer.json["error"], str)
    assert "secret" not in answer.text
