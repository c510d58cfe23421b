"""GET /serverInfo: what administration tools may do here (contract/11, section 8). parse-dashboard shows sections for true flags."""

from __future__ import annotations

from parse_shim.rest.core import Context
from parse_shim.values.types import Json

PARSE_SERVER_VERSION = "9.10.0"
"""The version whose behaviour this server follows; tools compare it."""


def server_info(ctx: Context) -> dict[str, Json]:
    """`{"features": {...}, "parseServerVersion": "..."}`."""
    settings = ctx.settings
    push = bool(settings.push)
    everything = {"create": True, "read": True, "update": True, "delete": True}
    return {
        "features": {
            "globalConfig": everything,
            "hooks": everything,
            "cloudCode": {"jobs": True},
            "logs": {"level": True, "size": True, "order": True, "until": True, "from": True},
            "push": {
                "immediatePush": push,
                "scheduledPush": push and settings.scheduled_push,
                "storedPushData": push,
                "pushAudiences": True,
                "localization": True,
            },
            "schemas": {
                "addField": True,
                "removeField": True,
                "addClass": True,
                "removeClass": True,
                "clearAllDataFromClass": True,
                "exportClass": False,
                "editClassLevelPermissions": True,
                "editPointerPermissions": True,
            },
            "settings": {"securityCheck": settings.security.enable_check},
        },
        "parseServerVersion": PARSE_SERVER_VERSION,
    }
