"""Cloud code of the replay: the real hooks, the one on ActiveSessions wrapped in one more rule (a video service that
cannot be reached)."""

from inspect import isfunction
from typing import Any

from cloud import live_sessions, main
from parse_shim import cloud

TEXT = "the video service cannot be reached"


@cloud.before_save("ActiveSessions")
def prepare_unless_marked(request: Any) -> None:
    if request.original is None and request.object.get("callerTitle") == "__reject__":
        raise RuntimeError(TEXT)
    live_sessions.prepare_call(request)


for module in main.__all__:
    hooks = {name: thing for name, thing in vars(getattr(main, module)).items() if isfunction(thing) and hasattr(thing, "__parse_hooks__")}
    hooks.pop("prepare_call", None)
    globals().update(hooks)
