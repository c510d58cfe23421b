"""Hooks on files: what they see, what they may change, and what the client hears when they refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from parse_shim.errors import ParseError
from parse_shim.hooks.kinds import FILE
from parse_shim.hooks.registry import Hook, Registry
from parse_shim.sdk.file import File
from tests.web.world import APP, MASTER, Web, error


def server(**hooks: Callable[[Any], Any]) -> Web:
    found = Registry([Hook(kind, FILE, handler) for kind, handler in hooks.items()])
    return Web(cloud=found, fileUpload={"enableForPublic": True})


def upload(web: Web, name: str = "a.txt", data: bytes = b"hello", headers: dict[str, str] = APP) -> Any:
    return web("POST", f"/files/{name}", data, headers)


def path_of(answer: Any) -> str:
    assert answer.status_code == 201, answer.data
    return str(answer.json["url"]).removeprefix("http://localhost/parse")


def raising(problem: Any) -> Callable[[Any], Any]:
    def handler(_request: Any) -> None:
        raise problem

    return handler


def test_save_hooks_see_the_file_and_its_size() -> None:
    seen: list[Any] = []
    web = server(
        before_save=lambda r: seen.append((r.trigger_name, r.file.name, r.file.data, r.file_size)),
        after_save=lambda r: seen.append((r.trigger_name, r.file.name, r.file.url, r.file_size)),
    )
    answer = upload(web).json
    assert seen == [("beforeSave", "a.txt", b"hello", 5), ("afterSave", answer["name"], answer["url"], 5)]


def test_a_new_file_from_before_save_is_stored_instead() -> None:
    web = server(before_save=lambda r: File("b.txt", b"other", "text/plain"))
    path = path_of(upload(web))
    assert path.endswith("_b.txt")
    assert web("GET", path, headers={}).data == b"other"


def test_a_stored_file_from_before_save_is_answered_and_nothing_is_stored() -> None:
    sizes: list[Any] = []
    web = server(before_save=lambda r: File.stored("x.txt", "https://cdn/x.txt"), after_save=lambda r: sizes.append(r.file_size))
    assert upload(web).json == {"name": "x.txt", "url": "https://cdn/x.txt"}
    assert sizes == [None]


def test_before_save_changes_metadata_and_directory() -> None:
    def handler(request: Any) -> None:
        request.file.metadata["by"] = "hook"
        request.file.directory = "kept/here"

    web = server(before_save=handler)
    path = path_of(upload(web))
    assert "/app/kept/here/" in path
    assert web("GET", path.replace("/app/", "/app/metadata/"), headers={}).json == {"metadata": {"by": "hook"}}


@pytest.mark.parametrize(
    ("problem", "status", "code", "text"),
    [
        (ParseError(999, "own"), 400, 999, "own"),
        (ValueError("no room"), 400, 130, "no room"),
        (ValueError(), 400, 130, "Could not store file: a.txt."),
    ],
)
def test_what_a_save_hook_raises(problem: Exception, status: int, code: int, text: str) -> None:
    assert error(upload(server(before_save=raising(problem)))) == (status, code, text)


def test_after_save_refuses_although_the_file_is_stored() -> None:
    names: list[str] = []

    def handler(request: Any) -> None:
        names.append(request.file.name)
        raise ValueError("late")

    web = server(after_save=handler)
    assert error(upload(web)) == (400, 130, "late")
    assert web("GET", f"/files/app/{names[0]}", headers={}).data == b"hello"


@pytest.mark.parametrize(("problem", "code", "text"), [(ValueError("keep"), 153, "keep"), (ValueError(), 153, "Could not delete file.")])
def test_before_delete_keeps_the_file(problem: Exception, code: int, text: str) -> None:
    web = server(before_delete=raising(problem))
    path = path_of(upload(web))
    assert error(web.master("DELETE", path.replace("/app/", "/"))) == (400, code, text)
    assert web("GET", path, headers={}).status_code == 200


def test_after_delete_is_told() -> None:
    seen: list[Any] = []
    web = server(after_delete=lambda r: seen.append((r.file.name, r.file_size, r.master)))
    name = upload(web).json["name"]
    web.master("DELETE", f"/files/{name}")
    assert seen == [(name, None, True)]


def test_before_find_serves_another_file() -> None:
    target: list[str] = []
    web = server(before_find=lambda r: {"file": File.stored(target[0])} if target else None)
    path, other = path_of(upload(web)), upload(web, "b.txt", b"other").json["name"]
    target.append(other)
    assert web("GET", path, headers={}).data == b"other"


@pytest.mark.parametrize(
    ("problem", "code", "text"),
    [(ParseError(101, "gone"), 101, "gone"), (ValueError("no"), 141, "no"), (ValueError(), 141, "Could not find file: x.txt.")],
)
@pytest.mark.parametrize("path", ["/files/app/x.txt", "/files/app/metadata/x.txt"])
def test_a_refused_find_is_403(problem: Exception, code: int, text: str, path: str) -> None:
    assert error(server(before_find=raising(problem))("GET", path, headers={})) == (403, code, text)


def test_find_hooks_know_the_user_of_the_session() -> None:
    seen: list[Any] = []
    web = server(before_find=lambda r: seen.append((r.user and r.user.id, r.ip)))
    user_id, ann = web.sign_up()
    web("GET", "/files/app/x.txt", headers={"X-Parse-Session-Token": ann["X-Parse-Session-Token"]})
    web("GET", "/files/app/x.txt", headers={})
    assert seen == [(user_id, "127.0.0.1"), (None, "127.0.0.1")]


def test_after_find_sends_it_as_an_attachment_with_other_headers() -> None:
    def handler(request: Any) -> None:
        request.force_download = True
        request.response_headers["Cache-Control"] = "private"

    web = server(after_find=handler)
    answer = web("GET", path_of(upload(web)), headers={})
    assert answer.headers["Content-Disposition"].startswith("attachment;filename=")
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("private", "nosniff")


def test_after_find_replaces_the_content_but_not_that_of_a_range() -> None:
    seen: list[Any] = []

    def handler(request: Any) -> Any:
        seen.append(request.file.data)
        return {"file": File("x.txt", b"replaced")}

    web = server(after_find=handler)
    path = path_of(upload(web))
    assert web("GET", path, headers={}).data == b"replaced"
    assert web("GET", path, headers={"Range": "bytes=0-1"}).data == b"he"
    assert seen == [b"hello", b""]


def test_the_master_key_passes_hooks_too() -> None:
    assert error(upload(server(before_save=raising(ValueError("no"))), headers=MASTER))[1] == 130
