"""Which page a visitor gets: language, own folder, redirect or content, and the headers that tell a page's parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from parse_shim.rest.file_rules import OCTETS, served_type
from parse_shim.settings import Settings
from parse_shim.settings_fields import load_object
from parse_shim.values.codec import loads
from parse_shim.web.call import Reply
from parse_shim.web.pages.render import render

BUILT_IN = Path(__file__).parent
PAGES = {
    "passwordReset": "password_reset.html",
    "passwordResetSuccess": "password_reset_success.html",
    "passwordResetLinkInvalid": "password_reset_link_invalid.html",
    "emailVerificationSuccess": "email_verification_success.html",
    "emailVerificationSendSuccess": "email_verification_send_success.html",
    "emailVerificationSendFail": "email_verification_send_fail.html",
    "emailVerificationLinkInvalid": "email_verification_link_invalid.html",
    "emailVerificationLinkExpired": "email_verification_link_expired.html",
}
OLD_NAMES = {
    "choosePassword": "passwordReset",
    "passwordResetSuccess": "passwordResetSuccess",
    "invalidLink": "passwordResetLinkInvalid",
    "verifyEmailSuccess": "emailVerificationSuccess",
    "linkSendSuccess": "emailVerificationSendSuccess",
    "linkSendFail": "emailVerificationSendFail",
    "invalidVerificationLink": "emailVerificationLinkInvalid",
    "expiredVerificationLink": "emailVerificationLinkExpired",
}
"""`customPages`, the old form of `pages.customUrls`, by its own names."""

LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
PRIVATE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
"""A link of a mail is a secret: no cache keeps the page, no other site learns its address."""

Params = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page. `locale` None: none was asked for."""

    settings: Settings
    public_url: str
    method: str
    locale: str | None = None

    @property
    def base(self) -> str:
        return f"{self.public_url}/{self.settings.pages.pages_endpoint}"


def not_found() -> Reply:
    return Reply(b"Not found.", 404, {}, "text/plain; charset=utf-8")


def is_configured(settings: Settings) -> bool:
    """Pages name the application and its address; the JSON errors of the same routes do not need them."""
    return bool(settings.app_name and settings.public_server_url)


def read_locale(value: object) -> str | None:
    """A locale as a visitor names it, None for none. Raises ValueError for text that could be a path."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not LOCALE.fullmatch(value):
        raise ValueError("not a locale")
    return value


def show(visit: Visit, page: str, params: Params, *, redirect: bool | None = None) -> Reply:
    """A page by its id. `redirect` None: what the request's method says (GET content, POST redirect).

    A custom URL is always redirected to; `forceRedirect` turns every page into a redirect."""
    settings = visit.settings
    if not is_configured(settings):
        return not_found()
    given = _filled(visit, params)
    custom = _custom_url(settings, page)
    if custom:
        return _redirect(custom, given, settings)
    if redirect is None:
        redirect = visit.method == "POST"
    name = PAGES[page]
    if redirect or settings.pages.force_redirect:
        folder = _folder_of(visit, name)
        return _redirect(f"{visit.base}/{folder}{name}", given, settings)
    return show_file(visit, name, params)


def show_file(visit: Visit, name: str, params: Params) -> Reply:
    """A file of the pages folder: HTML is a template, anything else is sent as it is."""
    settings = visit.settings
    if not is_configured(settings):
        return not_found()
    found = _file(settings, _folder_of(visit, name) + name) or _file(settings, name)
    if found is None:
        return not_found()
    given = _filled(visit, params)
    data = _read(found, found.stat().st_mtime_ns)
    if found.suffix.lower() not in (".html", ".htm"):
        return Reply(data, 200, {"X-Content-Type-Options": "nosniff"}, _type_of(found))
    text = render(data.decode("utf-8", "replace"), given, _placeholders(visit, given))
    return Reply(text.encode(), 200, {**PRIVATE, **param_headers(settings, given)}, "text/html; charset=utf-8")


def param_headers(settings: Settings, params: Mapping[str, str]) -> dict[str, str]:
    """`x-parse-page-param-<name>`; control characters are taken out, and what no header can hold is percent-encoded."""
    encode = settings.pages.encode_page_param_headers
    headers = {}
    for name, value in params.items():
        if name == "pagesUrl":  # for templates alone
            continue
        plain = CONTROLS.sub("", value)[:2000]
        headers[f"x-parse-page-param-{name.lower()}"] = quote(plain, safe="!'()*~-_.") if encode or not plain.isascii() else plain
    return headers


def _filled(visit: Visit, params: Params) -> dict[str, str]:
    settings = visit.settings
    # The application's own names stand last: they are never a visitor's to give.
    given = {
        **params,
        "appId": settings.app_id,
        "appName": settings.app_name or "",
        "publicServerUrl": visit.public_url,
        "pagesUrl": visit.base,
        "locale": visit.locale,
    }

    return {name: value for name, value in given.items() if value}


def _redirect(url: str, params: Mapping[str, str], settings: Settings) -> Reply:
    shown = {name: value for name, value in params.items() if name != "pagesUrl"}
    location = f"{url}{'&' if '?' in url else '?'}{urlencode(shown)}"
    return Reply(b"See Other", 303, {"Location": location, **PRIVATE, **param_headers(settings, shown)}, "text/plain; charset=utf-8")


def _custom_url(settings: Settings, page: str) -> str | None:
    custom = settings.pages.custom_urls.get(page)
    if not custom:
        custom = next((settings.custom_pages.get(old) for old, new in OLD_NAMES.items() if new == page), None)
    return custom if isinstance(custom, str) and urlsplit(custom).scheme in ("http", "https") else None


def _folder_of(visit: Visit, name: str) -> str:
    """`de-AT/`, `de/` or "": the nearest language in which the page exists."""
    pages = visit.settings.pages
    if not pages.enable_localization or visit.locale is None:
        return ""
    for locale in dict.fromkeys((visit.locale, re.split("[-_]", visit.locale)[0])):
        if _file(visit.settings, f"{locale}/{name}") is not None:
            return f"{locale}/"
    return ""


def _file(settings: Settings, path: str) -> Path | None:
    """A file inside the folder of pages; None for a missing one, and for every path that leads out of it."""
    root = Path(settings.pages.pages_path).resolve() if settings.pages.pages_path else BUILT_IN
    if "\0" in path:
        return None
    try:
        found = (root / path).resolve()
        inside = found.is_relative_to(root) and found != root and found.is_file()
    except (OSError, ValueError):
        return None
    return found if inside and found.suffix != ".py" else None


def _type_of(path: Path) -> str:
    return served_type(path.name) if path.suffix else OCTETS


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> bytes:
    return path.read_bytes()


def _placeholders(visit: Visit, given: Mapping[str, str]) -> dict[str, Any]:
    """The operator's own values, then the translation of the visitor's language, whose texts may name parameters themselves."""
    settings = visit.settings
    own = settings.pages.placeholders
    if not isinstance(own, Mapping):
        own = load_object(own)(dict(given)) if own else {}
    found: dict[str, Any] = dict(own or {})
    for name, text in _translation(visit).items():
        found[name] = _filled_in(text, given, found)
    return found


def _filled_in(text: Any, given: Mapping[str, str], own: Mapping[str, Any]) -> Any:
    if isinstance(text, Mapping):
        return {name: _filled_in(inner, given, own) for name, inner in text.items()}
    return render(text, given, own) if isinstance(text, str) and "{{" in text else text


def _translation(visit: Visit) -> Mapping[str, Any]:
    pages = visit.settings.pages
    if not pages.enable_localization or not pages.localization_json_path:
        return {}
    path = Path(pages.localization_json_path)
    known = loads(_read(path, path.stat().st_mtime_ns))
    wanted = visit.locale or pages.localization_fallback_locale
    for locale in (wanted, re.split("[-_]", wanted)[0], pages.localization_fallback_locale):
        found = known.get(locale) if isinstance(known, dict) else None
        if isinstance(found, dict):
            return found.get("translation", found) if isinstance(found.get("translation", found), dict) else {}
    return {}
