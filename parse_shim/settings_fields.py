"""How one option is described and read: `option(...)`, and the casts that turn text or JSON into a typed value.

A cast takes what a source gave (text from the environment, JSON from a file, any object from a keyword) and returns the
value, or raises ValueError with what was expected. It never names the option: the caller does.
"""

import importlib
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, TypeVar

T = TypeVar("T")
D = TypeVar("D")
Cast = Callable[[object], Any]


def option(default: D, cast: Callable[[object], T], help: str, *, key: str = "", env: str = "", secret: bool = False) -> D | T:
    """A dataclass field that is one option.

    `key` is parse-server's name where camel case of the field's name is not. `env` is its whole environment name where
    PARSE_SERVER_<NAME> is not (in a group: what follows the group's prefix). A dict default is copied.
    """
    metadata = {"key": key, "env": env, "cast": cast, "help": help, "secret": secret}
    if isinstance(default, dict):
        copied: Any = field(default_factory=default.copy, metadata=metadata, repr=not secret)
        return copied  # type: ignore[no-any-return]
    made: D = field(default=default, metadata=metadata, repr=not secret)
    return made


def group(factory: Callable[[], T], prefix: str, help: str, *, key: str = "", env: str = "") -> T:
    """A dataclass field that holds a group of options.

    `prefix` begins the environment names of its members; `env` is the variable that takes the whole group as JSON.
    """
    metadata = {"key": key, "env": env, "prefix": prefix, "group": factory, "help": help}
    made: T = field(default_factory=factory, metadata=metadata)
    return made


# --- casts -----------------------------------------------------------------------------------------------------------


def text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("expected text")


def filled_text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError("expected text that is not empty")


def boolean(value: object) -> bool:
    """true and 1 are True, as in parse-server's environment; unknown words are refused instead of read as False."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    raise ValueError("expected true or false")


_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def integer(minimum: int | None = None, maximum: int | None = None) -> Callable[[object], int]:
    def cast(value: object) -> int:
        number = _number(value)
        if number != int(number):
            raise ValueError("expected a whole number")
        _in_range(number, minimum, maximum)
        return int(number)

    return cast


def number(minimum: float | None = None, maximum: float | None = None) -> Callable[[object], float]:
    def cast(value: object) -> float:
        result = _number(value)
        _in_range(result, minimum, maximum)
        return result

    return cast


def limit(value: object) -> int:
    """A bound that -1 switches off, as in requestComplexity."""
    result = integer(-1)(value)
    if result == 0:
        raise ValueError("expected a positive whole number, or -1 for no limit")
    return result


def _number(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", value):
        return float(value) if "." in value else int(value)
    raise ValueError("expected a number")


def is_number(value: object) -> bool:
    """A number, or the text of one."""
    try:
        _number(value)
    except ValueError:
        return False
    return True


def positive(maximum: float) -> Callable[[object], float]:
    """A number above 0."""

    def cast(value: object) -> float:
        result = number(0, maximum)(value)
        if result == 0:
            raise ValueError("expected more than 0")
        return result

    return cast


def _in_range(value: float, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and value < minimum:
        raise ValueError(f"expected at least {minimum}")
    if maximum is not None and value > maximum:
        raise ValueError(f"expected at most {maximum}")


def choice(*allowed: str) -> Callable[[object], str]:
    def cast(value: object) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        raise ValueError(f"expected one of {', '.join(allowed)}")

    return cast


def texts(value: object) -> tuple[str, ...]:
    """A list of texts: a JSON list, or text with commas."""
    if isinstance(value, str):
        value = _json(value) if value.lstrip().startswith("[") else [part.strip() for part in value.split(",")]
        value = [part for part in value if part != ""] if isinstance(value, list) else value
    if isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise ValueError("expected a list of texts, or text with commas")


def patterns(value: object) -> tuple[str, ...]:
    """A list of regular expressions that compile here; "*" stands for all, as in fileExtensions."""
    found = texts(value)
    for pattern in found:
        if pattern != "*":
            regular_expression(pattern)
    return found


def regular_expression(value: object) -> str:
    """A pattern, also in the form /pattern/, which loses its slashes."""
    pattern = filled_text(value)
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        pattern = pattern[1:-1]
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"expected a regular expression ({error})") from error
    return pattern


def networks(value: object) -> tuple[str, ...]:
    """Addresses and CIDR ranges, kept as text. `::0` is parse-server's spelling of every IPv6 address."""
    found = texts(value)
    for address in found:
        try:
            ipaddress.ip_network("::/0" if address == "::0" else address, strict=False)
        except ValueError as error:
            raise ValueError(f"expected addresses or CIDR ranges, {address!r} is neither") from error
    return found


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object, or its text."""
    if isinstance(value, str):
        value = _json(value)
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return dict(value)
    raise ValueError("expected a JSON object")


def mappings(value: object) -> tuple[Mapping[str, Any], ...]:
    if isinstance(value, str):
        value = _json(value)
    if isinstance(value, (list, tuple)) and all(isinstance(part, Mapping) for part in value):
        return tuple(dict(part) for part in value)
    raise ValueError("expected a list of JSON objects")


def keywords(value: object) -> tuple[Mapping[str, Any] | str, ...]:
    """Rows of requestKeywordDenylist: {"key", "value"}, or a key's text alone."""
    if isinstance(value, str):
        value = _json(value)
    if isinstance(value, (list, tuple)) and all(isinstance(part, (Mapping, str)) for part in value):
        return tuple(part if isinstance(part, str) else dict(part) for part in value)
    raise ValueError("expected a list of JSON objects")


def url(value: object) -> str:
    address = filled_text(value).rstrip("/")
    if not re.match(r"https?://[^/\s]+", address):
        raise ValueError("expected an address that starts with http:// or https://")
    return address


def mount(value: object) -> str:
    """A path with a leading and no trailing slash; the root is the empty text, so that mount + route is a path."""
    path = "/" + text(value).strip().strip("/")
    if re.search(r"[\s?#]", path):
        raise ValueError("expected a path such as /parse")
    return "" if path == "/" else path


def size(value: object) -> int:
    """Bytes; text such as 20mb, as parse-server writes it (1mb = 1024 * 1024)."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)?\s*", str(value).lower())
    if isinstance(value, bool) or not found:
        raise ValueError("expected a size such as 20mb")
    return int(float(found[1]) * 1024 ** ("b", "kb", "mb", "gb").index(found[2] or "b"))


def trust(value: object) -> bool | int | tuple[str, ...]:
    """Express's `trust proxy`: true, a number of hops, or addresses (loopback, linklocal and uniquelocal are names)."""
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, str) and value.strip().isdigit():
        return int(value)
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    found = texts(value)
    networks([part for part in found if part not in ("loopback", "linklocal", "uniquelocal")])
    return found


def code(value: object) -> object:
    """Python code: a live object, "package.module:name", or a JSON object such as {"module": "a.b:C", "options": {}}.

    The text is not imported here, so that a configuration can be read without running anything: see `load_object`.
    """
    if isinstance(value, str):
        if value.lstrip().startswith("{"):
            return mapping(value)
        if not re.fullmatch(r"[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?", value):
            raise ValueError("expected a Python name such as package.module:name")
    return value


def boolean_or_code(value: object) -> object:
    try:
        return boolean(value)
    except ValueError:
        return code(value)


def anything(value: object) -> Any:
    return value


def optional(cast: Callable[[object], T]) -> Callable[[object], T | None]:
    """Null means the option is switched off, instead of not given (logsFolder)."""

    def wrapped(value: object) -> T | None:
        return None if value is None or value == "null" else cast(value)

    return wrapped


def _json(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"expected JSON ({error})") from error


def load_object(reference: object) -> Any:
    """The Python object behind a `code` option: text is imported, {"module", "options"} is imported and called with the
    options as keywords, everything else is returned as it is.

    Raises ValueError naming the module or the attribute that is missing; an error inside the module passes through.
    """
    if isinstance(reference, Mapping) and isinstance(reference.get("module"), str):
        return load_object(reference["module"])(**reference.get("options", {}))
    if not isinstance(reference, str):
        return reference
    module_name, _, name = reference.partition(":")
    if not name:
        module_name, _, name = reference.rpartition(".")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name + ".").startswith(error.name + "."):
            raise
        raise ValueError(f"there is no module {error.name!r} (from {reference!r})") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise ValueError(f"module {module_name!r} has no {name!r}")
        found = getattr(found, part)
    return found
