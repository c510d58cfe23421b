"""Run a validator against a request: a Validator, any callable, or a marshmallow schema of a function's parameters.

Source: contract/10, section 11. Refusals are ParseError 142. Rate limits are counted by the server, see rate.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from parse_shim.errors import ParseError, ValidationFailed
from parse_shim.hooks.requests import ConfigRequest, FileRequest, FunctionRequest, Request, TriggerRequest
from parse_shim.hooks.rules import Field, Roles, Validator, checked, read_rules, type_words, word_of
from parse_shim.sdk.object import Object

if TYPE_CHECKING:
    import marshmallow

LOGIN = "Validation failed. Please login to continue."


class Check:
    """One validator, ready to run. `ask`: a callable or schema, asked of everybody; its result is ignored, it must
    raise."""

    def __init__(self, rules: Validator | None = None, ask: Callable[[Any], Any] | None = None) -> None:
        self.rules = rules
        self.ask = ask

    def run(self, request: Request) -> Any:
        """Raises ParseError 142 (or what a callable raises, which the caller maps to 142). An `async def` callable: returns what is to be
        awaited, and has refused nothing before."""
        if self.rules is not None and (self.rules.validate_master_key or not request.master):
            _check_rules(self.rules, request)
        if self.ask is not None:
            result = self.ask(request)
            return result if hasattr(result, "__await__") else None
        return None

    def skips(self, request: Request) -> bool:
        """The handler is not to run for this caller. Functions always run."""
        skip = self.rules is not None and self.rules.skip_with_master_key
        return skip and request.master and not isinstance(request, FunctionRequest)


def read_validator(given: Any) -> Check | None:
    """What a decorator got as `validator`. Raises ValueError for what can be none."""
    if given is None or isinstance(given, Check):
        return given
    if isinstance(given, Validator):
        return Check(checked(given))
    if isinstance(given, Mapping):
        return Check(read_rules(given))
    if _is_schema(given):
        return Check(ask=_schema(given() if isinstance(given, type) else given))
    if callable(given):
        return Check(ask=given)
    raise ValueError(f"A validator is a Validator, a dict, a function or a marshmallow schema, not {type(given).__name__}")


def _is_schema(given: Any) -> bool:
    """Who has a schema has imported marshmallow; a start without one saves its 25 ms."""
    marshmallow = sys.modules.get("marshmallow")
    if marshmallow is None:
        return False
    return isinstance(given, marshmallow.Schema) or (isinstance(given, type) and issubclass(given, marshmallow.Schema))


def _schema(schema: marshmallow.Schema) -> Callable[[Any], None]:
    """Load the parameters (or the object's fields) through it; what it makes of parameters is what the handler gets."""
    import marshmallow

    def load(request: Any) -> None:
        values = request.params if hasattr(request, "params") else request.object.attributes
        try:
            loaded = schema.load(values)
        except marshmallow.ValidationError as problem:
            raise ValidationFailed(f"Validation failed. {_first(problem.messages)}")
        if isinstance(request, FunctionRequest):
            request.params = loaded

    return load


def _first(messages: Any) -> str:
    path: list[str] = []
    while isinstance(messages, dict | list) and messages:
        if isinstance(messages, dict):
            key, messages = next(iter(messages.items()))
            path += [str(key)] if key != "_schema" else []
        else:
            messages = messages[0]
    return f"{'.'.join(path)}: {messages}" if path else str(messages)


def _check_rules(rules: Validator, request: Request) -> None:
    target = _target(request)
    user: Any = request.user
    if user is None and isinstance(target, Object) and target.class_name == "_User" and target.is_new():
        user = target
    needs_roles = rules.require_any_user_roles is not None or rules.require_all_user_roles is not None
    if (rules.require_user or needs_roles) and user is None:
        raise ValidationFailed(LOGIN)
    if rules.require_master and not request.master:
        raise ValidationFailed("Validation failed. Master key is required to complete this request.")
    if isinstance(rules.fields, Mapping):
        for name, field in rules.fields.items():
            _check_field(name, field, request, target)
    _check_roles(rules, request)
    if isinstance(rules.require_user_keys, Mapping):
        _check_user_keys(rules.require_user_keys, user)


def _target(request: Request) -> Any:
    """The object whose fields are meant; None: the parameters are."""
    return request.object if isinstance(request, TriggerRequest | ConfigRequest) else None


def _values(request: Request, target: Any) -> Any:
    if target is not None:
        return target
    return {} if isinstance(request, FileRequest) else getattr(request, "params", {})


def _check_field(name: str, field: Field, request: Request, target: Any) -> None:
    values = _values(request, target)
    if field.default is not None and values.get(name) is None:
        _put(values, name, field.default)
    if field.constant and isinstance(target, Object):
        if isinstance(request, TriggerRequest) and request.original is not None:
            target.revert(name)
        elif field.default is not None:
            target.set(name, field.default)
    value = values.get(name)
    if field.required and value is None:
        raise ValidationFailed(f"Validation failed. Please specify data for {name}.")
    if value is None and name not in values:
        return
    if field.type is not None:
        wanted = type_words(field.type)
        if value is None or word_of(value) not in wanted:
            raise ValidationFailed(f"Validation failed. Invalid type for {name}. Expected: {' or '.join(wanted)}")
    if field.options is not None:
        _check_options(name, field, value)


def _put(values: Any, name: str, value: Any) -> None:
    if isinstance(values, Object):
        values.set(name, value)
    else:
        values[name] = value


def _check_options(name: str, field: Field, value: Any) -> None:
    if callable(field.options):
        try:
            result = field.options(value)
        except ParseError as problem:
            raise ValidationFailed(field.error or problem.message)
        except Exception as problem:
            raise ValidationFailed(field.error or str(problem) or f"Validation failed. Invalid value for {name}.")
        if result is not None and not result:
            raise ValidationFailed(field.error or f"Validation failed. Invalid value for {name}.")
        return
    options = list(field.options) if isinstance(field.options, list | tuple | set | frozenset) else [field.options]
    if not any(type(value) is type(option) and value == option for option in options):
        expected = ", ".join(str(option) for option in options)
        raise ValidationFailed(field.error or f"Validation failed. Invalid option for {name}. Expected: {expected}")


def _check_roles(rules: Validator, request: Request) -> None:
    if rules.require_any_user_roles is not None and not any(_has(request, role) for role in _roles(rules.require_any_user_roles)):
        raise ValidationFailed("Validation failed. User does not match the required roles.")
    if rules.require_all_user_roles is not None and not all(_has(request, role) for role in _roles(rules.require_all_user_roles)):
        raise ValidationFailed("Validation failed. User does not match all the required roles.")


def _roles(given: Roles) -> list[str]:
    return list(given() if callable(given) else given)


def _has(request: Request, role: str) -> bool:
    return f"role:{role}" in request.roles()


def _check_user_keys(keys: Mapping[str, Field], user: Any) -> None:
    for name, field in keys.items():
        if user is None:
            raise ValidationFailed("Please login to make this request.")
        value = user.get(name)
        if field.options is not None:
            _check_options(name, field, value)
        elif value is None:
            raise ValidationFailed(f"Validation failed. Please set data for {name} on your account.")
