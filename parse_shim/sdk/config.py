"""The config that clients read, from cloud code: `Config.get()["welcome"]`, `Config.save({"welcome": "hi"})`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from parse_shim.sdk.convert import handed, stored
from parse_shim.sdk.pending import perform
from parse_shim.sdk.session import As, current
from parse_shim.values.codec import encode


class Config:
    """A copy of all parameters. Dates, pointers and the like are what Objects hold."""

    def __init__(self, params: Mapping[str, Any] | None = None) -> None:
        self.attributes: dict[str, Any] = {name: handed(value) for name, value in (params or {}).items()}

    @classmethod
    def get_config(cls, *, use_master_key: bool = False) -> Self:
        """The parameters of now; those for the master key only with it."""
        return perform(lambda: cls(current().read_config(As(use_master_key))))

    @classmethod
    def save(cls, params: Mapping[str, Any], master_key_only: Mapping[str, bool] | None = None) -> None:
        """Set some parameters (None removes one), with the master key."""
        values = {name: stored(value) for name, value in params.items()}
        return perform(lambda: current().write_config(values, master_key_only or {}, As(use_master_key=True)))

    def get(self, name: str, default: Any = None) -> Any:
        return self.attributes.get(name, default)

    def __getitem__(self, name: str) -> Any:
        return self.attributes[name]

    def __contains__(self, name: object) -> bool:
        return name in self.attributes

    def to_json(self) -> dict[str, Any]:
        return {name: encode(stored(value)) for name, value in self.attributes.items()}

    def __repr__(self) -> str:
        return f"Config({self.attributes})"
