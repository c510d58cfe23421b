"""A function's result that cannot be JSON, such as an unsaved object or a loop: parse-server never answers, here 141."""

import pytest

from tests.web.world import error


@pytest.mark.parametrize("made", ["Object('A')", "object()", "loop"])
def test_a_result_that_cannot_be_sent(serve, made):
    web = serve(
        f"""
        loop = []
        loop.append(loop)

        @cloud.function
        def f(request):
            return {made}
        """
    )
    assert error(web("POST", "/functions/f", {}))[:2] == (400, 141)
