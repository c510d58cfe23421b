"""Scores of a game: ranked when they are saved, summed up on demand."""

from parse_shim import Code, ParseError, Query, Validator, cloud


@cloud.before_save("GameScore")
def number_the_scores(request):
    """A new score gets a rank of its own."""
    if request.object["score"] > 1_000_000:
        raise ParseError(Code.VALIDATION_ERROR, "nobody is that good")
    if request.original is None:
        better = Query("GameScore").greater_than("score", request.object["score"])
        request.object["rank"] = 1 + better.count(use_master_key=True)


@cloud.function("averageScore", validator=Validator(require_user=True, fields=["player"]))
def average_score(request):
    """What a player scores on average; 0 for one who never played."""
    found = Query("GameScore").equal_to("player", request.params["player"]).find_all(use_master_key=True)
    return sum(score["score"] for score in found) / len(found) if found else 0
