"""Known data before the first request: a folder of JSON files, a file a class.

| file                      | holds                                                                                         |
|---------------------------|-----------------------------------------------------------------------------------------------|
| `_schema.json`            | list of schemas as GET /schemas gives them (or {"results": [...]})                             |
| `Class.json`              | list of objects in REST form (or {"results": [...]}), with their objectId and dates if wanted |
| `_User.json`              | the same; `password` in clear text or `bcryptPassword`                                          |
| `_Join:field:Class.json`  | list of {"owningId", "relatedId"}                                                              |
| `_config.json`            | {"params": {...}, "masterKeyOnly": {...}}                                                       |
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parse_shim.classes.check import new_fields
from parse_shim.classes.model import ClassDef, FieldType
from parse_shim.ids import new_object_id, now
from parse_shim.rest.core import MASTER, Context, Core
from parse_shim.rest.passwords import hash_password
from parse_shim.rest.schemas import create_schema, update_schema
from parse_shim.update.ops import Set
from parse_shim.values.codec import decode_column, loads
from parse_shim.values.dates import parse_iso
from parse_shim.values.types import Doc

SCHEMA, CONFIG = "_schema", "_config"


class SeedError(Exception):
    """A seed file that cannot be loaded; the text names it."""


def load_seed(core: Core, folder: Path) -> int:
    """Load every file of `folder`; how many objects. Raises SeedError."""
    if not folder.is_dir():
        raise SeedError(f"no seed folder {folder}")
    files = {path.stem: path for path in sorted(folder.glob("*.json"))}
    count = 0
    if SCHEMA in files:
        for schema in _rows(files.pop(SCHEMA)):
            _declare(core, schema)
    if CONFIG in files:
        _load_config(core, files.pop(CONFIG))
    for name, path in files.items():
        try:
            count += _load_links(core, name, path) if name.startswith("_Join:") else _load_class(core, name, path)
        except SeedError:
            raise
        except Exception as error:
            raise SeedError(f"{path.name}: {error}") from error
    return count


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        found = loads(path.read_bytes())
    except Exception as error:
        raise SeedError(f"{path.name} is not JSON: {error}") from error
    rows = found.get("results") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SeedError(f"{path.name} must hold a list of objects")
    return rows


def _declare(core: Core, schema: dict[str, Any]) -> None:
    name = str(schema.get("className"))
    own = {f: t for f, t in (schema.get("fields") or {}).items() if f not in core.classes.get_or_empty(name).fields}
    write = update_schema if core.classes.is_stored(name) else create_schema
    write(Context(core, MASTER), name, {**schema, "fields": own})


def _load_class(core: Core, name: str, path: Path) -> int:
    rows = _rows(path)
    for row in rows:
        doc = _doc(row)
        cls = core.classes.ensure(name)
        cls = core.classes.ensure(name, _columns(doc, cls))
        core.engine.insert(cls, doc)
    return len(rows)


def _columns(doc: Doc, cls: ClassDef) -> dict[str, FieldType]:
    update = {key: Set(value) for key, value in doc.items() if key not in ("objectId", "createdAt", "updatedAt", "ACL") and key[0] != "_"}
    return new_fields(dict(update), cls)


def _doc(row: dict[str, Any]) -> Doc:
    moment = now()
    doc: Doc = {"objectId": row.get("objectId") or new_object_id()}
    for key, value in row.items():
        if key in ("createdAt", "updatedAt"):
            doc[key] = parse_iso(value["iso"] if isinstance(value, dict) else value)
        elif key == "password":
            doc["_hashed_password"] = hash_password(value)
        elif key == "bcryptPassword":
            doc["_hashed_password"] = value
        elif key == "ACL" or key[0] == "_":
            doc[key] = value
        elif isinstance(value, dict) and value.get("__type") == "Relation":
            continue
        else:
            doc[key] = decode_column(value)
    doc.setdefault("createdAt", moment)
    doc.setdefault("updatedAt", doc["createdAt"])
    return doc


def _load_links(core: Core, name: str, path: Path) -> int:
    _, field, class_name = name.split(":", 2)
    rows = _rows(path)
    for row in rows:
        core.engine.link(class_name, field, row["owningId"], [row["relatedId"]])
    return len(rows)


def _load_config(core: Core, path: Path) -> None:
    found = loads(path.read_bytes())
    if not isinstance(found, dict):
        raise SeedError(f"{path.name} must hold an object")
    cls = core.classes.ensure("_GlobalConfig")
    moment = now()
    doc = {"objectId": "1", "createdAt": moment, "updatedAt": moment, "params": found.get("params") or {}}
    core.engine.insert(cls, {**doc, "masterKeyOnly": found.get("masterKeyOnly") or {}})


__all__ = ["SeedError", "load_seed"]
