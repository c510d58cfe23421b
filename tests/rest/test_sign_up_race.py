"""Sign-ups at the same moment on SQLite, where reading and writing go through different connections (security/advisories, section 7)."""

import threading

import pytest

from parse_shim.errors import ParseError
from parse_shim.rest import write
from parse_shim.rest.core import NOBODY, Context, build_core
from parse_shim.settings import Settings
from parse_shim.storage.open import open_engine


@pytest.fixture
def nobody(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'parse.db'}")
    yield Context(build_core(Settings(app_id="app", master_key="key"), engine=engine), NOBODY)
    engine.close()


def at_once(work, times=5):
    outcomes = []

    def run():
        try:
            outcomes.append(work())
        except ParseError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_one_name_is_one_user(nobody):
    for number in range(3):
        fields = {"username": f"ann{number}", "password": "p"}
        outcomes = at_once(lambda fields=fields: write.create(nobody, "_User", fields).status)
        assert sorted(outcomes) == [201, 202, 202, 202, 202]


def test_one_login_of_a_provider_is_one_user(nobody):
    """The losers find the winner's user, although its commit and their rollback are a moment old."""
    for number in range(10):
        fields = {"authData": {"anonymous": {"id": f"device-{number}"}}}
        made = at_once(lambda fields=fields: write.create(nobody, "_User", fields).object_id)
        assert len(set(made)) == 1
