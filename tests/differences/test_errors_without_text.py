"""An exception without a text: parse-server answers `error: {}`, here `Script failed. Unknown error.`"""

from tests.web.world import error


def test_an_exception_that_says_nothing(serve):
    web = serve(
        """
        @cloud.before_save("A")
        def f(request):
            raise ValueError()
        """
    )
    assert error(web("POST", "/classes/A", {})) == (400, 141, "Script failed. Unknown error.")
