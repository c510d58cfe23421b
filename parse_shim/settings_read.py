"""Reading options from their sources into a settings class: names, casts, layers, one error that lists every problem.

The table of options is derived from the class itself (`options_of`), so the environment, the command line, a file and
the README table cannot differ.
"""

import difflib
import json
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from parse_shim.settings_check import problems_of, warnings_of
from parse_shim.settings_fields import Cast, boolean, is_number, mapping, mappings, optional, texts
from parse_shim.settings_groups import DRIVER_OPTIONS, RateLimitRule
from parse_shim.settings_texts import is_error, refusal

if TYPE_CHECKING:
    from parse_shim.settings import Settings

S = TypeVar("S", bound="Settings")
Given = tuple[str, object, str]  # key, raw value, source

OPTIONS = "options"
"""The source of what `Settings.from_options` takes."""

_DRIVER = "databaseOptions.driver"
_CUSTOM_URL_PREFIX = "PARSE_SERVER_PAGES_CUSTOM_URL_"


class SettingsError(Exception):
    """The settings cannot be used. `problems` has one line for each reason; the text is those lines."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)

    @property
    def kind(self) -> str:
        """`Error` for what parse-server throws as one, for tests that tell it from a bare text."""
        return "Error" if self.problems and is_error(self.problems[0]) else type(self).__name__


@dataclass(frozen=True, slots=True)
class Option:
    """One option as the sources know it. `key` is dotted for the member of a group."""

    key: str
    path: tuple[str, ...]
    env: str
    cast: Cast
    help: str
    secret: bool
    default: object
    type: str


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """Settings, and one line for each thing the user should hear about (an option that is not built, say)."""

    settings: S
    warnings: tuple[str, ...]


def options_of(cls: type[Any]) -> Mapping[str, Option]:
    """Every option of a settings class by its key, members of groups included."""
    hashable: Any = cls  # mypy does not take type[Any] for one
    return _options_of(hashable)


@cache
def _options_of(cls: Any) -> dict[str, Option]:
    found: dict[str, Option] = {}
    for field in fields(cls):
        key = field.metadata["key"] or camel(field.name)
        if "group" not in field.metadata:
            env = field.metadata["env"] or "PARSE_SERVER_" + field.name.upper()
            found[key] = _option(field, key, (field.name,), env)
            continue
        for member in fields(field.metadata["group"]):
            name = f"{key}.{member.metadata['key'] or camel(member.name)}"
            env = field.metadata["prefix"] + (member.metadata["env"] or member.name.upper())
            found[name] = _option(member, name, (field.name, member.name), env)
    return found


def _option(field: Any, key: str, path: tuple[str, ...], env: str) -> Option:
    default = field.default_factory() if field.default is MISSING else field.default
    about = field.metadata
    return Option(key, path, env, about["cast"], about["help"], about["secret"], default, getattr(field.type, "__name__", str(field.type)))


def groups_of(cls: type[Any]) -> Mapping[str, Any]:
    """The dataclass field of every group, by its key."""
    hashable: Any = cls
    return _groups_of(hashable)


@cache
def _groups_of(cls: Any) -> dict[str, Any]:
    return {f.metadata["key"] or camel(f.name): f for f in fields(cls) if "group" in f.metadata}


def camel(name: str) -> str:
    """master_key_ips -> masterKeyIps"""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


# --- putting the layers together -------------------------------------------------------------------------------------


def load_layers(
    cls: type[S],
    lowest: Mapping[str, Any],
    config: str | None,
    environ: Mapping[str, str],
    command_line: Mapping[str, Any],
    keywords: Mapping[str, Any],
) -> Loaded[S]:
    """lowest < file < environment < command line < keywords."""
    given: list[Given] = [(key, value, "default") for key, value in lowest.items()]
    if config is not None:
        given += [(key, value, f"file {config}") for key, value in _read_file(config).items()]
    given += _from_environment(cls, environ)
    given += [(key, value, "command line") for key, value in command_line.items()]
    given += [(key, value, "keyword") for key, value in keywords.items()]
    settings = build_from(cls, given, None)
    return Loaded(settings, (*warnings_of(settings, options_of(cls)), *_unknown_variables(cls, environ)))


def build(cls: type[S], layers: Iterable[tuple[str, Mapping[str, Any]]], base: S | None) -> S:
    """Settings from named layers of options; see `Settings.from_options`."""
    given = [(key, value, source) for source, layer in layers for key, value in layer.items()]
    return build_from(cls, given, base)


def build_from(cls: type[S], given: Iterable[Given], base: S | None) -> S:
    problems: list[str] = []
    flat: dict[str, tuple[object, str]] = {}
    replaced: set[str] = set()
    for key, value, source in given:
        _flatten(cls, key, value, source, flat, replaced, problems)
    values = _cast(cls, flat, problems)
    if values.get("masterKey"):
        values["masterKeyFile"] = None
    elif values.get("masterKeyFile") and not problems:
        values["masterKey"] = key_in_file(str(values["masterKeyFile"]))
    if problems:
        raise SettingsError(problems)
    settings = _assemble(cls, values, replaced, base)
    problems = problems_of(settings)
    if problems:
        raise SettingsError(problems)
    return settings


def _flatten(
    cls: type,
    key: str,
    value: object,
    source: str,
    flat: dict[str, tuple[object, str]],
    replaced: set[str],
    problems: list[str],
) -> None:
    """Write one option into `flat`, or each member of a group; whole groups are noted in `replaced`."""
    options, groups = options_of(cls), groups_of(cls)
    if key in options:
        flat[key] = (value, source)
    elif key in groups:
        replaced.add(key)
        try:
            members = {} if value is None else mapping(value)
        except ValueError as error:
            problems.append((source == OPTIONS and refusal(key, "", False)) or f"{key} ({source}): {error}")
            return
        for member, inner in members.items():
            _flatten(cls, f"{key}.{member}", inner, source, flat, replaced, problems)
    elif key.startswith("databaseOptions.") and key.partition(".")[2] in DRIVER_OPTIONS:
        before, _ = flat.get(_DRIVER, ({}, source))
        flat[_DRIVER] = ({**mapping(before), key.partition(".")[2]: value}, source)
    else:
        near = difflib.get_close_matches(key, [*options, *groups], 1, 0.6)
        problems.append(f"{key} ({source}): there is no such option" + (f"; did you mean {near[0]}?" if near else ""))


def _cast(cls: type, flat: Mapping[str, tuple[object, str]], problems: list[str]) -> dict[str, object]:
    """Typed values by key. A null gives the default back, except where null has a meaning of its own."""
    values: dict[str, object] = {}
    for key, (raw, source) in flat.items():
        known = options_of(cls)[key]
        if raw is None and known.cast.__qualname__ != _NULLABLE:
            values[key] = known.default
            continue
        try:
            if source == OPTIONS and known.cast is boolean and not isinstance(raw, bool):
                # Text for true and false is for the environment; JSON has its own words.
                raise ValueError("expected true or false")
            values[key] = known.cast(raw)
        except (ValueError, TypeError) as error:
            own = f"{key} ({source}): {error}" + ("" if known.secret else f", got {_shown(raw)}")
            problems.append((source == OPTIONS and refusal(key, known.type, not is_number(raw))) or own)
    return values


_NULLABLE = optional(mapping).__qualname__


def _shown(raw: object) -> str:
    shown = json.dumps(raw, default=repr)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _assemble(cls: type[S], values: Mapping[str, object], replaced: set[str], base: S | None) -> S:
    groups, options = groups_of(cls), options_of(cls)
    plain: dict[str, Any] = {options[key].path[0]: value for key, value in values.items() if len(options[key].path) == 1}
    for key, field in groups.items():
        members = {options[name].path[1]: v for name, v in values.items() if name.startswith(key + ".")}
        if base is not None and key not in replaced:
            plain[field.name] = replace(getattr(base, field.name), **members)
        else:
            plain[field.name] = field.metadata["group"](**members)
    if base is None:
        return cls(**plain)
    current = {field.name: getattr(base, field.name) for field in fields(cls)}
    if base.server_url == replace(base, server_url="").server_url:
        current["server_url"] = ""  # it was made from port and mount path, which may change now
    return cls(**{**current, **plain})


# --- sources ---------------------------------------------------------------------------------------------------------


def _read_file(name: str) -> Mapping[str, Any]:
    """A JSON object of options, or {"apps": [one such object]}, as parse-server reads it."""
    try:
        content = json.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"file {name}: cannot be read ({error.strerror})"]) from error
    except ValueError as error:
        raise SettingsError([f"file {name}: is not JSON ({error})"]) from error
    if isinstance(content, dict) and "apps" in content:
        apps = content["apps"]
        if not isinstance(apps, list) or len(apps) != 1:
            raise SettingsError([f"file {name}: apps must hold exactly one application"])
        content = apps[0]
    if not isinstance(content, dict):
        raise SettingsError([f"file {name}: must hold a JSON object of options"])
    return content


def key_in_file(name: str) -> str:
    """The key in a file of mode 0600; a file that is missing is made with a random key.

    Raises SettingsError for a file that cannot be read, cannot be made, or is empty.
    """
    path = Path(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
        except FileExistsError:
            path.chmod(0o600)
        key = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError([f"masterKeyFile {name}: cannot be used ({error.strerror})"]) from error
    if not key:
        raise SettingsError([f"masterKeyFile {name}: is empty; delete it to get a new key"])
    return key


def _from_environment(cls: type, environ: Mapping[str, str]) -> list[Given]:
    """Whole groups first, so that a variable of one member wins. A variable without a value counts as not given."""
    names = [(field.metadata["env"], key) for key, field in groups_of(cls).items() if field.metadata["env"]]
    names += [(known.env, key) for key, known in options_of(cls).items()]
    names += [("PARSE_SERVER_DATABASE_" + snake(name), f"databaseOptions.{name}") for name in sorted(DRIVER_OPTIONS)]
    given: list[Given] = [(key, environ[name], f"environment variable {name}") for name, key in names if environ.get(name, "") != ""]
    custom = {camel(n[len(_CUSTOM_URL_PREFIX) :].lower()): v for n, v in environ.items() if n.startswith(_CUSTOM_URL_PREFIX)}
    return given + ([("pages.customUrls", custom, f"environment variables {_CUSTOM_URL_PREFIX}*")] if custom else [])


def _unknown_variables(cls: type, environ: Mapping[str, str]) -> list[str]:
    """parse-server ignores a misspelt variable; a warning costs nothing."""
    known = {option.env for option in options_of(cls).values()} | {field.metadata["env"] for field in groups_of(cls).values()}
    found = []
    for name in sorted(environ):
        own = name.startswith(("PARSE_SERVER_", "PARSE_LIVE_QUERY_SERVER_"))
        if own and name not in known and not name.startswith(("PARSE_SERVER_DATABASE_", _CUSTOM_URL_PREFIX)):
            near = difflib.get_close_matches(name, known, 1, 0.8)
            found.append(f"environment variable {name} is not known" + (f"; did you mean {near[0]}?" if near else ""))
    return found


def snake(name: str) -> str:
    """maxPoolSize -> MAX_POOL_SIZE, connectTimeoutMS -> CONNECT_TIMEOUT_MS"""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).upper()


# --- casts that need the table ---------------------------------------------------------------------------------------


def rate_limits(value: object) -> tuple[RateLimitRule, ...]:
    """A list of rules (one rule alone counts as a list of one)."""
    rules = [value] if isinstance(value, Mapping) else mappings(value)
    return tuple(_rule(rule) for rule in rules)


def _rule(rule: Mapping[str, Any]) -> RateLimitRule:
    known = options_of(RateLimitRule)
    unknown = [key for key in rule if key not in known]
    missing = [key for key in ("requestPath", "requestTimeWindow", "requestCount") if rule.get(key) is None]
    if unknown:
        raise ValueError(f"a rule has no {unknown[0]!r}")
    if missing:
        raise ValueError(f"a rule needs {missing[0]}")
    values = {}
    for key, raw in rule.items():
        try:
            values[known[key].path[0]] = known[key].cast(raw)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from error
    return RateLimitRule(**values)


def provider_names(value: object) -> Mapping[str, Any]:
    """Login providers by name."""
    found = mapping(value)
    for name in found:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            raise ValueError(f"expected names of letters, digits and _, {name!r} is not one")
    return found


PROTECTED: Mapping[str, Mapping[str, Sequence[str]]] = {"_User": {"*": ["email"]}}


def protected_fields(value: object) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Class -> group -> fields, over the default, which stays in force whatever is given."""
    found = {name: {who: list(texts(hidden)) for who, hidden in mapping(groups).items()} for name, groups in mapping(value).items()}
    return merged(found, PROTECTED)


def merged(
    first: Mapping[str, Mapping[str, Sequence[str]]], second: Mapping[str, Mapping[str, Sequence[str]]]
) -> dict[str, dict[str, list[str]]]:
    """Both tables of protected fields in one."""
    found = {name: {who: list(hidden) for who, hidden in groups.items()} for name, groups in first.items()}
    for name, groups in second.items():
        for who, hidden in groups.items():
            own = found.setdefault(name, {}).setdefault(who, [])
            own += [field for field in hidden if field not in own]
    return found
