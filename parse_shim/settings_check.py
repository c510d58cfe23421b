"""What a set of options must fulfil together, and which options have no effect yet."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parse_shim.settings import Settings

# Options of parse-server that are not built yet. Delete a name with the feature that brings it.
NOT_BUILT = frozenset(
    """
    masterKeyTtl middleware requestContextMiddleware serverCloseComplete
    enableCollationCaseComparison enableInsecureAuthAdapters
    liveQuery.redisURL liveQuery.redisOptions liveQuery.pubSubAdapter liveQuery.wssAdapter
    liveQueryServerOptions.redisURL liveQueryServerOptions.redisOptions
    liveQueryServerOptions.pubSubAdapter liveQueryServerOptions.wssAdapter
    mountGraphQL graphQLSchema graphQLPublicIntrospection mountPlayground
    cacheAdapter loggerAdapter
    """.split()
)

# Options that mean nothing in this server, and why.
NO_EFFECT = {
    "cluster": "use workers (--workers N)",
    "directAccess": "cloud code is always called without HTTP",
    "enableExpressErrorHandler": "there is no Express here",
    "encryptionKey": "fileKey encrypts files",
    "liveQuery.regexTimeout": "regexTimeoutMs holds for live queries too",
    "liveQueryServerOptions.port": "live queries are served on the port of the API",
    "liveQueryServerOptions.cacheTimeout": "cacheTTL holds for live queries too",
    "liveQueryServerOptions.masterKey": "keyPairs says which master key a client may send",
    "liveQueryServerOptions.serverURL": "live queries are served by the API server itself",
    "liveQueryServerOptions.logLevel": "logLevel holds for live queries too",
    "databaseOptions.schemaCacheTtl": "schemas are never stale here",
    "databaseOptions.enableSchemaHooks": "schema changes of other workers are always seen",
}


def warnings_of(settings: "Settings", options: Mapping[str, Any]) -> list[str]:
    """One line for each option that was given a value of its own and has no effect."""
    found = []
    for key, option in options.items():
        if key not in NOT_BUILT and key not in NO_EFFECT:
            continue
        value: Any = settings
        for name in option.path:
            value = getattr(value, name)
        if value != option.default:
            found.append(f"option {key} " + (f"has no effect: {NO_EFFECT[key]}" if key in NO_EFFECT else "is not built yet"))
    return found


def problems_of(settings: "Settings") -> list[str]:
    """One line for each rule that is broken; [] when the settings can be used."""
    return [
        *_keys(settings),
        *_files(settings),
        *_keywords(settings),
        *_cloud(settings),
        *_users(settings),
        *_pages(settings),
    ]


def _keys(settings: "Settings") -> list[str]:
    found = []
    if not settings.app_id:
        found.append("appId is missing: give --app-id, PARSE_SERVER_APPLICATION_ID or appId in a file")
    if not settings.master_key:
        found.append("masterKey is missing: give --master-key, PARSE_SERVER_MASTER_KEY or masterKey in a file")
    others = {"readOnlyMasterKey": settings.read_only_master_key, "maintenanceKey": settings.maintenance_key}
    found += [f"masterKey and {key} should be different" for key, value in others.items() if value and value == settings.master_key]
    read_only, maintenance = others.values()
    if read_only and read_only == maintenance:
        found.append("readOnlyMasterKey and maintenanceKey should be different")
    return found


def _files(settings: "Settings") -> list[str]:
    if settings.keyfile and not settings.certfile:
        return ["keyfile needs certfile: https needs both"]
    if settings.certfile and not settings.keyfile:
        return ["certfile needs keyfile: https needs both"]
    return []


def _keywords(settings: "Settings") -> Iterator[str]:
    """Texts of requestKeywordDenylist are patterns, which every body is searched with."""
    for row in settings.request_keyword_denylist:
        for pattern in (row,) if isinstance(row, str) else (row.get("key"), row.get("value")):
            try:
                re.compile(pattern if isinstance(pattern, str) else "")
            except re.error as error:
                yield f"requestKeywordDenylist: {pattern!r} is not a regular expression ({error})"


def _cloud(settings: "Settings") -> list[str]:
    if isinstance(settings.cloud, str) and settings.cloud.endswith((".js", ".mjs", ".cjs", ".ts")):
        return [f"cloud is {settings.cloud!r}: cloud code is Python here, such as cloud.main or cloud/main.py"]
    return []


def _users(settings: "Settings") -> list[str]:
    found = []
    policy, lockout = settings.password_policy, settings.account_lockout
    if policy.reset_token_reuse_if_valid and policy.reset_token_validity_duration is None:
        found.append("You cannot use resetTokenReuseIfValid without resetTokenValidityDuration")
    if settings.email_verify_token_reuse_if_valid and settings.email_verify_token_validity_duration is None:
        found.append("You cannot use emailVerifyTokenReuseIfValid without emailVerifyTokenValidityDuration")
    if (lockout.duration is None) != (lockout.threshold is None):
        found.append("accountLockout needs both duration and threshold")
    if settings.expire_inactive_sessions and settings.session_length <= 0:
        found.append("Session length must be a value greater than 0.")
    return found


def _pages(settings: "Settings") -> list[str]:
    """Mails hold links, so an address and a name must be known before the first one goes out."""
    if settings.verify_user_emails is False:
        return []
    needed = {
        "emailAdapter": settings.email_adapter,
        "appName": settings.app_name,
        "publicServerURL": settings.public_server_url,
    }
    return [f"verifyUserEmails needs {key}" for key, value in needed.items() if not value]
