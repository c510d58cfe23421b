"""The commands as a user types them, as far as nothing is served."""

import json
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from parse_shim.cli import main
from parse_shim.cli_load import DEVELOPMENT
from parse_shim.cli_serve import first_request, local_url, phone_url, place, sqlite_file
from parse_shim.serving import configuration
from parse_shim.settings import Settings
from tests.support.live import environment
from tests.support.mongod import free_port

KEYS = ["--app-id", "app", "--master-key", "master"]


def run(folder, *arguments, env=None):
    """(status, output, error output) of `parse-shim ...`, run in `folder`."""
    command = [sys.executable, "-m", "parse_shim", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment(env or {}), capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def settings(**options):
    return Settings.from_options({"appId": "app", "masterKey": "master", **options})


def test_help_names_every_flag_with_its_variable():
    shown = CliRunner().invoke(main, ["serve", "--help"]).output
    flags = """--host --port --mount-path --server-url --app-id --master-key --client-key --javascript-key --rest-api-key
    --dotnet-key --master-key-ips --database-uri --cloud --schemas --workers --trust-proxy --certfile --keyfile --dev --config"""
    assert [flag for flag in flags.split() if flag not in shown] == []
    assert "PARSE_SERVER_APPLICATION_ID" in shown


@pytest.mark.parametrize(
    ("arguments", "env", "text"),
    [
        ([], {}, "parse-shim: appId is missing"),
        ([*KEYS, "--port", "http"], {}, 'parse-shim: port (command line): expected a number, got "http"'),
        (KEYS, {"PORT": "x"}, "parse-shim: port (environment variable PORT): expected a number"),
        ([*KEYS, "--set", "prot=3"], {}, "parse-shim: prot (command line): there is no such option; did you mean port?"),
        ([*KEYS, "--set", "prot"], {}, "expected KEY=JSON"),
        ([*KEYS, "--config", "none.json"], {}, "parse-shim: file none.json: cannot be read"),
        (KEYS, {"PARSE_SERVER_CLOUD": "./cloud/main.js"}, "cloud code is Python here"),
        ([*KEYS, "--certfile", "a", "--keyfile", "b"], {}, "parse-shim: certfile a: there is no such file"),
        ([*KEYS, "--workers", "2", "--database-uri", "sqlite://"], {}, "a database in memory has one worker"),
        (KEYS, {"OPENTOK_API_KEY": "4711"}, "parse-shim: OPENTOK_API_SECRET: is missing"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(tmp_path, arguments, env, text):
    status, _, errors = run(tmp_path, "serve", *arguments, env=env)
    assert status in (1, 2)
    assert text in errors
    assert "Traceback" not in errors


def test_a_port_in_use_is_said_in_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, _, errors = run(tmp_path, "serve", *KEYS, "--host", "127.0.0.1", "--port", port)
    assert (status, errors) == (1, f"parse-shim: port {port} on 127.0.0.1 is in use: stop that program or give --port N\n")


def test_an_option_that_is_not_built_is_warned_about(tmp_path):
    options = [*KEYS, "--set", "mountPlayground=true", "--port", str(free_port()), "--certfile", "a", "--keyfile", "b"]
    _, _, errors = run(tmp_path, "serve", *options)
    assert "parse-shim: warning: option mountPlayground is not built yet" in errors


def test_development_gives_way_to_every_other_source(tmp_path):
    (tmp_path / "options.json").write_text(json.dumps({"appId": "mine", "masterKey": "m", "host": "192.0.2.1"}))
    _, _, errors = run(tmp_path, "serve", "--development", "--config", "options.json")
    assert "cannot listen on 192.0.2.1" in errors
    assert not (tmp_path / "data" / "master.key").exists()


@pytest.mark.parametrize(
    ("uri", "file", "shown"),
    [
        ("sqlite:///data/parse.db", "data/parse.db", "data/parse.db (SQLite)"),
        ("sqlite:////var/p.db?fast=1", "/var/p.db", "/var/p.db (SQLite)"),
        ("sqlite://", None, "in memory, gone when the server stops"),
        ("mongodb://me:secret@a,b/db?replicaSet=r", None, "mongodb://a,b/db (MongoDB)"),
        ("mongodb+srv://me:secret@host/db", None, "mongodb+srv://host/db (MongoDB)"),
    ],
)
def test_the_place_of_the_data_is_shown_without_secrets(uri, file, shown):
    assert place(uri) == shown
    assert (str(sqlite_file(uri)) if sqlite_file(uri) else None) == file


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"allowClientClassCreation": True}, ["/classes/GameScore", "score"]),
        ({}, ["/parse/users", "anonymous"]),
        ({"enableAnonymousUsers": False}, ["/parse/health"]),
        ({"restAPIKey": "rest", "clientKey": "client"}, ["X-Parse-REST-API-Key: rest"]),
        ({"certfile": "a", "keyfile": "b"}, ["curl -k", "https://127.0.0.1:1337"]),
        ({"appId": "it's"}, ["'X-Parse-Application-Id: it'\"'\"'s'"]),
    ],
)
def test_the_first_request_can_be_pasted(options, parts):
    line = first_request(settings(**options))
    assert [part for part in parts if part not in line] == []


def test_the_local_url_is_one_that_can_be_reached():
    assert local_url(settings(host="0.0.0.0", port=5)) == "http://127.0.0.1:5/parse"
    assert local_url(settings(host="::", mountPath="/")) == "http://[::1]:1337"
    assert local_url(settings(host="::1")) == "http://[::1]:1337/parse"


@pytest.mark.parametrize(
    ("host", "way_out", "url"),
    [
        ("0.0.0.0", "192.168.1.10", "http://192.168.1.10:1337/parse"),
        ("0.0.0.0", OSError, None),
        ("127.0.0.1", "192.168.1.10", None),
    ],
)
def test_phones_are_told_the_address_in_their_network(monkeypatch, host, way_out, url):
    class Probe(socket.socket):
        def connect(self, address):
            if way_out is OSError:
                raise OSError("no network")

        def getsockname(self):
            return (way_out, 1)

    monkeypatch.setattr(socket, "socket", Probe)
    assert phone_url(settings(host=host)) == url


def test_gunicorn_is_told_what_matters():
    told = configuration(settings(workers=3, host="::1"))
    assert told["http_parser"] == "fast"
    assert told["control_socket_disable"] is True
    assert told["forwarded_allow_ips"] == ""
    assert (told["worker_class"], told["workers"], told["bind"]) == ("parse_shim.serving_worker.Worker", 3, "[::1]:1337")


def test_the_development_defaults_are_the_documented_ones():
    assert DEVELOPMENT["appId"] == "livesessions"
    assert DEVELOPMENT["host"] == "127.0.0.1"
    assert DEVELOPMENT["allowClientClassCreation"] is True
