"""What after_find may return: parse-server makes `{}` of plain maps, text of dates, and never answers to anything but a
list; here maps are rows, dates are dates, and the rest is 141.
"""

from tests.web.world import error

HOOK = """
@cloud.after_find("A")
def f(request):
    return {}
"""


def test_maps_are_rows(serve):
    web = serve(HOOK.format("[{'n': 7}]"))
    web.create("A", n=1)
    assert [row["n"] for row in web("GET", "/classes/A").json["results"]] == [7]


def test_dates_stay_dates(serve):
    web = serve(HOOK.format("[one.set('d', datetime(2020, 1, 2, tzinfo=UTC)) for one in request.objects]"))
    web.create("A", n=1)
    assert web("GET", "/classes/A").json["results"][0]["d"] == {"__type": "Date", "iso": "2020-01-02T00:00:00.000Z"}


def test_anything_else_is_refused(serve):
    web = serve(HOOK.format("'text'"))
    web.create("A", n=1)
    assert error(web("GET", "/classes/A"))[:2] == (400, 141)
