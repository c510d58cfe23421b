"""Cloud code that the JavaScript SDK's own suite expects on its server: five functions and three jobs."""

from __future__ import annotations

import time
from typing import Any

from parse_shim import Object, User, cloud


class Refusal(Exception):
    """An error with a plain text, as a thrown string is in JavaScript."""


@cloud.function("bar")
def bar(request: Any) -> str:
    if request.params.get("key2") == "value1":
        return "Foo"
    raise Refusal("bad stuff happened")


@cloud.function("TestFetchFromLocalDatastore")
def change_item(request: Any) -> Object:
    item = Object("Item", objectId=request.params["id"])
    item["foo"] = "changed"
    item.save()
    return item


@cloud.function("UpdateUser")
def change_user(request: Any) -> Object:
    user = User(objectId=request.params["id"])
    user["foo"] = "changed"
    user.save(use_master_key=True)
    return user


@cloud.function("CloudFunctionIdempotency")
def create_once(request: Any) -> Object:
    item = Object("IdempotencyItem")
    item.save(use_master_key=True)
    return item


@cloud.function("CloudFunctionUndefined")
def nothing(request: Any) -> None:
    return


@cloud.job("CloudJob1")
def job_at_once(request: Any) -> dict[str, str]:
    return {"status": "cloud job completed"}


@cloud.job("CloudJob2")
def job_of_a_second(request: Any) -> dict[str, str]:
    time.sleep(1)
    return {"status": "cloud job completed"}


@cloud.job("CloudJobFailing")
def job_that_fails(request: Any) -> None:
    raise Refusal("cloud job failed")
