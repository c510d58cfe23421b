"""Config hooks: parse-server gives them an empty context, here that of the request."""

import json

from tests.web.world import MASTER


def test_a_config_hook_has_the_context(serve):
    web = serve(
        """
        @cloud.before_save(Config)
        def f(request):
            if request.context.get("why") != "test":
                raise ParseError(Code.VALIDATION_ERROR, "no context")
        """
    )
    headers = {**MASTER, "X-Parse-Cloud-Context": json.dumps({"why": "test"})}
    assert web("PUT", "/config", {"params": {"a": 1}}, headers).status_code == 200
