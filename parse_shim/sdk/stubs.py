"""Classes as a stub file, so that an editor completes fields: `request.object["` lists the columns, with their types."""

from __future__ import annotations

from collections.abc import Iterable

from parse_shim.classes.model import ClassDef, FieldType
from parse_shim.classes.system import is_join, is_plain_name

HEAD = '''"""Fields of the classes, written by `parse-shim types`. Import it under TYPE_CHECKING:

    if TYPE_CHECKING:
        from {module} import {example}Request

    @cloud.before_save("{class_name}")
    def check(request: "{example}Request") -> None:
        request.object["  # here an editor lists the fields
"""

from datetime import datetime
from typing import Any, Literal, overload

from parse_shim import ACL, File, GeoPoint, Object, Polygon
from parse_shim.hooks.requests import TriggerRequest
from parse_shim.sdk import user
from parse_shim.sdk.relation import Relation
'''

PLAIN = {
    "String": "str",
    "Number": "float",
    "Boolean": "bool",
    "Date": "datetime",
    "Object": "dict[str, Any]",
    "Array": "list[Any]",
    "GeoPoint": "GeoPoint",
    "File": "File",
    "Bytes": "bytes",
    "Polygon": "Polygon",
    "Relation": "Relation",
    "ACL": "ACL",
}
BASES = {"_User": "user.User", "_Role": "user.Role", "_Session": "user.Session", "_Installation": "user.Installation"}


def stub_text(classes: Iterable[ClassDef], module: str = "cloud.classes") -> str:
    """The stub of these classes. `module`: where it will be imported from, for its own docstring."""
    shown = {cls.name: cls for cls in classes if not is_join(cls.name) and is_plain_name(cls.name.removeprefix("_"))}
    names = frozenset(shown)
    example = min((name for name in shown if not name.startswith("_")), default="_User")
    head = HEAD.replace("{module}", module).replace("{class_name}", example).replace("{example}", python_name(example))
    parts = [head]
    for name in sorted(shown):
        parts += [_class(shown[name], names), _request(name)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def python_name(class_name: str) -> str:
    """`_User` is `User`."""
    return class_name.removeprefix("_")


def _class(cls: ClassDef, names: frozenset[str]) -> str:
    lines = [f"class {python_name(cls.name)}({BASES.get(cls.name, 'Object')}):"]
    for name, column in cls.fields.items():
        kind = _type(column, names)
        lines += ["    @overload", f'    def __getitem__(self, name: Literal["{name}"]) -> {kind}: ...']
    lines += ["    @overload", "    def __getitem__(self, name: str) -> Any: ..."]
    for name, column in cls.fields.items():
        kind = _type(column, names)
        lines += ["    @overload", f'    def get(self, name: Literal["{name}"], default: Any = None) -> {kind} | None: ...']
    lines += ["    @overload", "    def get(self, name: str, default: Any = None) -> Any: ..."]
    return "\n".join(lines)


def _request(class_name: str) -> str:
    name = python_name(class_name)
    return "\n".join(
        [
            f"class {name}Request(TriggerRequest):",
            "    @property",
            f"    def object(self) -> {name}: ...",
            "    @object.setter",
            "    def object(self, value: Object) -> None: ...",
            "    @property",
            f"    def original(self) -> {name} | None: ...",
        ]
    )


def _type(column: FieldType, names: frozenset[str]) -> str:
    if column.kind == "Pointer":
        return python_name(column.target) if column.target in names and column.target else "Object"
    return PLAIN[column.kind]
