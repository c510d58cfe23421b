"""Forms and query strings are read as urllib reads them."""

from urllib.parse import parse_qsl

import pytest

from parse_shim.errors import TransportError
from parse_shim.web.bodies import MANY_FIELDS, parse_form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "&",
        "a",
        "a=",
        "=a",
        "=",
        "a=1&&b=2&",
        "a=1;b=2",
        "a=b=c",
        "a+b=c+d%2B",
        "%61=%7B%22x%22%3A1%7D",
        "a=%",
        "a=%4",
        "a=%zz%41",
        "a=%ff%C3%A9",
        "a=\xe9%C3%A9%ff",
        "a=%E2%82",
        "a=%00",
    ],
)
def test_a_form_is_read_as_urllib_reads_it(text):
    assert parse_form(text) == dict(parse_qsl(text, keep_blank_values=True, errors="replace"))


def test_a_name_sent_again_makes_a_list():
    assert parse_form("a=1&b=2&a=3&a=4") == {"a": ["1", "3", "4"], "b": "2"}


def test_so_many_fields_and_no_more():
    assert len(parse_form("&".join(f"n{i}" for i in range(MANY_FIELDS)))) == MANY_FIELDS
    with pytest.raises(TransportError, match="too many"):
        parse_form("&" * MANY_FIELDS)
