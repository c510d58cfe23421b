"""Fixtures for requests through the whole application."""

import pytest

from tests.web.world import Web


@pytest.fixture
def web() -> Web:
    return Web()
