"""A polygon of less than three points, out of range or crossing itself: parse-server 500, here 111."""

import pytest

from tests.web.world import error


@pytest.mark.parametrize(
    "coordinates",
    [[], 5, [[0, 0], [1, 1]], [[0, 200], [1, 1], [2, 2]], [[100, 0], [1, 1], [2, 2]], [[0, 0], [1, 1], [0, 1], [1, 0]], [["0", "0"]] * 3],
)
def test_a_shape_that_is_no_polygon(web, coordinates):
    answer = web("POST", "/classes/A", {"area": {"__type": "Polygon", "coordinates": coordinates}})
    assert error(answer)[:2] == (400, 111)
