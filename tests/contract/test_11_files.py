"""Files (contract/11, sections 1 to 4; contract/00, section 5)."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.world import APP, Server

MASTER = {**APP, "X-Parse-Master-Key": "master"}
HELLO = b"hello world"


@pytest.fixture
def files(serve: Callable[..., Server]) -> Server:
    server = serve(fileUpload={"enableForPublic": True})
    server.sign_up("ann")
    return server


def upload(server: Server, name: str, data: bytes = HELLO, who: str = "app", **headers: str) -> Any:
    return server(who, "POST", f"/files/{name}", data, headers={key.replace("_", "-"): value for key, value in headers.items()})


def path_of(answer: Any) -> str:
    return str(answer.json["url"]).removeprefix("http://localhost/parse")


NAMES = {
    "hello.txt": ("hello.txt", "hello.txt"),
    "a%20b%40c.txt": ("a b@c.txt", "a%20b%40c.txt"),
    "a~b.txt": ("a~b.txt", "a~b.txt"),
}


@pytest.mark.parametrize("sent", NAMES)
def test_names_and_urls(files: Server, sent: str) -> None:
    name, in_url = NAMES[sent]
    answer = upload(files, sent)
    assert answer.status_code == 201 and set(answer.json) == {"url", "name"}
    assert re.fullmatch("[0-9a-f]{32}_" + re.escape(name), answer.json["name"])
    assert answer.json["url"] == f"http://localhost/parse/files/app/{answer.json['name'][:33]}{in_url}" == answer.headers["Location"]
    got = files("none", "GET", path_of(answer))
    assert (got.status_code, got.data, got.headers["Content-Type"]) == (200, HELLO, "text/plain; charset=utf-8")
    assert (got.headers["X-Content-Type-Options"], got.headers["Content-Length"]) == ("nosniff", "11")
    head = files("none", "HEAD", path_of(answer))
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", "11")


EXTENSIONS = [
    ("noext", "image/png", "noext.png", "image/png"),
    ("x.", "image/png", "x.png", "image/png"),
    ("noext", "application/octet-stream", "noext.bin", "application/octet-stream"),
    ("noext", None, "noext.txt", "text/plain; charset=utf-8"),
    ("a.png", "text/plain", "a.png", "image/png"),
    ("a.js", "text/plain", "a.js", "text/javascript"),
]


@pytest.mark.parametrize(("sent", "kind", "name", "served"), EXTENSIONS)
def test_extensions(files: Server, sent: str, kind: str | None, name: str, served: str) -> None:
    answer = upload(files, sent, **({"Content_Type": kind} if kind else {}))
    assert answer.json["name"].endswith("_" + name)
    assert files("none", "GET", path_of(answer)).headers["Content-Type"].startswith(served)


REFUSED = "html htm shtml xhtml xht svg svgz xml xsl xslt xsd rng rdf owl mathml HTML sVg".split()
BAD_NAMES = ["%23a.txt", "a%24.txt", "(a).txt", "a+b.txt", "a%25.txt", "a;b.txt", "%C3%A9.txt", "-a.txt", ".a.txt"]
DIRECTORIES = [
    (5, "must be a string."),
    ("", "must not be empty."),
    ("a" * 257, "path is too long."),
    ("a/../b", 'must not contain "..".'),
    ("/a", 'must not start or end with "/".'),
    ("a/", 'must not start or end with "/".'),
    ("a//b", "must not contain consecutive slashes."),
    ("metadata/a", 'must not start with reserved segment "metadata".'),
    ("a b#", "contains invalid characters."),
]


def test_refusals(files: Server) -> None:
    kind = lambda name: (130, f"File upload of extension {name} is disabled.")  # noqa: E731
    files.expect(
        [
            ("app", "POST", "/files", HELLO, 400, (122, "Filename not provided.")),
            ("app", "POST", "/files/" + "a" * 129, HELLO, 400, (122, "Filename too long.")),
            *(("app", "POST", f"/files/{name}", HELLO, 400, (122, "Filename contains invalid characters.")) for name in BAD_NAMES),
            *(("app", "POST", f"/files/a.{name}", HELLO, 400, kind(name)) for name in REFUSED),
            *(("master", "POST", f"/files/a.{name}", HELLO, 201, None) for name in REFUSED),
            *(("app", "POST", f"/files/a.{name}", HELLO, 201, None) for name in ("js", "php", "exe", "css", "pdf", "zip")),
            ("app", "POST", "/files/a.txt", b"", 400, (130, "Invalid file upload.")),
            ("reader", "POST", "/files/a.txt", HELLO, 403, (None, "Permission denied")),
            ("app", "DELETE", "/files/none.txt", None, 403, (None, "Permission denied")),
            ("master", "DELETE", "/files/none.txt", None, 400, (153, "FileNotFound")),
            ("none", "GET", "/files/app/none.txt", None, 404, "File not found."),
            ("none", "GET", "/files/other/none.txt", None, 403, (None, "Permission denied")),
            ("none", "GET", "/files/app/metadata/none.txt", None, 200, "{}"),
            ("none", "GET", "/files/other/metadata/none.txt", None, 200, "{}"),
            ("none", "POST", "/files/a.txt", HELLO, 403, (None, "unauthorized")),
        ]
    )
    for content, expected in [
        ("image/svg+xml", kind("svg+xml")),
        ("text/html", kind("html")),
        ("nonsense", (130, "Invalid Content-Type.")),
    ]:
        answer = upload(files, "a.unknown", Content_Type=content)
        assert (answer.status_code, answer.json) == (400, {"code": expected[0], "error": expected[1]}), content
    bad = upload(files, "a.txt", X_Parse_Session_Token="r:none")
    assert (bad.status_code, bad.json) == (400, {"code": 209, "error": "Invalid session token"})
    bad = files("none", "GET", "/files/app/none.txt", headers={"X-Parse-Session-Token": "r:none"})
    assert (bad.status_code, bad.json) == (400, {"code": 209, "error": "Invalid session token"})


def test_who_may_upload(serve: Callable[..., Server]) -> None:
    server = serve()
    server.sign_up("ann")
    guest = server.ok("app", "POST", "/users", {"authData": {"anonymous": {"id": "1"}}})
    server.who["guest"] = {**APP, "X-Parse-Session-Token": guest["sessionToken"]}
    server.expect(
        [
            ("app", "POST", "/files/a.txt", HELLO, 400, (130, "File upload by public is disabled.")),
            ("guest", "POST", "/files/a.txt", HELLO, 400, (130, "File upload by anonymous user is disabled.")),
            ("ann", "POST", "/files/a.txt", HELLO, 201, None),
            ("master", "POST", "/files/a.txt", HELLO, 201, None),
        ]
    )
    closed = Server(server.engine, fileUpload={"enableForAuthenticatedUser": False})
    closed.who["ann"] = server.who["ann"]
    closed.expect([("ann", "POST", "/files/a.txt", HELLO, 400, (130, "File upload by authenticated user is disabled."))])


def sdk(server: Server, name: str, headers: Any = None, **body: Any) -> Any:
    """As the JavaScript SDK uploads: JSON, the application id inside."""
    sent = {"base64": base64.b64encode(HELLO).decode(), "_ApplicationId": "app", "_ContentType": "text/plain", **body}
    return server("none", "POST", f"/files/{name}", json.dumps(sent).encode(), headers={"Content-Type": "text/plain", **(headers or {})})


def test_json_uploads(files: Server) -> None:
    made = sdk(files, "a.txt", fileData={"metadata": {"m": "1"}, "tags": {"t": "2"}})
    assert made.status_code == 201 and files("none", "GET", path_of(made)).data == HELLO
    assert files("none", "GET", path_of(made).replace("/app/", "/app/metadata/")).json == {"metadata": {"m": "1"}}
    literal = upload(files, "a.txt", b'{"base64":"aGk="}', Content_Type="application/json")
    assert files("none", "GET", path_of(literal)).data == b'{"base64":"aGk="}'
    for wrong in (
        {"base64": 5},
        {"_SessionToken": 5},
        {"_ContentType": 5},
        {"_ApplicationId": "x"},
        {"_MasterKey": 5},
        {"_InstallationId": 5},
    ):
        answer = sdk(files, "a.txt", **wrong)
        assert (answer.status_code, answer.json) == (403, {"error": "unauthorized"}), wrong
    assert sdk(files, "a.txt", base64=None).status_code in (400, 403)
    assert sdk(files, "a.txt", _SessionToken="r:none").json["code"] == 209
    word = sdk(files, "a.txt", fileData={"metadata": {"constructor": 1}})
    assert word.json == {"code": 105, "error": 'Prohibited keyword in request data: {"key":"constructor"}.'}
    denied = sdk(files, "a.txt", fileData={"directory": "a/b"})
    assert denied.json == {"code": 119, "error": "Directory can only be set using the Master Key."}
    made = sdk(files, "a.txt", _MasterKey="master", fileData={"directory": "a/b"})
    assert re.fullmatch("a/b/[0-9a-f]{32}_a.txt", made.json["name"])
    assert files("none", "GET", path_of(made)).data == HELLO
    assert files("master", "DELETE", "/files/" + made.json["name"]).status_code == 200
    for directory, text in DIRECTORIES:
        answer = sdk(files, "a.txt", _MasterKey="master", fileData={"directory": directory})
        assert answer.json == {"code": 122, "error": "Directory " + text}, directory


def test_streams(files: Server) -> None:
    stream = {"X_Parse_Upload_Mode": "stream"}
    made = upload(files, "a.txt", **stream, X_Parse_File_Metadata='{"m":"1"}', X_Parse_File_Tags='{"t":"1"}')
    assert files("none", "GET", path_of(made)).data == HELLO
    assert files("none", "GET", path_of(made).replace("/app/", "/app/metadata/")).json == {"metadata": {"m": "1"}}
    for name in ("Metadata", "Tags"):
        bad = upload(files, "a.txt", **stream, **{f"X_Parse_File_{name}": "{bad"})
        assert bad.json == {"code": 107, "error": f"Invalid JSON in X-Parse-File-{name} header."}
    bad = upload(files, "a.txt", **stream, X_Parse_File_Directory="a")
    assert bad.json["code"] == 119
    made = upload(files, "a.txt", who="master", **stream, X_Parse_File_Directory="a")
    assert made.json["name"].startswith("a/")


def test_sizes(serve: Callable[..., Server]) -> None:
    server = serve(fileUpload={"enableForPublic": True}, maxUploadSize="1kb")
    big = b"x" * 2000
    answer = upload(server, "a.txt", big)
    assert (answer.status_code, answer.json) == (413, {"error": "request entity too large"})
    answer = upload(server, "a.txt", big, X_Parse_Upload_Mode="stream")
    assert (answer.status_code, answer.json) == (400, {"code": 130, "error": "File size exceeds maximum allowed: 1024 bytes."})
    assert upload(server, "a.txt", big, X_Parse_File_Max_Upload_Size="1mb").status_code == 403
    assert upload(server, "a.txt", big, "master", X_Parse_File_Max_Upload_Size="1mb").status_code == 201
    answer = upload(server, "a.txt", HELLO, "master", X_Parse_File_Max_Upload_Size="zz")
    assert answer.json == {"code": 130, "error": "Invalid maxUploadSize override value: zz"}


RANGES = [
    ("bytes=0-4", 206, b"hello", "bytes 0-4/11"),
    ("bytes=6-", 206, b"world", "bytes 6-10/11"),
    ("bytes=-5", 206, b"world", "bytes 6-10/11"),
    ("bytes=0-100", 206, HELLO, "bytes 0-10/11"),
    ("bytes=100-200", 416, b"", "bytes */11"),
    ("bytes=abc", 200, HELLO, None),
    ("bytes=0-1,3-4", 200, HELLO, None),
]


def test_ranges(files: Server) -> None:
    path = path_of(upload(files, "a.txt"))
    for sent, status, data, content in RANGES:
        answer = files("none", "GET", path, headers={"Range": sent})
        shown = answer.data if status != 416 else b""
        assert (answer.status_code, shown, answer.headers.get("Content-Range")) == (status, data, content), sent
        if status == 206:
            assert answer.headers["Accept-Ranges"] == "bytes"


def test_names_may_be_kept(serve: Callable[..., Server]) -> None:
    server = serve(fileUpload={"enableForPublic": True}, preserveFileName=True)
    first, second = upload(server, "a.txt", b"one"), upload(server, "a.txt", b"two")
    assert first.json["name"] == second.json["name"] == "a.txt"
    assert server("none", "GET", "/files/app/a.txt").data == b"two"
    gone = server("master", "DELETE", "/files/a.txt")
    assert (gone.status_code, gone.data) == (200, b"")
    assert server("none", "GET", "/files/app/a.txt").status_code == 404


def test_downloads_may_be_denied(serve: Callable[..., Server]) -> None:
    server = serve(fileUpload={"enableForPublic": True}, fileDownload={"enableForPublic": False, "enableForAuthenticatedUser": False})
    server.sign_up("ann")
    path = path_of(upload(server, "a.txt"))
    server.expect(
        [
            ("none", "GET", path, None, 400, (119, "File download by public is disabled.")),
            ("ann", "GET", path, None, 400, (119, "File download by authenticated user is disabled.")),
            ("master", "GET", path, None, 200, HELLO),
            ("none", "GET", path.replace("/app/", "/app/metadata/"), None, 403, None),
        ]
    )


def test_domains_of_file_pointers(serve: Callable[..., Server]) -> None:
    server = serve(fileUpload={"allowedFileUrlDomains": ["*.cdn.com", "good.com"]})
    pointer = lambda url: {"f": {"__type": "File", "name": "a", "url": url}}  # noqa: E731
    evil = lambda host: (130, f"File URL domain '{host}' is not allowed.")  # noqa: E731
    server.expect(
        [
            *(("app", "POST", "/classes/F", pointer(url), 201, None) for url in ("http://a.cdn.com/a", "https://good.com/a")),
            ("app", "POST", "/classes/F", pointer("http://evil.com/a"), 400, evil("evil.com")),
            ("app", "POST", "/classes/F", pointer("http://cdn.com/a"), 400, evil("cdn.com")),
            ("app", "POST", "/classes/F", pointer("nonsense"), 400, (130, "Invalid file URL.")),
            ("app", "POST", "/classes/F", {"f": {"__type": "File", "name": "a"}}, 201, None),
            (
                "app",
                "GET",
                "/classes/F?limit=1",
                None,
                200,
                lambda body: body["results"][0]["f"]["url"] == "http://localhost/parse/files/app/a",
            ),
        ]
    )
