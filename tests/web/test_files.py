"""/files through the whole application: uploads in their three forms, downloads, ranges, rights."""

import base64
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.web.world import APP, MASTER, Web, error

OPEN = {"fileUpload": {"enableForPublic": True, "enableForAnonymousUser": True}}


@pytest.fixture
def files() -> Web:
    return Web(**OPEN)


def upload(web: Web, name: str = "hello.txt", data: Any = b"hello world", headers: dict[str, str] = APP, **more: str) -> TestResponse:
    return web("POST", f"/files/{name}", data, {**headers, **more})


def stored(web: Web, **more: Any) -> str:
    """The path of a new file below the mount."""
    answer = upload(web, **more)
    assert answer.status_code == 201, answer.data
    return str(answer.json["url"]).removeprefix("http://localhost/parse")


def as_json(web: Web, name: str = "hello.txt", **fields: Any) -> TestResponse:
    body = {"_ApplicationId": "app", "base64": base64.b64encode(b"hello world").decode(), **fields}
    return web("POST", f"/files/{name}", json.dumps(body), {"Content-Type": "text/plain"})


def test_a_raw_upload_answers_name_url_and_location(files: Web) -> None:
    answer = upload(files)
    name = answer.json["name"]
    assert (answer.status_code, len(name), name[32:]) == (201, 42, "_hello.txt")
    assert answer.json["url"] == answer.headers["Location"] == f"http://localhost/parse/files/app/{name}"


def test_a_download_is_what_was_uploaded(files: Web) -> None:
    answer = files("GET", stored(files), headers={})
    assert (answer.status_code, answer.data) == (200, b"hello world")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Length"] == "11"


def test_head_and_if_none_match_send_no_body(files: Web) -> None:
    path = stored(files)
    head = files("HEAD", path, headers={})
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", "11")
    again = files("GET", path, headers={"If-None-Match": head.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_json_with_the_application_in_a_header_is_the_file_itself(files: Web) -> None:
    path = stored(files, name="a.json", data=b'{"base64":"aGk="}')
    assert files("GET", path, headers={}).data == b'{"base64":"aGk="}'


def test_a_json_upload_holds_the_file_in_base64() -> None:
    web = Web(**OPEN)
    answer = as_json(web, _ContentType="text/plain")
    assert answer.status_code == 201
    assert web("GET", answer.json["url"].removeprefix("http://localhost/parse"), headers={}).data == b"hello world"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"base64": 5}, 403),
        ({"_SessionToken": 5}, 403),
        ({"_ContentType": 5}, 403),
        ({"_ApplicationId": "other"}, 403),
        ({"base64": None}, 400),
    ],
)
def test_json_of_the_wrong_types_is_refused(files: Web, fields: dict[str, Any], status: int) -> None:
    assert as_json(files, **fields).status_code == status


def test_without_an_application_and_no_json_it_is_unauthorized(files: Web) -> None:
    assert error(files("POST", "/files/a.txt", b"bytes", {})) == (403, None, "unauthorized")


@pytest.mark.parametrize(
    ("name", "url"),
    [("a%20b@c.txt", "_a%20b%40c.txt"), ("a~b.txt", "_a~b.txt")],
)
def test_urls_are_percent_encoded(files: Web, name: str, url: str) -> None:
    answer = upload(files, name)
    assert answer.json["url"].endswith(url)
    assert files("GET", answer.json["url"].removeprefix("http://localhost/parse"), headers={}).status_code == 200


def test_preserve_file_name_keeps_the_name_and_the_newest_upload() -> None:
    web = Web(**OPEN, preserveFileName=True)
    upload(web, "a.txt", b"old")
    assert upload(web, "a.txt", b"new").json["name"] == "a.txt"
    assert web("GET", "/files/app/a.txt", headers={}).data == b"new"


@pytest.mark.parametrize(
    ("method", "path", "data", "expected"),
    [
        ("POST", "/files", b"x", (400, 122, "Filename not provided.")),
        ("POST", "/files/a%2Fb.txt", b"x", (400, 122, "Filename contains invalid characters.")),
        ("POST", "/files/..%2F..%2Fx", b"x", (400, 122, "Filename contains invalid characters.")),
        ("POST", "/files/a%00.txt", b"x", (400, 122, "Filename contains invalid characters.")),
        ("POST", f"/files/{'a' * 300}", b"x", (400, 122, "Filename too long.")),
        ("POST", "/files/a.html", b"x", (400, 130, "File upload of extension html is disabled.")),
        ("POST", "/files/a.txt", b"", (400, 130, "Invalid file upload.")),
        ("DELETE", "/files/a.txt", None, (403, None, "Permission denied")),
    ],
)
def test_refusals(files: Web, method: str, path: str, data: Any, expected: tuple[int, Any, str]) -> None:
    assert error(files(method, path, data)) == expected


def test_the_master_key_may_upload_pages(files: Web) -> None:
    assert upload(files, "a.html", headers=MASTER).status_code == 201


class TestRights:
    def test_by_default_only_users_upload(self) -> None:
        web = Web()
        assert error(upload(web)) == (400, 130, "File upload by public is disabled.")
        _, ann = web.sign_up()
        assert upload(web, headers=ann).status_code == 201

    def test_anonymous_users_do_not(self) -> None:
        web = Web()
        answer = web("POST", "/users", {"authData": {"anonymous": {"id": "12345678-1234-1234-1234-123456789012"}}})
        nobody = {**APP, "X-Parse-Session-Token": answer.json["sessionToken"]}
        assert error(upload(web, headers=nobody)) == (400, 130, "File upload by anonymous user is disabled.")

    def test_a_bad_token_is_209_for_uploads_and_downloads(self, files: Web) -> None:
        bad = {"X-Parse-Session-Token": "r:nope"}
        assert error(upload(files, headers={**APP, **bad}))[:2] == (400, 209)
        assert error(files("GET", stored(files), headers=bad))[:2] == (400, 209)

    def test_the_read_only_key_neither_uploads_nor_deletes(self) -> None:
        web = Web(readOnlyMasterKey="readonly")
        key = {**APP, "X-Parse-Master-Key": "readonly"}
        assert error(upload(web, headers=key)) == (403, None, "Permission denied")
        assert error(web("DELETE", "/files/a", headers=key)) == (403, None, "Permission denied")

    def test_downloads_can_be_closed(self) -> None:
        web = Web(**OPEN, fileDownload={"enableForPublic": False})
        path = stored(web)
        assert error(web("GET", path, headers={})) == (400, 119, "File download by public is disabled.")
        assert web("GET", path, headers=MASTER).status_code == 200
        _, ann = web.sign_up()
        assert web("GET", path, headers={"X-Parse-Session-Token": ann["X-Parse-Session-Token"]}).status_code == 200
        metadata = path.replace("/files/app/", "/files/app/metadata/")
        assert web("GET", metadata, headers={}).status_code == 403


class TestSize:
    def test_a_body_over_the_limit_is_413(self) -> None:
        web = Web(**OPEN, maxUploadSize="5b")
        assert error(upload(web)) == (413, None, "request entity too large")

    def test_a_stream_over_the_limit_is_130(self) -> None:
        web = Web(**OPEN, maxUploadSize="3b")
        answer = upload(web, **{"X-Parse-Upload-Mode": "stream"})
        assert error(answer) == (400, 130, "File size exceeds maximum allowed: 3 bytes.")

    def test_the_master_key_names_another_limit(self) -> None:
        web = Web(maxUploadSize="5b")
        size = "X-Parse-File-Max-Upload-Size"
        assert upload(web, headers=MASTER, **{size: "1kb"}).status_code == 201
        assert upload(web, headers=APP, **{size: "1kb"}).status_code == 403
        assert error(upload(web, headers=MASTER, **{size: "zz"})) == (400, 130, "Invalid maxUploadSize override value: zz")


class TestMissing:
    @pytest.mark.parametrize("path", ["/files/app/nope.txt", "/files/app/a/b", "/files/app/%00"])
    def test_an_unknown_file_is_404_text(self, files: Web, path: str) -> None:
        answer = files("GET", path, headers={})
        assert (answer.status_code, answer.data, answer.mimetype) == (404, b"File not found.", "text/plain")

    def test_an_unknown_application_is_403(self, files: Web) -> None:
        assert error(files("GET", "/files/other/a.txt", headers={})) == (403, None, "Permission denied")
        assert files("GET", "/files/other/metadata/a.txt", headers={}).json == {}

    def test_deleting_an_unknown_file_is_153(self, files: Web) -> None:
        assert error(files.master("DELETE", "/files/nope")) == (400, 153, "FileNotFound")


class TestRanges:
    @pytest.mark.parametrize(
        ("header", "data", "content_range"),
        [
            ("bytes=0-4", b"hello", "bytes 0-4/11"),
            ("bytes=6-", b"world", "bytes 6-10/11"),
            ("bytes=-5", b"world", "bytes 6-10/11"),
            ("bytes=0-100", b"hello world", "bytes 0-10/11"),
        ],
    )
    @pytest.mark.parametrize("file_key", [None, "secret"])
    def test_parts(self, header: str, data: bytes, content_range: str, file_key: str | None) -> None:
        web = Web(**OPEN, fileKey=file_key)
        answer = web("GET", stored(web), headers={"Range": header})
        assert (answer.status_code, answer.data) == (206, data)
        assert (answer.headers["Content-Range"], answer.headers["Accept-Ranges"]) == (content_range, "bytes")

    def test_behind_the_end_is_416(self, files: Web) -> None:
        answer = files("GET", stored(files), headers={"Range": "bytes=100-200"})
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */11")

    @pytest.mark.parametrize("header", ["bytes=abc", "bytes=0-1,3-4", "bytes=5-2"])
    def test_nonsense_is_ignored(self, files: Web, header: str) -> None:
        answer = files("GET", stored(files), headers={"Range": header})
        assert (answer.status_code, answer.data) == (200, b"hello world")


class TestMetadata:
    def test_of_a_json_upload(self, files: Web) -> None:
        url = as_json(files, fileData={"metadata": {"m": "1"}, "tags": {"t": "2"}}).json["url"]
        path = url.removeprefix("http://localhost/parse").replace("/files/app/", "/files/app/metadata/")
        assert files("GET", path, headers={}).json == {"metadata": {"m": "1"}}

    def test_of_a_stream(self, files: Web) -> None:
        more = {"X-Parse-Upload-Mode": "stream", "X-Parse-File-Metadata": '{"m":1}', "X-Parse-File-Directory": "a/b"}
        path = stored(files, headers=MASTER, **more)
        assert "/files/app/a/b/" in path
        assert files("GET", path, headers={}).data == b"hello world"
        assert files("GET", path.replace("/app/", "/app/metadata/"), headers={}).json == {"metadata": {"m": 1}}
        assert files.master("DELETE", path.replace("/app/", "/")).status_code == 200

    @pytest.mark.parametrize(
        ("headers", "code", "text"),
        [
            ({"X-Parse-File-Metadata": "{"}, 107, "Invalid JSON in X-Parse-File-Metadata header."),
            ({"X-Parse-File-Tags": "[]"}, 107, "Invalid JSON in X-Parse-File-Tags header."),
            ({"X-Parse-File-Directory": "a"}, 119, "Directory can only be set using the Master Key."),
            ({"X-Parse-File-Metadata": '{"constructor":1}'}, 105, 'Prohibited keyword in request data: {"key":"constructor"}.'),
        ],
    )
    def test_refusals(self, files: Web, headers: dict[str, str], code: int, text: str) -> None:
        assert error(upload(files, **{"X-Parse-Upload-Mode": "stream", **headers})) == (400, code, text)


def test_delete_answers_200_without_a_body(files: Web) -> None:
    path = stored(files).replace("/app/", "/")
    answer = files.master("DELETE", path)
    assert (answer.status_code, answer.data) == (200, b"")
    assert files.master("DELETE", path).status_code == 400


def test_uploads_do_not_stand_in_a_batch(files: Web) -> None:
    body = {"requests": [{"method": "POST", "path": "/parse/files/a.txt", "body": {}}]}
    assert error(files("POST", "/batch", body))[:2] == (400, 107)


def test_only_allowed_hosts_in_file_pointers() -> None:
    from parse_shim.errors import ParseError
    from parse_shim.rest.core import Context
    from parse_shim.rest.files import check_file_url

    web = Web(fileUpload={"allowedFileUrlDomains": ["good.com", "*.cdn.com"]})
    ctx = Context(web.core)
    for url in ("https://good.com/a", "https://x.cdn.com/a", None):
        check_file_url(ctx, url)
    for url in ("https://evil.com/a", "https://cdn.com/a", "https://good.com@evil.com/a", "nonsense"):
        with pytest.raises(ParseError):
            check_file_url(ctx, url)
