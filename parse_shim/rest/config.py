"""GET and PUT /config: the parameters of the application (contract/00, section 2.5; contract/11, section 5).

One row of `_GlobalConfig`, id "1": `params` as clients sent them, `masterKeyOnly` a flag for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim.classes.names import Denylist
from parse_shim.errors import Code, DuplicateKey, ParseError
from parse_shim.ids import now
from parse_shim.query.ast import Eq
from parse_shim.query.options import ONE
from parse_shim.rest import config_triggers
from parse_shim.rest.core import Context
from parse_shim.rest.engine_errors import translated
from parse_shim.update.ops import Op, Set, Unset, Update
from parse_shim.update.parse import parse_op
from parse_shim.values.codec import encode
from parse_shim.values.types import Doc, Json

CLASS = "_GlobalConfig"
ID = "1"
WHERE = Eq("objectId", ID)


def get_config(ctx: Context) -> dict[str, Json]:
    """`{"params": {...}, "masterKeyOnly": {...}}` without what the caller may not see; only `params` before the first save."""
    return shown(_stored(ctx), master=ctx.auth.is_master)


def save_config(ctx: Context, body: Mapping[str, Json]) -> None:
    """Merge the parameters sent into the stored ones; each one's flag becomes the one sent, or false.

    The caller has checked the master key. Raises ParseError 141 without parameters, 105, 107; Denied 119.
    """
    ctx.auth.require_writer("update the config")
    params, flags = body.get("params"), body.get("masterKeyOnly")
    if not isinstance(params, dict) or not params:
        raise ParseError(Code.SCRIPT_FAILED, "params should be an object with at least one parameter")
    Denylist(ctx.settings.request_keyword_denylist).check(params)
    update = _update(params, flags if isinstance(flags, dict) else {})
    if not config_triggers.has_hooks(ctx):
        _store(ctx, update)
        return
    original = _params_of(_stored(ctx))
    config_triggers.before_save(ctx, params, original)
    _store(ctx, update)
    config_triggers.after_save(ctx, _params_of(_stored(ctx)) or {}, original)


def shown(doc: Doc | None, *, master: bool) -> dict[str, Json]:
    """The REST form of the stored row."""
    if doc is None:
        return {"params": {}}
    params = encode(_object(doc, "params"))
    flags = _object(doc, "masterKeyOnly")
    if not master:
        params = {name: value for name, value in params.items() if not _is_secret(flags.get(name))}
        flags = {name: flag for name, flag in flags.items() if not _is_secret(flag)}
    return {"params": params, "masterKeyOnly": flags}


def _is_secret(flag: Json) -> bool:
    """A dotted name leaves a flag for each of its parts: `{"y": false}`."""
    return any(map(_is_secret, flag.values())) if isinstance(flag, dict) else bool(flag)


def _update(params: Mapping[str, Json], flags: Mapping[str, Json]) -> Update:
    update: Update = {}
    for name, value in params.items():
        if not name or "\0" in name or name.startswith(".") or name.endswith(".") or ".." in name:
            raise ParseError(Code.INVALID_KEY_NAME, f"Invalid parameter name: {name[:100]!r}")
        op: Op = parse_op(value) if isinstance(value, dict) and "__op" in value else Set(value)
        update[f"params.{name}"] = op
        if not isinstance(op, Unset):
            update[f"masterKeyOnly.{name}"] = Set(bool(flags.get(name)))
    return update


def _store(ctx: Context, update: Update) -> None:
    engine = ctx.core.engine
    cls = ctx.core.classes.ensure(CLASS)
    moment = now()
    with translated(CLASS):
        if not engine.find(cls, WHERE, ONE):
            row = {"objectId": ID, "createdAt": moment, "updatedAt": moment, "params": {}, "masterKeyOnly": {}}
            try:
                engine.insert(cls, row)
            except DuplicateKey:  # somebody else saved the first parameter at the same moment
                pass
        engine.update(cls, WHERE, update)


def _params_of(doc: Doc | None) -> dict[str, Json] | None:
    return None if doc is None else encode(_object(doc, "params"))


def _stored(ctx: Context) -> Doc | None:
    with translated(CLASS):
        found = ctx.core.engine.find(ctx.core.classes.get_or_empty(CLASS), WHERE, ONE)
    return found[0] if found else None


def _object(doc: Doc, name: str) -> dict[str, Any]:
    value = doc.get(name)
    return value if isinstance(value, dict) else {}
