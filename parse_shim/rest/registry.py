"""The schema in use: every class this process knows, kept equal to the store's by its version token."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

from parse_shim.classes.model import ClassDef, FieldType
from parse_shim.classes.plan import KEEP, Plan, Policy, make_plan, plan_class
from parse_shim.classes.system import SYSTEM, complete
from parse_shim.errors import Code, FieldConflict, ParseError, Unavailable
from parse_shim.rest.engine_errors import translated
from parse_shim.storage.base import Engine

log = logging.getLogger(__name__)

ALWAYS = (SYSTEM["_User"], SYSTEM["_Role"])
"""Stored at every start, as parse-server does (DatabaseController.performInitialization, 9.10); an operator may drop them until then."""


class Classes:
    """Classes by name. System classes are always known; `stored` tells whether the store has a class.

    Reading is a dict look-up without a lock: a change replaces the dict. `refresh` is called once per request.
    `declared` classes are stored at the start, the plan in the log first; `policy`: what may be lost with that."""

    def __init__(self, engine: Engine, declared: Iterable[ClassDef] = (), policy: Policy = KEEP) -> None:
        self._engine = engine
        self._declared = tuple(declared)
        self._policy = policy
        self._lock = threading.RLock()
        self._away: tuple[float, Unavailable | None] = (0.0, None)
        """When the store was last found to be away."""
        self._token: Any = object()
        self._known: dict[str, ClassDef] = dict(SYSTEM)
        self._stored: frozenset[str] = frozenset()
        self._are_declared = False
        self._start()

    def get(self, name: str) -> ClassDef | None:
        """The class with its system columns, None when neither stored nor a system class."""
        return self._known.get(name)

    def get_or_empty(self, name: str) -> ClassDef:
        """As `get`, a class without own columns for an unknown name (finds on it give [])."""
        return self._known.get(name) or ClassDef(name)

    def is_stored(self, name: str) -> bool:
        return name in self._stored

    def names(self) -> list[str]:
        """Stored classes."""
        return sorted(self._stored)

    def refresh(self) -> None:
        """Take over what other processes changed. Microseconds when nothing did. Raises ParseError 503 when the store is away."""
        with translated():
            if self._engine.schema_version() != self._token:
                with self._turn():
                    if self._engine.schema_version() != self._token:
                        self._load()
                    if not self._are_declared:
                        self._declare()

    def ensure(self, name: str, new_fields: Mapping[str, FieldType] | None = None) -> ClassDef:
        """The class, made or widened by `new_fields` when it must be. Raises ParseError 111 when a column has another type."""
        wanted = new_fields or {}
        cls = self._known.get(name)
        if cls and name in self._stored and all(field in cls.fields for field in wanted):
            _check_types(cls, wanted)
            return cls
        with translated(name), self._turn():
            # Not `refresh`: another server's permissions, perhaps seconds old, must not be written over with ours.
            self._load()
            cls = self.get_or_empty(name)
            _check_types(cls, wanted)
            missing = {field: type_ for field, type_ in wanted.items() if field not in cls.fields}
            return cls if name in self._stored and not missing else self._save_fields(cls, missing)

    def save(self, cls: ClassDef) -> ClassDef:
        """Store `cls` with its options, permissions and indexes; what is stored afterwards. Raises ParseError 111."""
        with translated(cls.name), self._turn():
            return self._remember(self._engine.save_class(cls))

    def plan(self) -> Plan:
        """What declaring would change now. Raises ParseError 503."""
        with translated(), self._turn():
            self._load()
            return self._plan()

    def declare(self, declared: Iterable[ClassDef]) -> None:
        """Other declarations from now on; nothing is lost. Raises ParseError 503."""
        with translated(), self._turn():
            self._declared, self._policy = tuple(declared), KEEP
            self._load()
            self._declare()

    def drop_fields(self, name: str, fields: Iterable[str]) -> ClassDef:
        """Remove columns with their data."""
        with translated(name), self._turn():
            return self._remember(self._engine.drop_fields(self.get_or_empty(name), fields))

    def drop(self, name: str) -> None:
        """Remove the class with its objects."""
        with translated(name), self._turn():
            self._engine.drop_class(name)
            self._load()

    def reset(self) -> None:
        """After the store was emptied: forget everything, declare the declared classes again."""
        with translated(), self._turn():
            self._load()
            self._declare()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One at a time. Who waited while the store turned out to be away hears so at once: asking anew would keep the next waiting."""
        asked = monotonic()
        with self._lock:
            since, problem = self._away
            if problem is not None and since > asked:
                raise Unavailable(str(problem))
            try:
                yield
            except Unavailable as problem:
                self._away = monotonic(), problem
                raise

    def _start(self) -> None:
        # A store that is away at start must not stop the server: it recovers with the store.
        try:
            self._load()
            self._declare()
        except Unavailable:
            log.warning("the store cannot be reached; classes are loaded when it can")
            self._token = object()

    def _load(self) -> None:
        with self._lock:
            # The token first: a change during the load is then seen by the next refresh.
            token = self._engine.schema_version()
            stored = self._engine.load_classes()
            self._stored = frozenset(stored)
            self._known = {**SYSTEM, **{name: self._whole(cls) for name, cls in stored.items()}}
            self._token = token

    def _declare(self) -> None:
        with self._lock:
            for cls in ALWAYS:
                each = plan_class(self._known[cls.name] if cls.name in self._stored else None, cls)
                if each.wanted is not None:
                    self._remember(self._engine.save_class(each.wanted))
            plan = self._plan()
            if plan.changes or not self._are_declared:
                _tell(plan, strict=self._policy.strict)
            for saved in carry_out(self._engine, plan):
                self._remember(saved)
            self._are_declared = True

    def _plan(self) -> Plan:
        return make_plan({name: self._known[name] for name in self._stored}, self._declared, self._policy)

    def _save_fields(self, cls: ClassDef, missing: Mapping[str, FieldType]) -> ClassDef:
        try:
            with translated(cls.name):
                try:
                    return self._remember(self._engine.save_class(cls.with_fields(missing)))
                except FieldConflict:
                    # Another process was faster: its types count, and the text must name them.
                    self._load()
                    _check_types(self.get_or_empty(cls.name), missing)
                    raise
        finally:
            self._token = object()

    def _remember(self, cls: ClassDef) -> ClassDef:
        whole = self._whole(cls)
        self._known = {**self._known, cls.name: whole}
        self._stored |= {cls.name}
        return whole

    def _whole(self, cls: ClassDef) -> ClassDef:
        """With the columns that every class has, and the validators, which are never stored."""
        declared = next((known for known in self._declared if known.name == cls.name), cls)
        return complete(cls).checked_as(declared)


def plan_of(engine: Engine, declared: Iterable[ClassDef], policy: Policy = KEEP) -> Plan:
    """What `engine` lacks of the declared classes. Raises Unavailable."""
    return make_plan(engine.load_classes(), declared, policy)


def carry_out(engine: Engine, plan: Plan) -> list[ClassDef]:
    """Change the store as planned; the classes as they are stored then. Raises Unavailable, FieldConflict."""
    saved = []
    for each in plan.classes:
        if each.dropped:
            saved.append(engine.drop_fields(ClassDef(each.name), each.dropped))
        if each.wanted is not None:
            saved.append(engine.save_class(each.wanted))
    return saved


def _tell(plan: Plan, *, strict: bool) -> None:
    """The plan, a line a step; what needs a look as a warning."""
    for step in plan.steps:
        if step.kind != "extra" or strict:
            log.log(logging.INFO if step.kind == "change" else logging.WARNING, "schema: %s", step)


def _check_types(cls: ClassDef, wanted: Mapping[str, FieldType]) -> None:
    for name, type_ in wanted.items():
        known = cls.fields.get(name)
        if known and not known.same_type(type_):
            text = f"schema mismatch for {cls.name}.{name}; expected {known.text} but got {type_.text}"
            raise ParseError(Code.INCORRECT_TYPE, text)
