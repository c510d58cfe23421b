"""before_find and after_find around the steps of read.py. Source: contract/10, sections 3 and 7."""

from __future__ import annotations

from parse_shim.rest.reading import Found, Reading


def before_find(reading: Reading) -> None:
    return None


def after_find(reading: Reading, found: Found) -> None:
    return None
