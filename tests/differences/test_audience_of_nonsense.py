"""An audience whose query is no JSON: parse-server answers 500 to the whole list, here the list has it without a count."""


def test_one_bad_audience_does_not_hide_the_others(web):
    for name, query in (("good", "{}"), ("bad", "{nonsense")):
        web.master("POST", "/push_audiences", {"name": name, "query": query})
    answer = web.master("GET", "/push_audiences")
    assert sorted(row["name"] for row in answer.json["results"]) == ["bad", "good"]
