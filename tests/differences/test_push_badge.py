"""A push whose badge is no number: parse-server 500, here 107."""


def test_a_badge_is_a_number(serve):
    web = serve(push={"adapter": "parse_shim.testing.adapters:AcceptingPush"})
    answer = web.master("POST", "/push", {"where": {}, "data": {"alert": "a", "badge": {"x": 1}}})
    assert (answer.status_code, "badge" in answer.json["error"]) == (400, True)
