"""REST names in, stages one after the other, REST names out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.errors import Refused
from parse_shim.storage.pipeline.names import compile_pipeline, groups_by_pointer
from parse_shim.storage.pipeline.native import Native, without_secrets
from parse_shim.storage.pipeline.stages import Run, run_stages
from parse_shim.values.types import Doc

ReadAll = Callable[[str], Iterable[Doc]]


def run_pipeline(cls: ClassDef, pipeline: Sequence[Mapping[str, Any]], options: Mapping[str, Any], read_all: ReadAll) -> list[Doc]:
    """Rows of `pipeline` over the objects of `cls`; `read_all` gives the objects of any class, as copies.

    `options`: rawValues (extended JSON, pointers as `_p_p`), rawFieldNames (stored names). Without them rows are in REST names
    with Values; hidden names and the ACL are left out. Secrets of users never come out.
    Raises Refused 102 for stages and operators that are not known.
    """
    native = Native(cls)
    stages = compile_pipeline(pipeline, native)
    run = Run(lambda name: [native.write(doc) for doc in read_all(name)])
    try:
        rows = [without_secrets(row) for row in run_stages(stages, run(cls.name), run)]
    except RecursionError:
        raise Refused("The pipeline is nested too deeply.")
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, ArithmeticError) as error:
        # an operator got arguments of a form that it does not expect
        raise Refused(f"The pipeline cannot be carried out: {str(error)[:100]}")
    if options.get("rawValues") or options.get("rawFieldNames"):
        return [native.raw(row, extended=bool(options.get("rawValues")), own_names=bool(options.get("rawFieldNames"))) for row in rows]
    grouped = groups_by_pointer(pipeline, cls)
    return [native.read(row, grouped) for row in rows]
