"""`_wperm` in a where: parse-server compares the stored list, here it has no effect, as `_rperm` has none there."""


def test_permissions_are_no_columns(web):
    web.create("A", n=1)
    for name in ("_rperm", "_wperm"):
        assert len(web("POST", "/classes/A", {"_method": "GET", "where": {name: "nobody"}}).json["results"]) == 1
