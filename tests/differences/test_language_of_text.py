"""A text search in a language that nobody knows: parse-server 500, here 107 that names it."""

from tests.web.world import error


def test_an_unknown_language(web):
    web.create("A", s="text")
    where = {"s": {"$text": {"$search": {"$term": "text", "$language": "klingon"}}}}
    assert error(web("POST", "/classes/A", {"_method": "GET", "where": where})) == (
        400,
        107,
        "bad $text: $language, unknown language klingon",
    )
