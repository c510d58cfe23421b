"""The `auth` option as providers by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parse_shim.errors import Code, ParseError
from parse_shim.rest.providers.anonymous import Anonymous
from parse_shim.rest.providers.base import Provider, refused
from parse_shim.settings_fields import load_object

_HERE = "parse_shim.rest.providers"
BUILT_IN: Mapping[str, str] = {
    "apple": f"{_HERE}.apple:Apple",
    "google": f"{_HERE}.google:Google",
    "facebook": f"{_HERE}.facebook:Facebook",
}
"""By name, imported when they are configured: what they need (HTTP, signatures) takes 70 ms to import."""
OAUTH2 = f"{_HERE}.oauth2:OAuth2"
TITLES = {"apple": "Apple", "google": "Google", "facebook": "Facebook"}


class Providers:
    """Built once at start. Raises ValueError naming the provider whose settings are not enough to be safe."""

    def __init__(self, auth: Mapping[str, Any], *, anonymous: bool = True) -> None:
        self._known: dict[str, Provider] = {"anonymous": Anonymous()}
        for name, options in auth.items():
            if isinstance(options, Mapping) and options.get("enabled") is False:
                self._known.pop(name, None)
            else:
                self._known[name] = _build(name, options)
        if not anonymous:
            self._known.pop("anonymous", None)
        self.rewriters = {n: p for n, p in self._known.items() if type(p).after_find is not Provider.after_find}
        """Providers that rewrite what a reader sees."""

    def get(self, name: str) -> Provider:
        """Raises 252 for an unknown provider, 101 for a built-in one that is not configured."""
        found = self._known.get(name)
        if found is not None:
            return found
        if name in BUILT_IN:
            raise refused(f"{TITLES[name]} auth is not configured.")
        raise ParseError(Code.UNSUPPORTED_SERVICE, "This authentication method is unsupported.")

    def of_policy(self, policy: str) -> list[str]:
        """Names of the providers with that policy."""
        return sorted(name for name, provider in self._known.items() if getattr(provider, "policy", "default") == policy)

    def find(self, name: str) -> Provider | None:
        """The provider, None for one that is not there."""
        return self._known.get(name)


def _build(name: str, options: Any) -> Provider:
    try:
        if isinstance(options, Mapping) and not isinstance(options.get("module"), str):
            return _built_in(name, options)
        found = load_object(options)
        made = found() if isinstance(found, type) else found
    except (TypeError, ValueError) as error:
        raise ValueError(f"auth.{name}: {error}") from error
    if not isinstance(made, Provider):
        raise ValueError(f"auth.{name}: expected a subclass of parse_shim.rest.providers.base.Provider")
    return made


def _built_in(name: str, options: Mapping[str, Any]) -> Provider:
    if name == "anonymous":
        return Anonymous()
    if options.get("oauth2") is True:
        return _made(OAUTH2, {key: value for key, value in options.items() if key != "oauth2"})
    if name not in BUILT_IN:
        raise ValueError("this provider is not built in: give its class as {'module': 'package.module:Class', 'options': {...}}")
    return _made(BUILT_IN[name], options)


def _made(path: str, options: Mapping[str, Any]) -> Provider:
    made: Provider = load_object(path)(**options)
    return made
