"""The stores of files, plain and encrypted: one behaviour."""

from collections.abc import Callable
from pathlib import Path

import pytest

from parse_shim.errors import ParseError, Unavailable
from parse_shim.rest.file_encryption import EncryptedFiles
from parse_shim.rest.file_store import FileStore, FolderFiles, MemoryFiles

MAKERS: dict[str, Callable[[Path], FileStore]] = {
    "memory": lambda _: MemoryFiles(),
    "folder": FolderFiles,
    "encrypted memory": lambda _: EncryptedFiles(MemoryFiles(), "key"),
    "encrypted folder": lambda path: EncryptedFiles(FolderFiles(path), "key"),
}


@pytest.fixture(params=MAKERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    return MAKERS[request.param](tmp_path / "files")


def test_a_stored_file_is_read_whole_and_in_part(store: FileStore) -> None:
    store.put("dir/a.txt", b"hello world", {"m": "1"})
    assert (store.size("dir/a.txt"), store.read("dir/a.txt", 0, 11), store.read("dir/a.txt", 6, 9)) == (11, b"hello world", b"wor")
    assert store.metadata("dir/a.txt") == {"m": "1"}


def test_unknown_names_have_nothing(store: FileStore) -> None:
    assert (store.size("x"), store.read("x", 0, 5), store.metadata("x"), store.delete("x")) == (None, b"", None, False)


def test_the_newest_upload_of_a_name_counts(store: FileStore) -> None:
    store.put("a", b"old text", {"n": 1})
    store.put("a", b"new", {})
    assert (store.read("a", 0, 99), store.metadata("a")) == (b"new", {})


def test_a_deleted_file_is_gone(store: FileStore) -> None:
    store.put("a", b"x", {})
    assert store.delete("a") is True
    assert store.size("a") is None


def test_clear_removes_everything(store: FileStore) -> None:
    store.put("a", b"x", {})
    store.put("b", b"x", {})
    store.clear()
    assert (store.size("a"), store.size("b")) == (None, None)


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "a\0b", "x" * 400, "\ud800"])
def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    FolderFiles(tmp_path / "files").put(name, b"x", {})
    assert [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(tmp_path / "files")] == []
    assert FolderFiles(tmp_path / "files").read(name, 0, 1) == b"x"


def test_a_disk_that_fails_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(Unavailable):
        FolderFiles(tmp_path / "files").put("a", b"x", {})


def test_ciphertext_has_the_layout_of_the_reference(tmp_path: Path) -> None:
    plain = MemoryFiles()
    EncryptedFiles(plain, "key").put("a", b"hello", {})
    assert plain.size("a") == 5 + 16 + 16
    assert b"hello" not in plain.read("a", 0, 99)


def test_another_key_is_a_clear_refusal() -> None:
    plain = MemoryFiles()
    EncryptedFiles(plain, "key").put("a", b"hello", {})
    with pytest.raises(ParseError, match="fileKey"):
        EncryptedFiles(plain, "other").read("a", 0, 5)


def test_the_emulator_brings_files_back() -> None:
    from parse_shim.rest.files import bring_back, keep_files, open_files
    from tests.web.world import Web

    core = Web(fileKey="key").core
    open_files(core).put("a", b"then", {})
    kept = keep_files(core)
    open_files(core).put("a", b"now", {})
    open_files(core).put("b", b"now", {})
    bring_back(core, kept)
    assert (open_files(core).read("a", 0, 9), open_files(core).size("b")) == (b"then", None)
