"""`parse-shim indexes`: what the server made by itself is shown, dropped and made; mistakes are told in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parse_shim.cli import main
from parse_shim.storage.demand import read_keys
from parse_shim.storage.open import open_engine
from parse_shim.testing.contract.common import a_class, a_doc, fill
from tests.support.mongod import free_port

CLASS = a_class("Call", receiverID="String", title="String")
Run = Callable[..., tuple[int, str]]


def command(uri: str, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["indexes", *words, "--database-uri", uri, "--set", "databaseTimeoutMs=700"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture(params=["sqlite", "mongodb"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a store where the server made two indexes."""
    uri = f"sqlite:///{tmp_path}/p.db" if request.param == "sqlite" else str(request.getfixturevalue("mongo_uri"))
    engine: Any = open_engine(uri)
    cls = fill(engine, CLASS, [a_doc("a", receiverID="x", title="y")])
    assert engine.demand(cls, read_keys("receiverID,-createdAt"), "receiverID Eq: 9000 objects read for 1") is None
    assert engine.demand(cls, read_keys("title"), "order title: 9000 objects read for 3") is None
    engine.close()
    return uri


def shown(text: str) -> list[str]:
    """Without the moments."""
    return [line.partition("since ")[0] + line.partition("since ")[2][16:] for line in text.splitlines()]


def test_they_are_listed_with_their_reasons(uri: str) -> None:
    status, text = command(uri)
    assert status == 0
    assert shown(text) == [
        "Call.receiverID,-createdAt    receiverID Eq: 9000 objects read for 1",
        "Call.title    order title: 9000 objects read for 3",
    ]


def test_one_is_dropped_and_made_again(uri: str) -> None:
    dropped = "Call.receiverID,-createdAt  not made again: the operator dropped it  receiverID Eq: 9000 objects read for 1"
    status, text = command(uri, "--drop", "Call.receiverID,-createdAt")
    assert (status, text.splitlines()[0]) == (0, dropped)
    assert command(uri)[1].splitlines()[0] == dropped
    status, text = command(uri, "--make", "Call.receiverID,-createdAt")
    assert (status, shown(text)[0]) == (0, "Call.receiverID,-createdAt    asked for by the operator")


def test_without_any_it_says_so(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path}/p.db").close()
    assert command(f"sqlite:///{tmp_path}/p.db") == (0, "no indexes were made\n")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--drop", "Nowhere.title"), "there is no class Nowhere"),
        (("--drop", "Call.nothing"), "class Call has no column nothing"),
        (("--drop", "Call.createdAt"), "the server made no index Call.createdAt"),
        (("--make", "Nowhere.title"), "there is no class Nowhere"),
        (("--make", "Call.nothing"), "class Call has no column nothing"),
        (("--make", "Call.title"), "Call.title is not made: an index does that already"),
        (("--make", "Call.ACL"), "Call.ACL is not made: its type has no index"),
        (("--drop", "title"), "title: expected CLASS.COLUMN or CLASS.COLUMN,-COLUMN, such as ActiveSessions.receiverID,-createdAt"),
        (("--drop", "Call.a b"), "Call.a b: expected CLASS.COLUMN or CLASS.COLUMN,-COLUMN, such as ActiveSessions.receiverID,-createdAt"),
        (
            ("--drop", "Call.title,"),
            "Call.title,: expected CLASS.COLUMN or CLASS.COLUMN,-COLUMN, such as ActiveSessions.receiverID,-createdAt",
        ),
    ],
    ids=repr,
)
def test_a_mistake_is_told_in_one_line(uri: str, words: tuple[str, str], error: str) -> None:
    assert command(uri, *words) == (1, f"parse-shim: {error}\n")
    assert len(command(uri)[1].splitlines()) == 2


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("mongodb://127.0.0.1:{port}/db", "parse-shim: the store cannot be used: "),
        ("sqlite:///{folder}/none.db", "parse-shim: there is no database {folder}/none.db\n"),
        ("sqlite:///{folder}/text.db", "parse-shim: the store cannot be used: "),
        ("sqlite:////proc/version", "parse-shim: the store cannot be used: "),
        ("memory://", "parse-shim: this store makes no indexes\n"),
        ("oracle://x", "parse-shim: "),
    ],
)
def test_a_store_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, place: str, error: str) -> None:
    (tmp_path / "text.db").write_text("no database\n" * 100)
    names = {"folder": tmp_path, "port": free_port()}
    status, text = command(place.format(**names))
    assert status == 1
    assert text.startswith(error.format(**names))
    assert text.count("\n") == 1
    assert not (tmp_path / "none.db").exists()
