"""Time limits: a waiting hook and a computing one are cut, `def` and `async def`, and nobody else is hurt."""

import subprocess
import sys
import textwrap
import threading
import time

import pytest

SLOW = {
    "waits": "def f(request): time.sleep(30)",
    "computes": "def f(request):\n    while True: pass",
    "holds on": "def f(request):\n    while True:\n        try: time.sleep(0.01)\n        except Exception: pass",
    "awaits": "async def f(request): await asyncio.sleep(30)",
    "computes in a coroutine": "async def f(request):\n    while True: pass",
}


@pytest.mark.parametrize("body", SLOW.values(), ids=SLOW.keys())
def test_a_hook_that_takes_too_long_is_cut(app, body, caplog):
    server = app(f"@cloud.function\n{body}\n@cloud.function\nasync def g(request): return 1\n", hook_timeout_seconds=0.5)
    started = time.monotonic()
    assert server.refused("call", "f") == (141, "function hook cloud_under_test_0.f took longer than 0.5 seconds")
    assert time.monotonic() - started < 5
    assert "cloud_under_test_0.py:7" in caplog.text
    assert server.call("g") == {"result": 1}


def test_the_limit_covers_what_the_hook_calls(app):
    server = app(
        """
        @cloud.before_save("C")
        def before(request): time.sleep(30)
        @cloud.function
        def f(request): Object("C").save()
        """,
        hook_timeout_seconds=0.2,
    )
    assert server.refused("call", "f")[0] == 141
    assert server.master.find("C") == []


def test_a_hook_that_was_cut_reaches_the_server_no_more(app):
    server = app(
        """
        @cloud.function
        def f(request):
            try: time.sleep(0.4)
            finally: Object("Late").save()
        """,
        hook_timeout_seconds=0.1,
    )
    assert server.refused("call", "f")[0] == 141
    deadline = time.monotonic() + 0.7
    while time.monotonic() < deadline and not threading.Event().wait(0.05):
        assert server.master.find("Late") == []


UNDER_GEVENT = """
from gevent import monkey; monkey.patch_all()
import gevent, sys, time, types
from parse_shim.errors import ParseError
from parse_shim.hooks.registry import load_cloud
from parse_shim.rest import functions, write
from parse_shim.rest.core import NOBODY, Context, build_core
from parse_shim.settings import Settings
from parse_shim.storage.memory import MemoryEngine

settings = Settings(app_id="a", master_key="m", database_uri="memory://", allow_client_class_creation=True, hook_timeout_seconds=1)
core = build_core(settings, engine=MemoryEngine(), hooks=load_cloud("slow_hooks"))
ctx = Context(core, NOBODY, base_url="http://here/parse")

def call(name):
    started = time.monotonic()
    try:
        return functions.call_function(ctx, name, {}).body.get("result")
    except ParseError as problem:
        assert time.monotonic() - started < 8, name
        return problem.code, problem.message

def innocent():
    for _ in range(100):
        gevent.sleep(0.01)
    return "unhurt"

others = [gevent.spawn(innocent) for _ in range(3)]
for names in (["waits", "computes", "awaits", "saves", "asaves"], ["acomputes"], ["saves", "asaves", "nested"]):
    for name, job in [(name, gevent.spawn(call, name)) for name in names]:
        print(name, job.get())
print([other.get() for other in others])
"""

HOOKS = """
import asyncio, time
from parse_shim import Object, Query, cloud

@cloud.function
def waits(request): time.sleep(30)

@cloud.function
def computes(request):
    while True: pass

@cloud.function
async def awaits(request): await asyncio.sleep(30)

@cloud.function
async def acomputes(request):
    while True: pass

@cloud.function
def saves(request):
    Object("C", n=1).save()
    return Query("C").count() > 0

@cloud.function
async def asaves(request):
    await Object("C", n=1).save()
    one, two = await asyncio.gather(asyncio.to_thread(lambda: 1), Query("C").count())
    return one == 1 and two > 0

@cloud.function
async def nested(request): return await cloud.run("saves")
"""


def test_under_gevent(tmp_path):
    (tmp_path / "slow_hooks.py").write_text(HOOKS)
    (tmp_path / "run.py").write_text(UNDER_GEVENT)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "run.py")],
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    cut = "(141, 'function hook slow_hooks.{0} took longer than 1 seconds')"
    late = {name: f"{name} {cut.format(name)}" for name in ("waits", "computes", "awaits", "acomputes")}
    first = [late["waits"], late["computes"], late["awaits"], "saves True", "asaves True"]
    then = [late["acomputes"], "saves True", "asaves True", "nested True", "['unhurt', 'unhurt', 'unhurt']"]
    assert done.stdout.splitlines() == first + then, done.stderr


def test_async_hooks_share_one_loop_and_await_the_server(app):
    server = app(
        textwrap.dedent(
            """
            @cloud.before_save("C")
            async def before(request):
                other = await Object("Log", text="x").save(use_master_key=True)
                request.object["log"] = other
                seen.append(id(asyncio.get_running_loop()))
            @cloud.function
            async def f(request):
                seen.append(id(asyncio.get_running_loop()))
                found = await Query("C").include("log").first(use_master_key=True)
                await found["log"].fetch(use_master_key=True)
                return found["log"]["text"]
            @cloud.function
            async def g(request):
                await Query("C").get("nope")
            """
        )
    )
    assert server.create("C")["log"]["className"] == "Log"
    assert server.call("f") == {"result": "x"}
    assert len(set(server.seen)) == 1
    assert server.refused("call", "g") == (101, "Object not found.")
