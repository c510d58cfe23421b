"""Connections that wait for a request: for how long, and until the server stops."""

import gc
import logging
import os
from types import SimpleNamespace

import gevent
import pytest
from gunicorn.config import Config

from parse_shim.serving import Server
from parse_shim.serving_worker import Worker
from parse_shim.settings import Settings


@pytest.fixture
def worker():
    made = Worker(1, os.getppid(), [], None, 30, Config(), logging.getLogger("worker"))
    yield made
    made.tmp.close()


def waiting(worker, seconds):
    """A connection that waits for its next request, at most `seconds`."""
    worker.cfg.set("keepalive", seconds)

    def wait():
        with worker.timeout_ctx():
            gevent.sleep(60)
            return "a request"
        return "let go"

    started = gevent.spawn(wait)
    gevent.sleep(0)
    return started


def test_a_connection_is_let_go_when_its_time_is_over(worker):
    late, early = waiting(worker, 0), waiting(worker, 30)
    worker.notify()
    assert late.get(timeout=5) == "let go"
    assert not early.ready()
    early.kill()


def test_all_are_let_go_when_the_server_stops(worker):
    both = [waiting(worker, 30), waiting(worker, 30)]
    worker.alive = False
    worker.notify()
    assert [each.get(timeout=5) for each in both] == ["let go", "let go"]


def test_a_request_that_came_in_time_is_not_disturbed(worker):
    worker.cfg.set("keepalive", 0)

    def serve():
        with worker.timeout_ctx():
            gevent.sleep(0)
        gevent.sleep(0.01)
        return "served"

    started = gevent.spawn(serve)
    gevent.sleep(0)
    worker.notify()
    assert started.get(timeout=5) == "served"


@pytest.mark.parametrize("dev", [False, True])
def test_what_a_worker_has_imported_is_not_looked_through_for_garbage(dev):
    """With --dev it may become garbage: modules are imported anew."""
    server = Server(Settings(app_id="a", master_key="k", dev=dev), lambda: None, ())
    calls = server.callbacks()
    try:
        gc.disable()
        calls["when_ready"](None)
        assert gc.isenabled()
        calls["post_fork"](None, SimpleNamespace(age=2))
        assert not gc.isenabled()
        calls["post_worker_init"](None)
        assert gc.isenabled()
        assert (gc.get_freeze_count() > 0) is not dev
    finally:
        gc.unfreeze()
        gc.enable()
