"""Collect the marks that decorators left in the application's modules, and look hooks up."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from parse_shim.classes.loading import import_spec
from parse_shim.hooks.cloud import MARKED, MARKS, MOUNTS, Mark
from parse_shim.hooks.cron import check_period
from parse_shim.hooks.kinds import ANY, EVERY, FUNCTION, KINDS, refusal
from parse_shim.hooks.validators import Check, read_validator
from parse_shim.sdk.object import Object

FORBIDDEN_IN_NAMES = frozenset("'\"`.")


class RegistrationError(ValueError):
    """A hook that cannot be: its text says why, where it stands, and where the other one stands."""


@dataclass(frozen=True, slots=True)
class Hook:
    """`target`: class, function or job name. `validator` runs before `handler`. `options`: what the decorator got
    besides.
    `webhook`: it came from /hooks, not from the application's code."""

    kind: str
    target: str
    handler: Callable[..., Any]
    validator: Check | None = None
    file: str = ""
    line: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    is_async: bool = False
    webhook: bool = False

    @property
    def name(self) -> str:
        """`cloud.posts.check_title`, or what a handler that is no function calls itself. Never its repr: it may hold keys."""
        label = getattr(self.handler, "label", None)
        if isinstance(label, str):
            return label
        return f"{getattr(self.handler, '__module__', '')}.{getattr(self.handler, '__qualname__', type(self.handler).__name__)}"

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.file else "no file"


class Registry:
    """The hooks of one server. `subclasses`: class name -> the application's subclass of Object. `blueprints`: what
    `cloud.mount` got."""

    def __init__(self, hooks: Iterable[Hook] = ()) -> None:
        self._hooks: dict[tuple[str, str], Hook] = {}
        self._many: dict[str, tuple[Hook, ...]] = {}
        self._covered: dict[tuple[str, str], Hook] = {}
        self.subclasses: dict[str, type[Object]] = {}
        self.blueprints: list[Any] = []
        for hook in hooks:
            self.add(hook)

    def find(self, kind: str, target: str = ANY) -> Hook | None:
        """The hook of this kind on this class, function or job."""
        return self._hooks.get((kind, target))

    def every(self, kind: str) -> tuple[Hook, ...]:
        """All hooks of a kind."""
        return self._many.get(kind, ()) + tuple(hook for (k, _), hook in self._hooks.items() if k == kind)

    def all(self) -> list[Hook]:
        """Every hook, by kind as kinds.py lists them, then by target."""
        return [hook for kind in KINDS for hook in sorted(self.every(kind), key=lambda hook: (hook.target, hook.file, hook.line))]

    def names(self, kind: str) -> list[str]:
        return sorted(hook.target for hook in self.every(kind))

    def add(self, hook: Hook) -> None:
        """Raises RegistrationError when it cannot hang there, or another one does already."""
        _check(hook)
        if KINDS[hook.kind].many:
            self._many[hook.kind] = (*self._many.get(hook.kind, ()), hook)
            return
        other = self._hooks.get((hook.kind, hook.target))
        if other is not None and other.place != hook.place:
            text = f"two {hook.kind} hooks for {hook.target or 'the server'}: {other.name} at {other.place} and {hook.name} at {hook.place}"
            raise RegistrationError(text)
        self._hooks[hook.kind, hook.target] = hook

    def cover(self, hook: Hook) -> None:
        """Put a webhook in the place of whatever is there. Raises RegistrationError."""
        _check(hook)
        place = (hook.kind, hook.target)
        before = self._hooks.get(place)
        if before is not None and not before.webhook:
            self._covered[place] = before
        self._hooks[place] = hook

    def uncover(self, kind: str, target: str) -> None:
        """Take a webhook away; what it covered is back."""
        before = self._covered.pop((kind, target), None)
        if before is not None:
            self._hooks[kind, target] = before
        else:
            self._hooks.pop((kind, target), None)

    def webhooks(self) -> list[Hook]:
        return [hook for hook in self._hooks.values() if hook.webhook]

    def remove(self, kind: str, target: str) -> None:
        self._hooks.pop((kind, target), None)

    def clear(self) -> None:
        """No hooks any more."""
        self._hooks.clear()
        self._many.clear()

    def __len__(self) -> int:
        return len(self._hooks) + sum(len(hooks) for hooks in self._many.values())


def load_cloud(spec: str) -> Registry:
    """Import the application's cloud code (dotted module or path) and collect its hooks. A folder stands for its main.py.

    Raises RegistrationError, ModuleNotFoundError, or whatever the code itself raises.
    """
    if str(spec).endswith((".js", ".mjs", ".cjs", ".ts")):
        raise RegistrationError(f"{spec} is JavaScript: cloud code is Python here, such as cloud.main or cloud/main.py")
    module = import_spec(str(spec))
    if hasattr(module, "__path__") and find_spec(f"{module.__name__}.main"):
        module = import_module(f"{module.__name__}.main")
    return collect(module)


def collect(module: ModuleType) -> Registry:
    """The hooks of `module` and of the modules of its package that it imported."""
    registry = Registry()
    seen: set[int] = set()
    for found in reachable(module):
        for thing in [*vars(found).get(MARKED, ()), *vars(found).values()]:
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            for mark in _marks(thing):
                registry.add(_hook(mark, thing))
            if isinstance(thing, type) and issubclass(thing, Object) and thing.__module__ == found.__name__ and thing.registered_name:
                registry.subclasses[thing.registered_name] = thing
        registry.blueprints += vars(found).get(MOUNTS, [])
    return registry


def reachable(module: ModuleType) -> Iterator[ModuleType]:
    """`module`, and what it imported from its own package (for a lone module: from its folder), in order of import."""
    seen: set[str] = set()
    stack = [module]
    while stack:
        found = stack.pop()
        if found.__name__ in seen:
            continue
        seen.add(found.__name__)
        yield found
        stack.extend(reversed([m for m in _imported(found) if _belongs(m, module)]))


def _imported(module: ModuleType) -> Iterator[ModuleType]:
    for thing in list(vars(module).values()):
        if isinstance(thing, ModuleType):
            yield thing
        else:
            home = sys.modules.get(_attribute(thing, "__module__", None) or "")
            if home is not None and (MARKS in _attribute(thing, "__dict__", {}) or isinstance(thing, type)):
                yield home


def _belongs(module: ModuleType, root: ModuleType) -> bool:
    top = root.__name__.partition(".")[0]
    if "." in root.__name__ or hasattr(root, "__path__"):
        return module.__name__.partition(".")[0] == top
    file, home = getattr(module, "__file__", None), getattr(root, "__file__", None)
    return bool(file and home) and Path(str(file)).is_relative_to(Path(str(home)).parent)


def _marks(thing: Any) -> list[Mark]:
    found = _attribute(thing, "__dict__", {}).get(MARKS, []) if not isinstance(thing, type | ModuleType) else []
    return found if isinstance(found, list) else []


def _attribute(thing: Any, name: str, otherwise: Any) -> Any:
    try:
        return getattr(thing, name, otherwise)
    except RuntimeError:
        # A stand-in for what is not there now, such as Flask's `request` between requests.
        return otherwise


def _hook(mark: Mark, handler: Callable[..., Any]) -> Hook:
    plain = inspect.unwrap(handler)
    code = getattr(plain, "__code__", None)
    file = code.co_filename if code is not None else str(getattr(sys.modules.get(plain.__module__), "__file__", ""))
    line = code.co_firstlineno if code is not None else 0
    target = mark.target if mark.target is not None else str(getattr(plain, "__name__", ""))
    try:
        validator = read_validator(mark.validator)
    except ValueError as problem:
        raise RegistrationError(f"{problem} ({mark.kind} {target} at {file}:{line})")
    return Hook(mark.kind, target, handler, validator, file, line, mark.options, inspect.iscoroutinefunction(plain))


def _check(hook: Hook) -> None:
    problem = refusal(hook.kind, hook.target)
    if hook.kind == FUNCTION and (not hook.target or FORBIDDEN_IN_NAMES & set(hook.target)):
        problem = f"{hook.target!r} is no name for a cloud function: it must be filled, without quotes and dots"
    if hook.kind == EVERY:
        try:
            check_period(hook.options.get("period"))
        except ValueError as wrong:
            problem = str(wrong)
    if problem is not None:
        raise RegistrationError(f"{problem} ({hook.name} at {hook.place})" if hook.file else problem)
