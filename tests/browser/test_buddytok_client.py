"""BuddyTok's own web client, unmodified, in two DOM windows (jsdom) against the running server and the emulator (B8).

Its files are not part of this project: BUDDYTOK_WEB_ROOT names a checkout's `web` folder (repository aoberoi/buddytok).
"""

import functools
import http.server
import json
import os
import subprocess
import threading
from pathlib import Path

import pytest

from parse_shim.testing.opentok_emulator import OpenTokEmulator
from parse_shim.video.base import FAKE_KEY, FAKE_SECRET

HERE = Path(__file__).parent
WANTED = {
    ("GET", "/presence"): None,
    ("POST", "/users"): {"name": "Ann", "status": "offline", "connected": False, "token": None},
    ("POST", "/chats"): {
        "incoming": False,
        "remoteUser": {"name": "Bob", "status": "online", "available": True},
        "sessionId": None,
        "token": None,
        "apiKey": None,
    },
    ("GET", "/chats"): None,
}
"""What the original client sends (video/fixtures.json, literal_requests_of_the_unmodified_web_client)."""
LIBRARIES = {
    "//cdnjs.cloudflare.com/ajax/libs/loglevel/0.6.0/loglevel.min.js": "loglevel/dist/loglevel.min.js",
    "//code.jquery.com/jquery-2.1.1.min.js": "jquery/dist/jquery.min.js",
    "//maxcdn.bootstrapcdn.com/bootstrap/3.2.0/js/bootstrap.min.js": "bootstrap/dist/js/bootstrap.min.js",
    "//cdnjs.cloudflare.com/ajax/libs/lodash.js/2.4.1/lodash.min.js": "lodash/dist/lodash.min.js",
    "//cdnjs.cloudflare.com/ajax/libs/backbone.js/1.1.2/backbone-min.js": "backbone/backbone-min.js",
    "https://maxcdn.bootstrapcdn.com/bootstrap/3.2.0/css/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
}
"""What the page names -> where npm has the same version."""

root = os.environ.get("BUDDYTOK_WEB_ROOT", "")
needs_files = pytest.mark.skipif(not root, reason="BUDDYTOK_WEB_ROOT names no checkout of aoberoi/buddytok's web folder")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def libraries(browser_modules):
    """The URL under which the npm packages are served."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(browser_modules)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_site(live_server, libraries):
    """`open_site(web_root)`: the root URL of a server with BuddyTok on."""
    with OpenTokEmulator() as emulator:

        def start(web_root):
            env = {
                "OPENTOK_API_KEY": FAKE_KEY,
                "OPENTOK_API_SECRET": FAKE_SECRET,
                "OPENTOK_API_URL": emulator.url,
                "BUDDYTOK_ENABLED": "1",
                "BUDDYTOK_WEB_ROOT": web_root,
                "BUDDYTOK_SCRIPT_MAP": json.dumps({name: f"{libraries}/{file}" for name, file in LIBRARIES.items()}),
            }
            return live_server(cloud="cloud.main", schemas="schemas", env=env).url.removesuffix("/parse") + "/"

        yield start


@needs_files
def test_the_unmodified_client_meets_invites_and_chats(open_site):
    done = subprocess.run(["node", str(HERE / "buddytok.mjs"), open_site(root)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    requests = json.loads(done.stdout)
    assert [bodies(requests, *name)[0] for name in WANTED] == list(WANTED.values())


def bodies(requests, method, path):
    """What was sent there, in order. The ids of invited chats are in the query string."""
    return [each["body"] for each in requests if (each["method"], each["url"].partition("?")[0]) == (method, path)]


def chat_in_chromium(chromium, url, kind, folder):
    command = ["node", str(HERE / "buddies.mjs"), chromium, url, kind, os.environ.get("SCREENSHOTS") or str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@needs_files
def test_the_unmodified_client_in_a_real_browser(open_site, chromium, tmp_path):
    chat_in_chromium(chromium, open_site(root), "original", tmp_path)


def test_our_own_page_in_a_real_browser(open_site, chromium, browser_modules, tmp_path):
    chat_in_chromium(chromium, open_site(""), "own", tmp_path)
