"""What players and guests may do, and what the server makes of it."""

import json
import urllib.request

import pytest

from parse_shim import Code, ParseError

pytest_plugins = ["parse_shim.testing.plugin"]


def test_a_new_score_gets_its_rank(parse):
    ann = parse.as_user("ann")
    ann.save("GameScore", player="ann", score=10)
    assert ann.save("GameScore", player="ann", score=5)["rank"] == 2


def test_nobody_is_that_good(parse):
    with pytest.raises(ParseError) as refused:
        parse.as_user("ann").save("GameScore", player="ann", score=1_000_001)
    assert (refused.value.code, refused.value.message) == (Code.VALIDATION_ERROR, "nobody is that good")
    assert parse.find("GameScore") == []


def test_scores_stay_as_they_are(parse):
    ann = parse.as_user("ann")
    score = ann.save("GameScore", player="ann", score=10)
    with pytest.raises(ParseError) as refused:
        ann.update("GameScore", score["objectId"], score=11)
    assert refused.value.code == Code.OPERATION_FORBIDDEN


def test_the_average_is_told_to_players_only(parse):
    ann = parse.as_user("ann")
    for score in (10, 20):
        ann.save("GameScore", player="ann", score=score)
    assert ann.call("averageScore", player="ann") == 15
    with pytest.raises(ParseError, match="Please login"):
        parse.call("averageScore", player="ann")


def test_guests_go_after_a_day(parse, jobs, clock):
    parse.save("Guest", seenAt=clock.now())
    assert jobs.run("sweepGuests")["message"] == "0 guests swept"
    clock.advance(days=1, minutes=1)
    assert jobs.run("sweepGuests")["message"] == "1 guests swept"
    assert parse.count("Guest") == 0


def test_any_client_can_be_pointed_at_it(parse, live_server):
    parse.as_user("ann").save("GameScore", player="ann", score=10)
    request = urllib.request.Request(live_server.url + "/classes/GameScore", headers={"X-Parse-Application-Id": live_server.app_id})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert [row["rank"] for row in json.load(answer)["results"]] == [1]
