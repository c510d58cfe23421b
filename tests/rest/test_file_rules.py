"""What a file may be called and hold."""

import pytest

from parse_shim.errors import ParseError
from parse_shim.rest.file_rules import check_directory, check_extension, check_name, parse_size, served_type, with_extension
from parse_shim.rest.files import UnsatisfiableRange, parse_range
from parse_shim.settings import Settings

SAFE = Settings(app_id="a", master_key="m").file_upload.file_extensions


def refusal(check: object, *args: object) -> tuple[int, str] | None:
    try:
        check(*args)  # type: ignore[operator]
    except ParseError as error:
        return error.code, error.message
    return None


@pytest.mark.parametrize("name", ["a.txt", "_a", "a b@c~d-e_f.png", "9", "a" * 128])
def test_plain_names_pass(name: str) -> None:
    assert refusal(check_name, name) is None


@pytest.mark.parametrize("name", ["", "-a", ".html", "a/b", "a#b", "a$", "a(b", "a+b", "a%b", "a;b", "é", "a\0b", "a\nb", "../x"])
def test_other_characters_are_refused(name: str) -> None:
    assert refusal(check_name, name) == (122, "Filename contains invalid characters.")


def test_long_names_are_refused() -> None:
    assert refusal(check_name, "a" * 129) == (122, "Filename too long.")


@pytest.mark.parametrize(
    ("name", "content_type", "named"),
    [
        ("a.html", None, "html"),
        ("a.HTM", None, "HTM"),
        ("a.shtml", None, "shtml"),
        ("a.SvG", "image/png", "SvG"),
        ("a.svgz", None, "svgz"),
        ("a.txt.svg", None, "svg"),
        ("a.svg.", None, "svg"),
        ("a.svg. ", None, "svg"),
        ("a.xhtml", None, "xhtml"),
        ("a.xht", None, "xht"),
        ("a.xml", None, "xml"),
        ("a.xslt", None, "xslt"),
        ("a.rdf", None, "rdf"),
        ("a.mathml", None, "mathml"),
        ("a", "text/html;charset=utf-8", "html"),
        ("a.", "text/html", "html"),
        ("a.foo", "image/svg+xml", "svg+xml"),
    ],
)
def test_what_a_browser_runs_is_refused(name: str, content_type: str | None, named: str) -> None:
    assert refusal(check_extension, name, content_type, SAFE) == (130, f"File upload of extension {named} is disabled.")


@pytest.mark.parametrize("content_type", ["image//svg+xml", "text/plain,text/html", "svg", "text/"])
def test_a_malformed_content_type_of_an_unknown_extension_is_refused(content_type: str) -> None:
    assert refusal(check_extension, "a.foo", content_type, SAFE) == (130, "Invalid Content-Type.")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.js", None),
        ("a.php", None),
        ("a.exe", None),
        ("a.css", None),
        ("a.pdf", "text/html"),
        ("a.zip", None),
        ("a", "image/png"),
        ("a", None),
    ],
)
def test_other_kinds_pass(name: str, content_type: str | None) -> None:
    assert refusal(check_extension, name, content_type, SAFE) is None


def test_a_star_allows_everything() -> None:
    assert refusal(check_extension, "a.html", None, ("*",)) is None


@pytest.mark.parametrize(
    ("name", "content_type", "stored"),
    [
        ("noext", "image/png", "noext.png"),
        ("x.", "image/png", "x.png"),
        ("a", "application/octet-stream", "a.bin"),
        ("a", None, "a.txt"),
        ("a", "text/plain; charset=utf-8", "a.txt"),
        ("a", "made/up", "a"),
        ("a.png", "text/plain", "a.png"),
    ],
)
def test_a_name_without_extension_gets_the_one_of_its_type(name: str, content_type: str | None, stored: str) -> None:
    assert with_extension(name, content_type) == stored


@pytest.mark.parametrize(
    ("name", "served"),
    [
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.json", "application/json; charset=utf-8"),
        ("a.png", "image/png"),
        ("a", "application/octet-stream"),
    ],
)
def test_the_extension_decides_what_is_served(name: str, served: str) -> None:
    assert served_type(name) == served


@pytest.mark.parametrize(
    ("directory", "fault"),
    [
        (5, "must be a string."),
        ("", "must not be empty."),
        ("a" * 257, "path is too long."),
        ("a/../b", 'must not contain "..".'),
        ("/a", 'must not start or end with "/".'),
        ("a/", 'must not start or end with "/".'),
        ("a//b", "must not contain consecutive slashes."),
        ("metadata/a", 'must not start with reserved segment "metadata".'),
        ("a#b", "contains invalid characters."),
    ],
)
def test_malformed_directories_are_refused(directory: object, fault: str) -> None:
    assert refusal(check_directory, directory, True) == (122, f"Directory {fault}")


def test_a_directory_is_for_the_master_key() -> None:
    assert refusal(check_directory, "a", False) == (119, "Directory can only be set using the Master Key.")
    assert check_directory("a/b", True) == "a/b"


@pytest.mark.parametrize(
    ("text", "size"), [("20mb", 20 * 1024**2), ("1.5kb", 1536), ("3", 3), (" 2 GB ", 2 * 1024**3), ("zz", None), ("-1", None)]
)
def test_sizes_have_units(text: str, size: int | None) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-4", (0, 5)),
        ("bytes=6-", (6, 11)),
        ("bytes=-5", (6, 11)),
        ("bytes=-50", (0, 11)),
        ("bytes=0-100", (0, 11)),
        ("bytes=5-2", None),
        ("bytes=abc", None),
        ("bytes=0-" + "9" * 5000, None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("bytes=٣-4", None),
        (None, None),
    ],
)
def test_ranges_of_eleven_bytes(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert parse_range(header, 11) == wanted


@pytest.mark.parametrize(("header", "total"), [("bytes=100-200", 11), ("bytes=11-", 11), ("bytes=-0", 11), ("bytes=0-", 0)])
def test_a_range_behind_the_end_cannot_be_satisfied(header: str, total: int) -> None:
    with pytest.raises(UnsatisfiableRange):
        parse_range(header, total)
