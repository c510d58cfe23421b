"""A pattern that is none, `$options` alone: parse-server 500, here 102. A pattern that backtracks without end is cut off
here, on every store.
"""

import time

import pytest

from parse_shim.storage.open import open_engine
from tests.web.world import Web, error


@pytest.mark.parametrize("condition", [{"$regex": "["}, {"$regex": "(a"}, {"$options": "i"}])
def test_a_bad_pattern_is_the_clients_fault(web, condition):
    web.create("A", s="text")
    assert error(web("POST", "/classes/A", {"_method": "GET", "where": {"s": condition}}))[:2] == (400, 102)


@pytest.mark.parametrize("uri", ["memory://", "sqlite://"])
def test_a_pattern_that_runs_away_is_cut_off(uri):
    web = Web(engine=open_engine(uri), regexTimeoutMs=50)
    web.create("A", s="a" * 40 + "!")
    began = time.monotonic()
    answer = web("POST", "/classes/A", {"_method": "GET", "where": {"s": {"$regex": "^(([a-z])+.)+[A-Z]([a-z])+$"}}})
    assert answer.status_code in (200, 400)
    assert time.monotonic() - began < 3
