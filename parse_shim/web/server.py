"""One request from WSGI environ to answer: the contract's checks in their order (contract/00, section 4.5), then the route.

Needs no Flask: app.py mounts it, and may hand requests over before Flask sees them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from parse_shim import log as logs
from parse_shim.errors import InternalError, InvalidSession, Unavailable
from parse_shim.hooks.rate import rate_rules
from parse_shim.ids import new_object_id
from parse_shim.rest.access import require_master
from parse_shim.rest.auth import authenticate, check_app_id, check_client_keys, check_keys, resolve_session
from parse_shim.rest.core import Auth, Context, Core, Kind
from parse_shim.rest.idempotency import check_request
from parse_shim.values.types import Doc
from parse_shim.web.address import client_address
from parse_shim.web.allowed import check_allowed_route
from parse_shim.web.call import Call, Reply
from parse_shim.web.credentials import header_credentials
from parse_shim.web.envelope import Target, read_call, read_target
from parse_shim.web.limits import Caller, RateLimits
from parse_shim.web.replies import Answer, Sender, StartResponse, error_reply, not_found, preflight
from parse_shim.web.routing import Match, Router, run

log = logging.getLogger("parse_shim.web")


class Server:
    """`limits` are the rules of the settings and those of hooks."""

    def __init__(self, core: Core, router: Router) -> None:
        self.core = core
        self.router = router
        self.limits = RateLimits([*core.settings.rate_limit, *rate_rules(core.hooks)])
        self._sender = Sender(core.settings)
        # parse-server tells requests at verbose, too; a line each is 4 % of a get.
        self._told = logs.event_level("info" if core.settings.dev else core.settings.log_levels.request)

    def wsgi(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """The WSGI application below the mount."""
        status, headers, body = self.answer(environ)
        send = environ.get("parse_shim.send")  # serving_send.py puts it there
        if send is not None and send(status, headers, body):
            return ()
        start(status, headers)
        return body

    def answer(self, environ: dict[str, Any]) -> Answer:
        """Status line, headers, body. Raises nothing."""
        began = time.perf_counter()
        request_id = new_object_id()
        shown = environ.get("PATH_INFO", "")
        with logs.fields(request_id=request_id):
            try:
                target = read_target(environ, self.core.settings.mount_path)
                shown = target.shown
                reply = preflight() if environ["REQUEST_METHOD"] == "OPTIONS" else self._reply(environ, target, request_id)
            except Exception as error:
                reply = error_reply(error, self.core.settings)
            try:
                answer = self._sender.answer(reply, environ, request_id)
            except Exception as error:  # a hook's result that is no JSON
                answer = self._sender.answer(error_reply(error, self.core.settings), environ, request_id)
            if log.isEnabledFor(self._told):
                ms = (time.perf_counter() - began) * 1000
                logs.tell(log, self._told, f"{environ['REQUEST_METHOD']} {_printable(shown)} {answer[0][:3]} {ms:.1f} ms")
        return answer

    def _reply(self, environ: dict[str, Any], target: Target, request_id: str) -> Reply:
        if len(target.segments) == 1 and target.segments[0].lower() == "health":
            return self._health(environ)
        call = read_call(environ, self.core.settings, target, request_id)
        call.server = self
        match = self.router.find("GET" if call.method == "HEAD" else call.method, call.segments)
        auth = self._identify(call, match)
        if match is None:
            return not_found(call.method, call.shown)
        return self._run(match, context(self.core, call, auth), call)

    def _identify(self, call: Call, match: Match | None) -> Auth:
        """Checks 7 to 13: application, state, keys, limits, allowed routes, session."""
        core, settings, credentials = self.core, self.core.settings, call.credentials
        public = match is not None and match.route.public
        if core.state != "ok":
            check_app_id(settings, credentials.app_id)
            raise InternalError(f"Invalid server state: {core.state}", status=503)
        if self.limits or settings.route_allow_list is not None:
            kind = check_keys(settings, credentials)
            if not public:
                check_app_id(settings, credentials.app_id)
                if kind == "client":
                    check_client_keys(settings, credentials)
            if self.limits:
                self.limits.check(self.caller(call, kind), [(call.method, "/" + "/".join(call.segments))])
            check_allowed_route(settings.route_allow_list, kind, call.segments)
        if public:
            return match.route.identify(core, call) if match and match.route.identify else Auth()
        session = match.route.session if match else "resolve"
        try:
            return authenticate(core, credentials, resolve=session not in ("ignore", "keep"))
        except InvalidSession:
            if session == "legacy" and not (credentials.session_token or "").startswith("r:"):
                raise InvalidSession("invalid legacy session token")
            raise

    def caller(self, call: Call, kind: Kind) -> Caller:
        """Whom rate limits count."""
        token = call.credentials.session_token

        def user_id() -> str | None:
            try:
                user: Doc = resolve_session(self.core, token or "").user
            except InvalidSession:
                return None
            return str(user["objectId"])

        return Caller(call.ip, kind, token, user_id)

    def _run(self, match: Match, ctx: Context, call: Call) -> Reply:
        if match.route.master:
            require_master(ctx)
        if call.method in ("POST", "PUT") and ctx.settings.idempotency_options.paths:
            check_request(ctx, call.method, "/" + "/".join(call.segments), call.headers.get("x-parse-request-id"))
        return run(match, ctx, call)

    def _health(self, environ: dict[str, Any]) -> Reply:
        """Truthful: a write would work now."""
        core = self.core
        credentials = header_credentials(environ, client_address(environ, core.settings.trust_proxy))
        kind = check_keys(core.settings, credentials)
        check_allowed_route(core.settings.route_allow_list, kind, ("health",))
        if core.state != "ok":
            return Reply({"status": core.state}, 503, {"Retry-After": "1"})
        try:
            core.engine.ping()
        except Unavailable as error:
            log.warning("the store is away: %s", error)
            return Reply({"status": "error"}, 503, {"Retry-After": "1"})
        return Reply({"status": "ok"})


def context(core: Core, call: Call, auth: Auth) -> Context:
    """What operations know of the request."""
    return Context(core, auth, call.ip, call.headers, call.cloud, call.request_id, call.base_url)


def _printable(path: str) -> str:
    return path[:300] if path.isprintable() else ascii(path[:300])
