"""Log lines that can be read again: a file a day, or the last ones in memory."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from parse_shim import log_files
from parse_shim.errors import ParseError
from parse_shim.rest.script_log import read_log

LOG = logging.getLogger("test_log_files")
EVER = "0000"


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.INFO)
    yield
    logging.getLogger().setLevel(level)
    log_files.detach()


def messages() -> list[str]:
    kept = log_files.attached()
    assert kept is not None
    return [line["message"] for line in kept.backwards(EVER)]


@pytest.mark.parametrize("in_folder", [True, False])
def test_lines_are_read_from_the_newest(tmp_path: Path, in_folder: bool) -> None:
    log_files.attach(str(tmp_path / "logs") if in_folder else None)
    for number in range(3):
        LOG.info("line %d", number)
    assert messages() == ["line 2", "line 1", "line 0"]


def test_long_files_are_read_block_by_block(tmp_path: Path) -> None:
    log_files.attach(str(tmp_path))
    for number in range(900):
        LOG.info("%d %s", number, "x" * 200)
    assert [text.split()[0] for text in messages()] == [str(number) for number in reversed(range(900))]


def test_secrets_do_not_reach_the_file(tmp_path: Path) -> None:
    log_files.attach(str(tmp_path))
    LOG.info("hello", extra={"sessionToken": "r:secret"})
    assert "r:secret" not in next(tmp_path.iterdir()).read_text()


def test_a_broken_line_is_left_out(tmp_path: Path) -> None:
    log_files.attach(str(tmp_path))
    LOG.info("whole")
    with next(tmp_path.iterdir()).open("a") as file:
        file.write('{"time": "2')
    assert messages() == ["whole"]


@pytest.mark.parametrize(("keep", "left"), [(None, 4), ("2", 2), (2, 2), ("7d", 1)])
def test_old_files_go(tmp_path: Path, keep: object, left: int) -> None:
    for day in ("2001-01-01", "2001-01-02", "2001-01-03"):
        (tmp_path / f"parse-shim.{day}.log").write_text("")
    (tmp_path / "other.log").write_text("")
    log_files.attach(str(tmp_path), keep)
    assert len(list(tmp_path.glob("parse-shim.*.log"))) == left
    assert (tmp_path / "other.log").exists()


def test_a_folder_that_cannot_be_written_costs_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log_files.attach(str(tmp_path / "file" / "logs"))
    LOG.info("kept in memory")
    assert messages() == ["kept in memory"]


class TestReading:
    @pytest.fixture(autouse=True)
    def lines(self) -> None:
        log_files.attach(None)
        LOG.info("first")
        LOG.error("second")
        LOG.warning("third")

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ({}, ["third", "second", "first"]),
            ({"level": "error"}, ["second"]),
            ({"level": "warn"}, ["third", "second"]),
            ({"size": "1"}, ["third"]),
            ({"n": 2, "size": 1}, ["third", "second"]),
            ({"order": "asc", "size": 2}, ["first", "second"]),
            ({"until": "2001-01-01"}, []),
            ({"from": {"__type": "Date", "iso": "2999-01-01T00:00:00.000Z"}}, []),
        ],
    )
    def test_what_is_asked_for(self, words: dict[str, object], found: list[str]) -> None:
        assert [line["message"] for line in read_log(words)] == found

    def test_an_entry_has_level_message_and_time(self) -> None:
        line = read_log({"level": "error"})[0]
        assert (line["level"], line["message"], line["timestamp"][-1]) == ("error", "second", "Z")

    @pytest.mark.parametrize("words", [{"level": "loud"}, {"level": 5}, {"from": "nonsense"}])
    def test_refusals(self, words: dict[str, object]) -> None:
        with pytest.raises(ParseError):
            read_log(words)


def test_nothing_kept_is_an_empty_log() -> None:
    assert read_log({}) == []
