"""parse_shim: a Parse-compatible backend in Python. These names are promised; everything else may move.

They are looked up when first used, so that a part of the server can be imported without the whole.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parse_shim.classes.declare import ParseClass as ParseClass
    from parse_shim.errors import Code as Code
    from parse_shim.errors import ObjectNotFound as ObjectNotFound
    from parse_shim.errors import ParseError as ParseError
    from parse_shim.hooks import cloud as cloud
    from parse_shim.hooks.response import CloudResponse as CloudResponse
    from parse_shim.hooks.rules import Field as Field
    from parse_shim.hooks.rules import RateLimit as RateLimit
    from parse_shim.hooks.rules import Validator as Validator
    from parse_shim.sdk.acl import ACL as ACL
    from parse_shim.sdk.atomic import update_if as update_if
    from parse_shim.sdk.config import Config as Config
    from parse_shim.sdk.file import File as File
    from parse_shim.sdk.lock import Lock as Lock
    from parse_shim.sdk.object import Object as Object
    from parse_shim.sdk.push import Push as Push
    from parse_shim.sdk.query import Query as Query
    from parse_shim.sdk.user import Installation as Installation
    from parse_shim.sdk.user import Role as Role
    from parse_shim.sdk.user import Session as Session
    from parse_shim.sdk.user import User as User
    from parse_shim.settings import Settings as Settings
    from parse_shim.values.types import GeoPoint as GeoPoint
    from parse_shim.values.types import Pointer as Pointer
    from parse_shim.values.types import Polygon as Polygon
    from parse_shim.web.app import create_app as create_app

_HOMES = {
    "ACL": "sdk.acl",
    "CloudResponse": "hooks.response",
    "Code": "errors",
    "Config": "sdk.config",
    "Field": "hooks.rules",
    "File": "sdk.file",
    "GeoPoint": "values.types",
    "Installation": "sdk.user",
    "Lock": "sdk.lock",
    "Object": "sdk.object",
    "ObjectNotFound": "errors",
    "ParseClass": "classes.declare",
    "ParseError": "errors",
    "Pointer": "values.types",
    "Polygon": "values.types",
    "Push": "sdk.push",
    "Query": "sdk.query",
    "RateLimit": "hooks.rules",
    "Role": "sdk.user",
    "Session": "sdk.user",
    "Settings": "settings",
    "User": "sdk.user",
    "Validator": "hooks.rules",
    "cloud": "hooks",
    "create_app": "web.app",
    "update_if": "sdk.atomic",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - one list of names is enough


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "cloud":
        found: Any = import_module(f"{__name__}.hooks.cloud")
    else:
        found = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
