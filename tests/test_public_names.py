"""What `from parse_shim import ...` gives: nothing else is promised."""

import subprocess
import sys

import pytest

import parse_shim

PROMISED = {
    *("create_app", "Settings", "cloud"),
    *("Object", "Query", "User", "Role", "Session", "Installation", "Pointer", "GeoPoint", "File", "Polygon", "ACL", "Config", "Push"),
    *("Lock", "update_if", "Validator", "Field", "RateLimit", "CloudResponse"),
    *("ParseError", "Code", "ObjectNotFound", "ParseClass"),
}


def test_the_names_are_these():
    assert set(parse_shim.__all__) == PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_each_name_is_there(name):
    assert getattr(parse_shim, name) is not None
    assert name in dir(parse_shim)


def test_other_names_are_not():
    with pytest.raises(AttributeError):
        parse_shim.nothing  # noqa: B018


def test_a_part_can_be_imported_without_the_whole():
    code = "import sys, parse_shim.values.types; sys.exit('flask' in sys.modules or 'parse_shim.rest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == 0
