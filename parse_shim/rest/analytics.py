"""POST /events/AppOpened and /events/:name: handed to the option `analyticsAdapter`, else forgotten. Source: contract/11, section 8."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Protocol

from parse_shim.rest.core import Context
from parse_shim.settings_fields import load_object

APP_OPENED = "AppOpened"


class AnalyticsAdapter(Protocol):
    """`parameters` is the request's body: `dimensions` and `at` where the client sent them. A dict returned is the answer."""

    def app_opened(self, parameters: Mapping[str, Any], context: Context) -> Mapping[str, Any] | None: ...

    def track_event(self, name: str, parameters: Mapping[str, Any], context: Context) -> Mapping[str, Any] | None: ...


def track(ctx: Context, name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to the client: {} unless the adapter gave another."""
    adapter = _adapter(ctx)
    if adapter is None:
        return {}
    answer = adapter.app_opened(parameters, ctx) if name == APP_OPENED else adapter.track_event(name, parameters, ctx)
    return dict(answer or {})


def _adapter(ctx: Context) -> AnalyticsAdapter | None:
    extras = ctx.core.extras
    if "analytics" not in extras:
        found = load_object(ctx.settings.analytics_adapter)
        extras["analytics"] = found() if inspect.isclass(found) else found
    adapter: AnalyticsAdapter | None = extras["analytics"]
    return adapter
