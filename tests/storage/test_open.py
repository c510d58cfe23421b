import sys

import pytest

from parse_shim.errors import Unavailable
from parse_shim.query.ast import EVERYTHING
from parse_shim.storage.memory import MemoryEngine
from parse_shim.storage.open import open_engine, redacted
from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.testing.contract.common import a_class, a_doc, fill


def test_a_relative_file_lies_in_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    engine = open_engine("sqlite:///data/parse.db")
    fill(engine, a_class(), [a_doc("a")])
    engine.close()
    assert (tmp_path / "data" / "parse.db").exists()
    again = open_engine(f"sqlite:///{tmp_path}/data/parse.db", fast=True)
    assert again.count(a_class(), EVERYTHING) == 1
    again.close()


def test_sqlite_without_a_file_is_in_memory():
    first, second = open_engine("sqlite://"), open_engine("sqlite://")
    assert isinstance(first, SqliteEngine)
    fill(first, a_class(), [a_doc("a")])
    assert second.count(a_class(), EVERYTHING) == 0
    first.close()
    second.close()


def test_memory():
    assert isinstance(open_engine("memory://"), MemoryEngine)


@pytest.mark.parametrize("uri", ["", "parse.db", "postgres://localhost/x", "mysql://a:secret@b"])
def test_other_uris_are_refused_without_their_password(uri):
    with pytest.raises(ValueError) as refused:
        open_engine(uri)
    assert "secret" not in str(refused.value)


def test_a_file_that_cannot_be_made_is_unavailable():
    with pytest.raises(Unavailable):
        open_engine("sqlite:////proc/nowhere/parse.db")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://joe:secret@host/db", "mongodb://joe:***@host/db"),
        ("mongodb://joe@host/db", "mongodb://joe@host/db"),
        ("sqlite:///data/parse.db", "sqlite:///data/parse.db"),
    ],
)
def test_passwords_are_not_shown(uri, shown):
    assert redacted(uri) == shown


def test_mongo_s_driver_is_loaded_only_for_mongo():
    import subprocess

    code = "import sys; from parse_shim.storage.open import open_engine; open_engine('sqlite://'); print('pymongo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
