"""A hook that points to an unsaved object: parse-server never answers, here 141."""

from tests.web.world import error


def test_a_pointer_to_nothing(serve):
    web = serve(
        """
        @cloud.before_save("A")
        def f(request):
            request.object["other"] = Object("B")
        """
    )
    assert error(web("POST", "/classes/A", {})) == (400, 141, "Cannot point to an unsaved B object: save it first")
