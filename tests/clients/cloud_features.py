"""Cloud code that the JavaScript tests of tests/node call."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from parse_shim import Code, Field, GeoPoint, Object, ParseError, Query, User, Validator, cloud


@cloud.function
def echo(request: Any) -> Any:
    return dict(request.params)


@cloud.function
def typesOf(request: Any) -> dict[str, str]:
    return {name: type(value).__name__ for name, value in request.params.items()}


@cloud.function
def allTypes(request: Any) -> dict[str, Any]:
    saved = Object("CloudSaved", n=1)
    saved.save()
    return {"date": datetime(2026, 1, 2, tzinfo=UTC), "point": GeoPoint(1, 2), "object": saved, "list": [saved], "none": None}


@cloud.function
def nothing(request: Any) -> None:
    return


@cloud.function
def refuse(request: Any) -> None:
    code = request.params.get("code")
    if code:
        raise ParseError(code, "refused with a code")
    raise RuntimeError("refused with a text")


@cloud.function(validator=Validator(require_user=True))
def whoAmI(request: Any) -> str:
    return str(request.user["username"])


@cloud.function(validator=Validator(fields={"count": Field(type=int, required=True), "word": Field(default="hello")}))
def checked(request: Any) -> str:
    return str(request.params["word"]) * int(request.params["count"])


@cloud.function(validator=Validator(require_master=True))
def forOperators(request: Any) -> bool:
    return bool(request.master)


@cloud.function
async def waits(request: Any) -> str:
    return "waited"


@cloud.function
def countUsers(request: Any) -> int:
    return int(Query(User).count(use_master_key=True))


@cloud.before_save("CloudGuarded")
def guard(request: Any) -> None:
    guarded = request.object
    if guarded.get("n", 0) < 0:
        raise ParseError(Code.VALIDATION_ERROR, "n must not be negative")
    if guarded.get("n") == 13:
        raise ValueError("not thirteen")
    guarded["doubled"] = guarded.get("n", 0) * 2
    guarded["changed"] = sorted(set(guarded.dirty_keys()) - {"doubled"})
    guarded["seenBefore"] = request.original.get("n") if request.original else None
    guarded["reason"] = request.context.get("reason")
    request.context["from"] = "before"


@cloud.after_save("CloudGuarded")
def note(request: Any) -> None:
    Object("CloudNote", of=request.object.id, came=request.context.get("from")).save(use_master_key=True)


@cloud.before_delete("CloudGuarded")
def keep(request: Any) -> None:
    if request.object.get("kept") and not request.master:
        raise ParseError(Code.OPERATION_FORBIDDEN, "this one is kept")


@cloud.before_find("CloudGuarded")
def only_visible(request: Any) -> None:
    if not request.master:
        request.query.not_equal_to("hidden", True)


@cloud.after_find("CloudGuarded")
def sign(request: Any) -> None:
    for found in request.objects:
        found["signed"] = True


@cloud.job
def count(request: Any) -> str:
    request.message("counting")
    time.sleep(0.05)
    return "counted"


@cloud.job
def fail(request: Any) -> None:
    raise RuntimeError("job failed")
