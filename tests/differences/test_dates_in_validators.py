"""A validator's field of type Date: parse-server's never matches, here it does."""

from tests.web.world import error


def test_a_date_is_a_date(serve):
    web = serve(
        """
        @cloud.function(validator=Validator(fields={"when": Field(type=datetime, required=True)}))
        def f(request):
            return request.params["when"].year
        """
    )
    date = {"__type": "Date", "iso": "2020-01-02T00:00:00.000Z"}
    assert web("POST", "/functions/f", {"when": date}).json == {"result": 2020}
    assert error(web("POST", "/functions/f", {"when": "2020"}))[:2] == (400, 142)
