"""Published weaknesses of uploads (advisories, section 5): nothing that a browser runs, no path, no rights by header."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from tests.security.conftest import Town
from tests.web.world import APP, MASTER, Web, error

Server = Callable[..., Web]


def upload(town: Town, name: str, content_type: str | None = None, **more: str) -> object:
    headers = {**town.as_alice, **({"Content-Type": content_type} if content_type else {}), **more}
    return town.web("POST", f"/files/{name}", "<script>alert(1)</script>", headers)


# GHSA-9prm-jqwx-45x9, GHSA-hcj7-6gxh-24ww, GHSA-v5hf-f4c3-m5rv, GHSA-7wqv-xjf3-x35v, GHSA-v8x7-r927-cc93
NAMES = ["a.html", "a.HTM", "a.shtml", "a.svg", "a.SvG", "a.svgz", "a.xhtml", "a.xml", "a.xht", "a.xsl", "a.rdf", "a.mathml", "a.svg.",
         ".html", "a.txt.svg", "a.html%20", "a.html.", "a.svg%2e", "a.xslt", "a.xsd", "a.owl"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content_type", [None, "text/plain", "image/png"])
def test_what_a_browser_runs_is_refused(town: Town, name: str, content_type: str | None) -> None:
    assert error(upload(town, name, content_type))[:2] in ((400, 130), (400, 122))


# GHSA-42ph-pf9q-cr72, GHSA-v8x7-r927-cc93, GHSA-r899-h629-j84r
TYPES = ["text/html;charset=utf-8", "TEXT/HTML", "text/html ; x=y", " text/html", "image/svg+xml", "image/svg+xml;a",
         "application/xhtml+xml",
         "text/xml", "application/xml", "image//svg+xml", "text/plain,text/html", "svg", "text/html,text/plain", "text/ html", "html",
         "application/rdf+xml", "text/xsl", "application/mathml+xml"]  # fmt: skip


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("name", ["a", "a.foo", "a."])
def test_a_type_that_a_browser_runs_is_refused(town: Town, name: str, content_type: str) -> None:
    answer = upload(town, name, content_type)
    if answer.status_code == 201:  # type: ignore[attr-defined]
        path = answer.json["url"].removeprefix("http://localhost/parse")  # type: ignore[attr-defined]
        served = town.web("GET", path, headers={})
        assert served.headers["X-Content-Type-Options"] == "nosniff"
        assert served.mimetype in ("application/octet-stream", "text/plain"), served.mimetype
    else:
        assert error(answer)[:2] == (400, 130)


def test_the_same_rules_hold_for_json_uploads(town: Town) -> None:
    data = base64.b64encode(b"<script>").decode()
    token = town.as_alice["X-Parse-Session-Token"]
    for name, kind in [("a.html", "text/plain"), ("a.svg", None), ("a", "text/html"), ("a.foo", "image/svg+xml")]:
        body = {"base64": data, "_ApplicationId": "app", "_SessionToken": token, **({"_ContentType": kind} if kind else {})}
        answer = town.web("POST", f"/files/{name}", json.dumps(body), {"Content-Type": "text/plain"})
        assert error(answer)[:2] == (400, 130), (name, kind)


# GHSA-vr5f-2r24-w5hc
@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/xhtml+xml"])
def test_the_extension_decides_what_is_served(town: Town, content_type: str) -> None:
    answer = upload(town, "mismatch.txt", content_type)
    path = answer.json["url"].removeprefix("http://localhost/parse")  # type: ignore[attr-defined]
    served = town.web("GET", path, headers={})
    assert (served.mimetype, served.headers["X-Content-Type-Options"]) == ("text/plain", "nosniff")


# GHSA-792q-q67h-w579 baseline
@pytest.mark.parametrize("name", ["..%2f..%2f..%2ftmp%2fx", "%2ftmp%2fx", "a%00.txt", "a" * 300 + ".txt", "a%0d%0aX-Evil:1.txt",
    "..%5cx.txt",
    "a%2fb.txt", "~", "-a.txt", "%20a.txt", "a:b.txt", "%E2%80%AE.txt", "a%22.txt", "a%3Cb.txt"])  # fmt: skip
def test_odd_file_names_are_refused(town: Town, name: str) -> None:
    answer = upload(town, name, "text/plain")
    assert answer.status_code in (400, 404) and "X-Evil" not in answer.headers  # type: ignore[attr-defined]
    if answer.status_code == 400:  # type: ignore[attr-defined]
        assert error(answer)[1] == 122


# BASE-files-rights
def test_rights_of_uploads(town: Town) -> None:
    web = town.web
    assert error(web("POST", "/files/a.txt", "data"))[:2] == (400, 130)
    assert web("DELETE", "/files/a.txt", headers=town.as_alice).status_code == 403
    assert web("POST", "/files/a.txt", "data", {**town.as_alice, "X-Parse-File-Max-Upload-Size": "900mb"}).status_code == 403
    body = {"base64": "aGk=", "fileData": {"directory": "own"}, "_ApplicationId": "app"}
    body["_SessionToken"] = town.as_alice["X-Parse-Session-Token"]
    assert error(web("POST", "/files/a.txt", json.dumps(body), {"Content-Type": "text/plain"}))[:2] == (400, 119)
    streamed = {**town.as_alice, "X-Parse-Upload-Mode": "stream", "X-Parse-File-Directory": "own"}
    assert error(web("POST", "/files/a.txt", "data", streamed))[:2] == (400, 119)
    for directory in ("..", "a/../b", "/a", "a//b", "metadata", "a\0", "a" * 300, "%2e%2e"):
        body = {"base64": "aGk=", "fileData": {"directory": directory}, "_ApplicationId": "app", "_MasterKey": "master"}
        assert error(web("POST", "/files/a.txt", json.dumps(body), {"Content-Type": "text/plain"}))[:2] == (400, 122), directory


def test_anonymous_users_do_not_upload(town: Town) -> None:
    token = town.web("POST", "/users", {"authData": {"anonymous": {"id": "up"}}}).json["sessionToken"]
    assert error(town.web("POST", "/files/a.txt", "data", {**APP, "X-Parse-Session-Token": token}))[:2] == (400, 130)
    assert town.web("POST", "/files/a.txt", "data", MASTER).status_code == 201
