"""Cloud functions and jobs over HTTP."""

import pytest

from parse_shim.hooks.registry import Hook, Registry
from parse_shim.hooks.response import CloudResponse
from tests.web.world import APP, Web, error


def echo(request):
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in request.params.items()}


def upload(request):
    part = request.params["f"]
    return [request.params["t"], part["filename"], part["contentType"], len(part["data"])]


def styled(request):
    return CloudResponse({"a": 1}, status=201, headers={"X-Own": "a\r\nX-Evil: 1"})


def fail(request):
    raise ValueError("no luck")


@pytest.fixture
def web():
    names = {"echo": echo, "upload": upload, "styled": styled, "fail": fail}
    hooks = Registry([Hook("function", name, handler) for name, handler in names.items()])
    hooks.add(Hook("job", "work", lambda request: "done"))
    return Web(cloud=hooks)


def test_parameters_come_from_body_and_query(web):
    assert web("POST", "/functions/echo?b=2", {"a": 1, "b": 1}).json == {"result": {"a": 1, "b": "2"}}
    assert web("POST", "/functions/echo").json == {"result": {}}
    assert web("POST", "/functions/echo", "[1]").json == {"result": {"0": 1}}


@pytest.mark.parametrize("name", ["nope", "constructor", "__class__", "echo.prototype", "a%00b", "..%2fx", "a'b"])
def test_an_unknown_function_is_141(web, name):
    assert error(web("POST", f"/functions/{name}", {}))[:2] == (400, 141)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_functions_are_posted(web, method):
    assert web(method, "/functions/echo").status_code == 404
    assert web("POST", "/functions/echo", {"_method": method}).status_code == 404


def test_an_exception_is_141_with_its_text(web):
    assert error(web("POST", "/functions/fail")) == (400, 141, "no luck")


def test_a_function_chooses_status_and_headers_but_no_further_ones(web):
    answer = web("POST", "/functions/styled")
    assert (answer.status_code, answer.json) == (201, {"result": {"a": 1}})
    assert answer.headers["X-Own"] == "a X-Evil: 1"
    assert "X-Evil" not in answer.headers


def test_multipart_brings_texts_and_files(web):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="t"\r\n\r\nhello\r\n'
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n1234\r\n--x--\r\n'
    )
    headers = {**APP, "Content-Type": "multipart/form-data; boundary=x"}
    assert web("POST", "/functions/upload", body, headers).json == {"result": ["hello", "a.png", "image/png", 4]}
    assert web("POST", "/functions/echo", b"nonsense", {**APP, "Content-Type": "multipart/form-data"}).status_code == 400


def test_functions_stand_in_a_batch(web):
    items = [{"method": "POST", "path": "/parse/functions/echo", "body": {"a": 1}}]
    assert web("POST", "/batch", {"requests": items}).json == [{"success": {"result": {"a": 1}}}]


def test_a_job_answers_at_once_with_its_id(web):
    answer = web.master("POST", "/jobs/work", {})
    assert (answer.status_code, answer.json) == (200, {})
    assert len(answer.headers["X-Parse-Job-Status-Id"]) == 10
    assert len(web.master("POST", "/jobs", {"jobName": "work"}).headers["X-Parse-Job-Status-Id"]) == 10
    assert error(web.master("POST", "/jobs/nope", {})) == (400, 141, "Invalid job.")
    assert web("POST", "/jobs/work", {}).status_code == 403
