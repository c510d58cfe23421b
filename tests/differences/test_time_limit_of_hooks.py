"""How long a hook may take: parse-server waits for ever, here 15 s (`hookTimeoutSeconds`), then 141 with the hook's name."""

import time

from tests.web.world import error


def test_a_hook_that_waits_is_cut_off(serve):
    web = serve(
        """
        import time

        @cloud.function
        def slow(request):
            time.sleep(5)
        """,
        hookTimeoutSeconds=0.2,
    )
    began = time.monotonic()
    status, code, text = error(web("POST", "/functions/slow", {}))
    assert (status, code, "slow" in text, time.monotonic() - began < 3) == (400, 141, True, True)
