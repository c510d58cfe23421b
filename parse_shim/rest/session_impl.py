"""sdk.session.Session over rest/: what Object, Query and friends do inside hooks, with the checks and hooks of a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from parse_shim.errors import Code, ObjectNotFound, ParseError
from parse_shim.query.ast import EVERYTHING, Node
from parse_shim.rest import aggregate, batch, config, delete, files, job_schedule, locks, login, mail, push, read, write
from parse_shim.rest.auth import auth_for_token
from parse_shim.rest.core import Auth, Context
from parse_shim.rest.engine_errors import translated
from parse_shim.rest.find_params import FindParams
from parse_shim.rest.reading import Found
from parse_shim.rest.write_state import Written
from parse_shim.sdk.query_json import where_json
from parse_shim.sdk.session import As, QueryPlan, Session
from parse_shim.update.ops import Update
from parse_shim.values.codec import decode_nested, encode
from parse_shim.values.types import Doc, Relation

CLOUD = "cloud"
"""The installation id of calls that cloud code makes."""


def session_for(ctx: Context) -> Session:
    """A session for the hooks of one request: same server, same addresses, nobody's rights."""
    return CoreSession(ctx)


class CoreSession:
    """`ctx` is the request that the running hook belongs to."""

    __slots__ = ("_ctx",)

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    @property
    def subclasses(self) -> Mapping[str, type[Any]]:
        return self._ctx.core.hooks.subclasses

    # -- reading --------------------------------------------------------------------------------------------------------

    def find(self, plan: QueryPlan, who: As) -> list[Doc]:
        return _docs(read.find(self._as(who), plan.class_name, _params(plan)))

    def find_counted(self, plan: QueryPlan, who: As) -> tuple[list[Doc], int]:
        found = read.find(self._as(who), plan.class_name, replace(_params(plan), count=True))
        return _docs(found), found.count or 0

    def count(self, plan: QueryPlan, who: As) -> int:
        return read.find(self._as(who), plan.class_name, replace(_params(plan), limit=0, skip=0, count=True)).count or 0

    def get(self, plan: QueryPlan, object_id: str, who: As) -> Doc:
        return _docs(read.get(self._as(who), plan.class_name, object_id, _params(plan)))[0]

    def aggregate(self, class_name: str, pipeline: list[Mapping[str, Any]], who: As, where: Node = EVERYTHING) -> list[Any]:
        ctx = self._as(who)
        aggregate.check_allowed(ctx)
        first = [] if where == EVERYTHING else [{"$match": where_json(where)}]
        stages = aggregate.stages({"pipeline": [*first, *pipeline]})
        rows: list[Any] = decode_nested(aggregate.run(ctx, class_name, stages, {}))  # type: ignore[assignment]
        return rows

    def distinct(self, plan: QueryPlan, key: str, who: As) -> list[Any]:
        ctx = self._as(who)
        aggregate.check_allowed(ctx)
        values: list[Any] = decode_nested(aggregate.distinct(ctx, plan.class_name, key, plan.where))  # type: ignore[assignment]
        return values

    # -- writing --------------------------------------------------------------------------------------------------------

    def create(self, class_name: str, update: Update, who: As) -> Doc:
        return _written(write.save_update(self._as(who), class_name, None, update))

    def update(self, class_name: str, object_id: str, update: Update, who: As) -> Doc:
        return _written(write.save_update(self._as(who), class_name, object_id, update))

    def update_if(self, class_name: str, object_id: str, update: Update, condition: Node, who: As) -> Doc | None:
        try:
            return _written(write.save_internal(self._as(who), class_name, object_id, update, condition))
        except ObjectNotFound:
            return None

    def destroy(self, class_name: str, object_id: str, who: As) -> None:
        delete.delete(self._as(who), class_name, object_id)

    def save_all(
        self, writes: list[tuple[str, str | None, Update]], who: As, *, transaction: bool = False
    ) -> list[Doc | Exception]:
        ctx = self._as(who)
        if transaction:
            items = [batch.Item("update" if i else "create", name, i, update=changes) for name, i, changes in writes]
            return [_written(written) if written is not None else {} for written in batch.transaction(ctx, items)]
        return [_tried(lambda one=one: _written(write.save_update(ctx, *one))) for one in writes]  # type: ignore[misc]

    # -- functions and jobs ---------------------------------------------------------------------------------------------

    def call(self, function: str, params: Mapping[str, Any], who: As) -> Any:
        from parse_shim.rest.functions import run_for_cloud  # a function is a hook, and hooks have sessions

        return run_for_cloud(self._as(who), function, params)

    def start_job(self, name: str, params: Mapping[str, Any]) -> str:
        from parse_shim.rest.jobs import start_for_cloud  # as above

        return start_for_cloud(self._as(As(use_master_key=True)), name, params)

    def jobs_data(self) -> dict[str, list[str]]:
        return job_schedule.jobs_data(self._ctx)

    # -- users ----------------------------------------------------------------------------------------------------------

    def sign_up(self, update: Update, who: As) -> Doc:
        return _written(write.save_update(self._as(who), "_User", None, update))

    def log_in(self, username: str, password: str) -> Doc:
        return login.log_in(self._as(As()), {"username": username, "password": password})

    # -- files, config, messages ------------------------------------------------------------------------------------------

    def save_file(
        self, name: str, data: bytes, content_type: str | None, metadata: Mapping[str, Any] | None, who: As
    ) -> tuple[str, str]:
        return files.upload(self._as(who), files.Upload(name, data, content_type, dict(metadata or {})))

    def read_file(self, name: str) -> bytes:
        store = files.open_files(self._ctx.core)
        with translated():
            size = store.size(name)
            if size is None:
                raise ParseError(Code.FILE_READ_ERROR, "File not found.")
            data: bytes = store.read(name, 0, size)
        return data

    def delete_file(self, name: str, who: As) -> None:
        files.delete(self._as(who), name)

    def file_url(self, name: str) -> str:
        return self._ctx.file_url(name)

    def read_config(self, who: As) -> dict[str, Any]:
        found: Any = decode_nested(config.get_config(self._as(who)).get("params") or {})
        return dict(found)

    def write_config(self, params: Mapping[str, Any], master_key_only: Mapping[str, bool], who: As) -> None:
        body = {name: {"__op": "Delete"} if value is None else encode(value) for name, value in params.items()}
        config.save_config(self._as(who), {"params": body, "masterKeyOnly": dict(master_key_only)})

    def send_push(self, body: Mapping[str, Any]) -> str:
        return push.send_push(self._as(As(use_master_key=True)), body)

    def send_email(self, message: Mapping[str, Any]) -> None:
        core = self._ctx.core
        sender = core.extras["mail"] if "mail" in core.extras else mail.sender(core.settings.email_adapter)
        if sender is None:
            core.log.error("no mail was sent to %s: emailAdapter is not set", message.get("to"))
        else:
            sender.send_mail(message)

    # -- locks ------------------------------------------------------------------------------------------------------------

    def take_lock(self, class_name: str, key: str, owner: str, seconds: float) -> bool:
        return locks.take(self._ctx.core, class_name, key, owner, seconds)

    def lock_owner(self, class_name: str, key: str) -> str | None:
        return locks.holder(self._ctx.core, class_name, key)

    def drop_lock(self, class_name: str, key: str, owner: str) -> bool:
        return locks.drop(self._ctx.core, class_name, key, owner)

    # -- inside -----------------------------------------------------------------------------------------------------------

    def _as(self, who: As) -> Context:
        """A request of its own, in the name asked for."""
        ctx = self._ctx
        return replace(ctx, auth=self._auth(who), ip=None, headers=None, cloud=dict(who.context or {}), from_cloud=True)

    def _auth(self, who: As) -> Auth:
        roles_of = self._ctx.auth.roles_of
        if who.use_master_key:
            return Auth("master", installation_id=CLOUD, roles_of=roles_of)
        if who.session_token:
            return auth_for_token(self._ctx.core, who.session_token, CLOUD)
        return Auth(installation_id=CLOUD, roles_of=roles_of)


def _params(plan: QueryPlan) -> FindParams:
    return FindParams(
        plan.where,
        plan.limit,
        plan.skip or 0,
        order=tuple((name.removeprefix("-"), name.startswith("-")) for name in plan.order),
        keys=plan.keys,
        exclude_keys=plan.exclude_keys,
        include=tuple(name for name in plan.include if name != "*"),
        include_all="*" in plan.include,
        redirect_key=plan.redirect_key,
        hint=plan.hint,
        comment=plan.comment,
        read_preference=plan.read_preference,
    )


def _docs(found: Found) -> list[Doc]:
    """Results, with their relation columns, which no store keeps."""
    if found.relations:
        columns = {name: Relation(target) for name, target in found.relations.items()}
        return [{**columns, **doc} for doc in found.results]
    return found.results


def _written(written: Written) -> Doc:
    """What the server set, without fields that a hook removed."""
    kept = {name: value for name, value in written.body.items() if value != {"__op": "Delete"}}
    return {**kept, "objectId": written.object_id}


def _tried(work: Callable[[], Doc]) -> Doc | Exception:
    try:
        return work()
    except ParseError as problem:
        return problem
