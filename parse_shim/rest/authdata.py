"""authData: who a provider says the caller is, and what of it is stored with the user (contract/03, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parse_shim.errors import Code, ParseError, ScriptFailed
from parse_shim.query.ast import Eq, Node, Or
from parse_shim.query.options import FindOptions
from parse_shim.rest.core import Context, Core
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.providers.base import Accepted, AuthRequest, Provider
from parse_shim.rest.providers.catalog import Providers
from parse_shim.update.ops import Set, Unset, Update
from parse_shim.values.compare import equal
from parse_shim.values.types import Doc

UNSUPPORTED = "This authentication method is unsupported."
NO_REASON = "Auth failed. Unknown error."

AuthMap = dict[str, Any]


@dataclass(slots=True)
class Checked:
    """What the providers accepted: `keep` is to be stored by provider (None: unlink), `response` goes to the client."""

    keep: AuthMap = field(default_factory=dict)
    response: AuthMap = field(default_factory=dict)

    def changes(self) -> Update:
        """One operation a provider, so that two requests that link different ones do not undo each other."""
        return {f"authData.{name}": Unset() if data is None else Set(data) for name, data in self.keep.items()}


def providers(core: Core) -> Providers:
    """The providers of this server. Raises ValueError when the `auth` option is not safe to use; call it once at start."""
    found = core.extras.get("auth_providers")
    if not isinstance(found, Providers):
        settings = core.settings
        found = Providers(settings.auth, anonymous=settings.enable_anonymous_users)
        core.extras["auth_providers"] = found
    return found


def is_credential(value: object) -> bool:
    """Whether an authData names somebody: at least one provider with some data. `{}`, null and `{"anonymous": {}}` do not."""
    return isinstance(value, dict) and any(isinstance(data, dict) and data for data in value.values())


def check_shape(value: object) -> AuthMap:
    """Types before queries: every provider's data an object or null, every id text. Raises 162, 252."""
    if not isinstance(value, dict) or not value:
        raise ParseError(Code.UNSUPPORTED_SERVICE, UNSUPPORTED)
    for name, data in value.items():
        if data is not None and not isinstance(data, dict):
            raise ParseError(Code.UNSUPPORTED_SERVICE, UNSUPPORTED)
        if isinstance(data, dict) and data.get("id") is not None and not isinstance(data["id"], str):
            raise ParseError(Code.INVALID_VALUE, f"Invalid authData id for provider '{name}'.")
    return value


def find_users(ctx: Context, auth_data: Mapping[str, Any]) -> list[Doc]:
    """Users that have one of these ids; at most two, which is one too many. Raises 252 without asking the store."""
    catalog = providers(ctx.core)
    for name in sorted(name for name, data in auth_data.items() if data is not None):
        catalog.get(name)
    parts: tuple[Node, ...] = tuple(
        Eq(f"authData.{name}.id", data["id"])
        for name, data in auth_data.items()
        if isinstance(data, dict) and isinstance(data.get("id"), str) and _is_name(name)
    )
    if not parts:
        return []
    where = parts[0] if len(parts) == 1 else Or(parts)
    with translated("_User"):
        return ctx.core.engine.find(ctx.core.classes.get_or_empty("_User"), where, FindOptions(limit=2))


def changed(auth_data: Mapping[str, Any], stored: Mapping[str, Any]) -> AuthMap:
    """The providers whose data differ from what the user has."""
    return {name: data for name, data in auth_data.items() if name not in stored or not equal(data, stored[name])}


def validate(ctx: Context, auth_data: Mapping[str, Any], user: Doc | None, *, login: bool) -> Checked:
    """Ask each provider, in alphabetical order. Raises 252, 141, or what a provider raises."""
    catalog, checked = providers(ctx.core), Checked()
    stored = known(user)
    for name in sorted(auth_data):
        data = auth_data[name]
        if data is None:
            checked.keep[name] = None
            continue
        accepted = _ask(catalog.get(name), _stage(name, user, stored, login), ctx, user, data)
        if not accepted.do_not_save:
            checked.keep[name] = accepted.save if accepted.save is not None else data
        if accepted.response is not None:
            checked.response[name] = accepted.response
    return checked


def require_configured(ctx: Context, sent: Mapping[str, Any], user: Doc) -> None:
    """The `additional` providers that the user has set up must be among `sent`, unless a `solo` one is. Raises -1."""
    catalog, stored = providers(ctx.core), known(user)
    if any(name in stored and sent.get(name) for name in catalog.of_policy("solo")):
        return
    missing = [name for name in catalog.of_policy("additional") if name in stored and not sent.get(name)]
    if missing:
        raise ParseError(Code.OTHER_CAUSE, f"Missing additional authData {', '.join(missing)}")


def known(user: Doc | None) -> Mapping[str, Any]:
    """The providers a user has."""
    stored = (user or {}).get("authData")
    return {n: d for n, d in stored.items() if d is not None} if isinstance(stored, dict) else {}


def shown(core: Core, auth_data: Mapping[str, Any]) -> AuthMap | None:
    """What a reader sees: rewritten by providers that do so, without null ones. None: nothing."""
    out = {name: data for name, data in auth_data.items() if data is not None}
    for name, provider in providers(core).rewriters.items():
        if name in out:
            rewritten = provider.after_find(dict(out[name]))
            out[name] = rewritten if rewritten is not None else out[name]
    return out or None


def ask_challenge(ctx: Context, name: str, challenge: Any, data: Any, user: Doc | None) -> Any:
    """One provider's answer to a challenge, None when it has none. Raises as `validate`."""
    provider = providers(ctx.core).find(name)
    if provider is None:
        return None
    request = _request(ctx, "challenge", user)
    return _refusing(lambda: provider.challenge(challenge, data if isinstance(data, dict) else None, request))


def _stage(name: str, user: Doc | None, stored: Mapping[str, Any], login: bool) -> str:
    if user is None or name not in stored:
        return "set_up"
    return "login" if login else "update"


def _ask(provider: Provider, stage: str, ctx: Context, user: Doc | None, data: dict[str, Any]) -> Accepted:
    request = _request(ctx, stage, user)
    calls = {"set_up": provider.validate_set_up, "login": provider.validate_login, "update": provider.validate_update}

    def ask() -> Any:
        provider.validate_app_id(dict(data), request)
        return calls[stage](dict(data), request)

    return _accepted(_refusing(ask))


def _accepted(answer: Any) -> Accepted:
    if isinstance(answer, Accepted):
        return answer
    if not isinstance(answer, Mapping):
        return Accepted()
    save = answer.get("save")
    skip = bool(answer.get("do_not_save") or answer.get("doNotSave"))
    return Accepted(answer.get("response"), save if isinstance(save, dict) else None, skip)


def _refusing(ask: Any) -> Any:
    try:
        return ask()
    except ParseError:
        raise
    except Exception as error:  # a provider is the application's code: its text is the refusal
        raise ScriptFailed(str(error) or NO_REASON) from error


def _request(ctx: Context, stage: str, user: Doc | None) -> AuthRequest:
    return AuthRequest(stage, user, ctx.auth.is_master, ctx.ip, ctx.auth.installation_id)


def _is_name(name: str) -> bool:
    return name.isascii() and name.replace("_", "a").isalnum()
