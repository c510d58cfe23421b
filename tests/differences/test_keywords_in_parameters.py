"""Prohibited keywords (`requestKeywordDenylist`) in the parameters of a function or job: parse-server lets them pass, here 105."""

import pytest

from parse_shim.hooks.registry import Hook, Registry
from tests.web.world import Web, error


@pytest.fixture
def web():
    hooks = Registry([Hook("function", "echo", lambda request: request.params), Hook("job", "work", lambda request: "done")])
    return Web(cloud=hooks)


@pytest.mark.parametrize(
    ("path", "body"),
    [("/functions/echo", {"a": [{"constructor": 1}]}), ("/functions/echo?constructor=1", {}), ("/jobs/work", {"a": {"constructor": 1}})],
)
def test_parameters_hold_no_prohibited_keywords(web, path, body):
    assert error(web.master("POST", path, body)) == (400, 105, 'Prohibited keyword in request data: {"key":"constructor"}.')


def test_another_list_is_another_rule():
    web = Web(cloud=Registry([Hook("function", "echo", lambda request: request.params)]), requestKeywordDenylist=[{"key": "^bad$"}])
    assert web("POST", "/functions/echo", {"constructor": 1}).json == {"result": {"constructor": 1}}
    assert error(web("POST", "/functions/echo", {"bad": 1}))[1] == 105
