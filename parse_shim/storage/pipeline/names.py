"""Pipelines in REST names -> pipelines in stored names (contract/02, section 9).

parse-server maps the names of `$match`, `$project` and `$group` and passes everything else on. Here all stages are mapped as long
as the objects have their stored shape; after `$group` and the like only `objectId` is, since the other names are the pipeline's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parse_shim.classes.model import ClassDef
from parse_shim.errors import Refused
from parse_shim.storage.pipeline.native import Native, decoded, stored
from parse_shim.values.dates import parse_iso
from parse_shim.values.types import Pointer

Stage = dict[str, Any]

_KEEPS_SHAPE = frozenset(
    {"$match", "$sort", "$limit", "$skip", "$sample", "$addFields", "$set", "$unset", "$project", "$unwind", "$lookup"}
)  # fmt: skip
_KEYED = frozenset({"$sort", "$project", "$addFields", "$set"})
_LOGIC = frozenset({"$and", "$or", "$nor"})
_DEEPEST = 60


def compile_pipeline(pipeline: Sequence[Mapping[str, Any]], native: Native) -> list[Stage]:
    """Raises Refused 102 for what is no list of stages."""
    names = Names(native)
    out: list[Stage] = []
    for stage in pipeline:
        if len(stage) != 1:
            raise Refused("A pipeline stage specification object must contain exactly one field.")
        [(operator, body)] = stage.items()
        out.append({operator: names.stage(operator, body)})
        names.whole = names.whole and operator in _KEEPS_SHAPE
    return out


def groups_by_pointer(pipeline: Sequence[Mapping[str, Any]], cls: ClassDef) -> bool:
    """Does a `$group` take a Pointer column as its id?"""
    for stage in pipeline:
        body = stage.get("$group")
        reference = body.get("_id") if isinstance(body, Mapping) else None
        if isinstance(reference, str) and cls.kind(reference.removeprefix("$")) == "Pointer":
            return True
    return False


class Names:
    """The names at one point of the pipeline. `whole`: the objects still have the fields of the class."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self.whole = True

    def stage(self, operator: str, body: Any) -> Any:
        if operator == "$match":
            return self.match(body)
        if operator in _KEYED and isinstance(body, Mapping):
            return {self.path(key): self.expression(value) for key, value in body.items()}
        if operator == "$facet" and isinstance(body, Mapping):
            return {key: compile_pipeline(part, self._native) for key, part in body.items()}
        if operator == "$unset":
            return [self.path(key) for key in body] if isinstance(body, list) else self.path(str(body))
        if operator == "$lookup" and isinstance(body, Mapping):
            return self._lookup(body)
        return self.expression(body)

    def path(self, path: str) -> str:
        """`createdAt` -> `_created_at`, `p` -> `_p_p`; a name of the pipeline's own stays."""
        if path == "objectId":
            return "_id"
        if not self.whole or path.startswith(("$", "_")):
            return path
        return self._native.path(path)

    def expression(self, value: Any, depth: int = 0) -> Any:
        """An expression with its `"$field"` references mapped."""
        if depth > _DEEPEST:
            raise Refused("The pipeline is nested too deeply.")
        if isinstance(value, str):
            return self._reference(value)
        if isinstance(value, list):
            return [self.expression(item, depth + 1) for item in value]
        if isinstance(value, Mapping):
            if "$literal" in value:
                return value
            if "__type" in value or "$date" in value:
                return {"$literal": _constant(value)}
            return {key: self.expression(item, depth + 1) for key, item in value.items()}
        return stored(value)

    def match(self, body: Any, depth: int = 0) -> Any:
        """A filter document. Bare ids on Pointer columns, ISO texts on Date columns."""
        if not isinstance(body, Mapping):
            raise Refused("the match filter must be an expression in an object")
        if depth > _DEEPEST:
            raise Refused("The pipeline is nested too deeply.")
        out: Stage = {}
        for key, value in body.items():
            if key in _LOGIC and isinstance(value, list):
                out[key] = [self.match(part, depth + 1) for part in value]
            elif key == "$expr":
                out[key] = self.expression(value)
            else:
                out[self.path(key)] = self._operand(key, value)
        return out

    def _lookup(self, body: Mapping[str, Any]) -> Stage:
        """Names of the other class stand as they are stored; only what comes from this class is mapped."""
        out = dict(body)
        if isinstance(out.get("localField"), str):
            out["localField"] = self.path(out["localField"])
        if isinstance(out.get("let"), Mapping):
            out["let"] = self.expression(out["let"])
        return out

    def _reference(self, text: str) -> str:
        if not text.startswith("$") or text.startswith("$$"):
            return text
        first, dot, rest = text[1:].partition(".")
        if dot and first != "authData":
            return f"${self.path(first) if first == 'objectId' else first}.{rest}"
        return "$" + self.path(text[1:])

    def _operand(self, key: str, value: Any, depth: int = 0) -> Any:
        """What a field is compared with; `{"$gt": ...}` and lists are entered."""
        if depth > _DEEPEST:
            raise Refused("The pipeline is nested too deeply.")
        if isinstance(value, list):
            return [self._operand(key, item, depth + 1) for item in value]
        column = self._native.cls.fields.get(key) if self.whole else None
        kind = column.kind if column else None
        if isinstance(value, Mapping):
            if "__type" in value or "$date" in value:
                found = _constant(value)
                return found.text if isinstance(found, Pointer) and kind == "Pointer" else stored(found)
            return {name: self._operand(key, item, depth + 1) for name, item in value.items()}
        if isinstance(value, str) and column is not None:
            if kind == "Pointer" and "$" not in value:
                return f"{column.target}${value}"
            if kind == "Date":
                return parse_iso(value)
        return stored(value)


def _constant(value: Mapping[str, Any]) -> Any:
    """A Date or Pointer in REST form, or a date in extended JSON."""
    return parse_iso(value["$date"]) if "$date" in value else decoded(dict(value))
