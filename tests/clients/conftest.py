"""Phones against one server."""

import uuid

import pytest

from parse_shim.hooks.registry import collect
from tests.clients import cloud_phones
from tests.clients.phone import Phone
from tests.web.world import Web


@pytest.fixture(scope="module")
def phone_server():
    return Web(cloud=collect(cloud_phones), fileUpload={"enableForPublic": True}, push={"adapter": "log"})


@pytest.fixture(params=["ios", "android"])
def phone(phone_server, request):
    return Phone(phone_server, request.param)


@pytest.fixture
def name():
    """A class of this test alone."""
    return "C" + uuid.uuid4().hex[:8]
