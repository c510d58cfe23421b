"""GET /security: what in this server's settings and classes an attacker would like. Source: contract/11, section 8.

A check answers one question about the running server; a report never holds a value of a setting, only whether it is sound.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from parse_shim.rest.core import Core
from parse_shim.settings import Settings
from parse_shim.settings_fields import load_object

log = logging.getLogger(__name__)

VERSION = "1.0.0"
OPEN_NETWORKS = frozenset({"0.0.0.0/0", "::/0", "::0", "0.0.0.0"})


@dataclass(frozen=True, slots=True)
class Check:
    """`passes` looks at the server; `warning` says what is wrong when it does not, `solution` what to do."""

    title: str
    warning: str
    solution: str
    passes: Callable[[Core], bool]


@dataclass(frozen=True, slots=True)
class Group:
    """Checks of one subject. `security.checkGroups` takes own ones, or dotted names of them."""

    name: str
    checks: tuple[Check, ...]


def report(core: Core) -> dict[str, Any]:
    """{"version", "state", "groups": [{"name", "state", "checks": [{"title", "state", "warning"?, "solution"?}]}]}."""
    groups = [_group_report(core, group) for group in (*GROUPS, *_own_groups(core.settings))]
    return {"version": VERSION, "state": _state(all(g["state"] == "success" for g in groups)), "groups": groups}


def log_report(core: Core) -> None:
    """The option `security.enableCheckLog`: one line for each check that fails."""
    for group in report(core)["groups"]:
        for check in group["checks"]:
            if check["state"] != "success":
                log.warning("security: %s: %s %s", check["title"], check["warning"], check["solution"])


def _group_report(core: Core, group: Group) -> dict[str, Any]:
    checks = [_check_report(core, check) for check in group.checks]
    return {"name": group.name, "state": _state(all(c["state"] == "success" for c in checks)), "checks": checks}


def _check_report(core: Core, check: Check) -> Mapping[str, Any]:
    if check.passes(core):
        return {"title": check.title, "state": "success"}
    return {"title": check.title, "state": "fail", "warning": check.warning, "solution": check.solution}


def _state(passed: bool) -> str:
    return "success" if passed else "fail"


def _own_groups(settings: Settings) -> list[Group]:
    found = [load_object(reference) for reference in settings.security.check_groups]
    return [item if isinstance(item, Group) else item() for item in found]


def _strong(secret: str | None) -> bool:
    """Long, or of three kinds of characters and not short."""
    if not secret:
        return True
    kinds = sum(bool(re.search(kind, secret)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    return len(secret) >= 32 or (len(secret) >= 14 and kinds >= 3)


def _closed(addresses: tuple[str, ...]) -> bool:
    return not OPEN_NETWORKS.intersection(addresses)


def _database_password(core: Core) -> bool:
    uri = core.settings.database_uri
    if not uri.startswith("mongodb"):
        return True
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.hostname in ("localhost", "127.0.0.1", "::1") or (bool(parts.password) and _strong(parts.password))


def _addresses_are_safe(core: Core) -> bool:
    given = core.settings.public_server_url
    url = given if isinstance(given, str) else core.settings.server_url
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _no_public(core: Core, *operations: str) -> bool:
    """No class of the application lets everybody do one of `operations`."""
    for name in core.classes.names():
        cls = core.classes.get(name)
        if name.startswith("_") or cls is None:
            continue
        permissions = cls.permissions or {}
        for operation in operations:
            rule = permissions.get(operation) if cls.permissions is not None else {"*": True}
            if isinstance(rule, Mapping) and rule.get("*") is True:
                return False
    return True


def _complexity(core: Core) -> bool:
    bounds = core.settings.request_complexity
    return min(bounds.query_depth, bounds.include_depth, bounds.include_count, bounds.subquery_depth, bounds.batch_request_limit) > 0


GROUPS = (
    Group(
        "Parse Server Configuration",
        (
            Check(
                "Secure master key", "The master key can be guessed.", "Use 32 or more random characters.",
                lambda core: _strong(core.settings.master_key),
            ),
            Check(
                "Master key addresses restricted", "The master key works from every address.",
                "Set masterKeyIps to the addresses that need it.", lambda core: _closed(core.settings.master_key_ips),
            ),
            Check(
                "Read-only master key addresses restricted", "The read-only master key works from every address.",
                "Set readOnlyMasterKeyIps to the addresses that need it.",
                lambda core: not core.settings.read_only_master_key or _closed(core.settings.read_only_master_key_ips),
            ),
            Check(
                "Security log disabled", "The security report is written to the log, where others may read it.",
                "Set security.enableCheckLog to false.", lambda core: not core.settings.security.enable_check_log,
            ),
            Check(
                "Client class creation disabled", "Clients can make classes.", "Set allowClientClassCreation to false.",
                lambda core: not core.settings.allow_client_class_creation,
            ),
            Check(
                "Users are created without public access", "Everybody can read new users.", "Set enforcePrivateUsers to true.",
                lambda core: core.settings.enforce_private_users,
            ),
            Check(
                "Insecure auth adapters disabled", "Login providers may trust what a client says.",
                "Set enableInsecureAuthAdapters to false.", lambda core: not core.settings.enable_insecure_auth_adapters,
            ),
            Check(
                "Public file upload disabled", "Everybody can upload files.", "Set fileUpload.enableForPublic to false.",
                lambda core: not core.settings.file_upload.enable_for_public,
            ),
            Check(
                "File extensions restricted", "Files of every kind can be uploaded, pages with scripts too.",
                "Leave fileUpload.fileExtensions as it is, or list what you need.",
                lambda core: "*" not in core.settings.file_upload.file_extensions,
            ),
            Check(
                "Password reset links expire", "A link for a new password stays valid for ever.",
                "Set passwordPolicy.resetTokenValidityDuration.",
                lambda core: not core.settings.email_adapter
                or core.settings.password_policy.reset_token_validity_duration is not None,
            ),
            Check(
                "Request complexity limited", "One request may ask for as much as it likes.",
                "Set the bounds of requestComplexity.", _complexity,
            ),
            Check(
                "Public address is encrypted", "Clients reach the server without encryption.",
                "Serve https and set publicServerURL to it.", _addresses_are_safe,
            ),
        ),
    ),
    Group(
        "Database",
        (
            Check(
                "Secure database password", "The database has no password, or one that can be guessed.",
                "Use 32 or more random characters.", _database_password,
            ),
        ),
    ),
    Group(
        "Class Level Permissions",
        (
            Check(
                "No class lets everybody add fields", "A client can add fields to a class.",
                "Take * out of addField of every class.", lambda core: _no_public(core, "addField"),
            ),
            Check(
                "No class lets everybody write", "A client that is not logged in can create, update or delete objects.",
                "Take * out of create, update and delete of every class.",
                lambda core: _no_public(core, "create", "update", "delete"),
            ),
        ),
    ),
)  # fmt: skip
