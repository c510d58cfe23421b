"""The Parse Dashboard, from npm, in headless Chromium against our server on another origin."""

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support import npm
from tests.support.mongod import free_port

HERE = Path(__file__).parent


@pytest.fixture
def dashboard(tmp_path):
    """A function that starts the dashboard for a server and gives its address."""
    try:
        modules = npm.install(HERE.parent / "dashboard")
    except npm.Missing as missing:
        pytest.skip(str(missing))
    with contextlib.ExitStack() as stack:

        def start(server):
            app = {"serverURL": server.url, "appId": server.app_id, "masterKey": server.master_key, "appName": "app"}
            config = tmp_path / "dashboard.json"
            config.write_text(json.dumps({"apps": [app]}))
            url = f"http://127.0.0.1:{free_port()}"
            log = stack.enter_context((tmp_path / "dashboard.log").open("wb"))
            command = ["node", str(modules / "parse-dashboard/bin/parse-dashboard"), "--dev", "--host", "127.0.0.1"]
            command += ["--port", url.rpartition(":")[2], "--config", str(config)]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            wait_for(url, process)
            return url

        yield start


def wait_for(url, process):
    for _ in range(300):
        if process.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    pytest.fail("parse-dashboard did not start")


def test_the_dashboard_works_unmodified(live_server, dashboard, chromium, browser_modules, tmp_path):
    server = live_server(cloud="tests.browser.dashboard_cloud", push={"adapter": "log"}, allowClientClassCreation=True)
    command = ["node", str(HERE / "dashboard.mjs"), chromium, f"{dashboard(server)}/apps/app", server.url, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["refused"], seen["failed"]) == ([], [])
    assert len(seen["sent"]) > 50
