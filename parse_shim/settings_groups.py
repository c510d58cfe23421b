"""The groups of options: what parse-server nests (`fileUpload`, `passwordPolicy` ...), one small frozen dataclass each.

Defaults are parse-server's, except the limits of `RequestComplexity`, which parse-server leaves off.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parse_shim.settings_fields import (
    anything,
    boolean,
    choice,
    code,
    filled_text,
    integer,
    limit,
    mapping,
    mappings,
    number,
    option,
    patterns,
    positive,
    regular_expression,
    text,
    texts,
    url,
)

LOG_LEVELS = ("error", "warn", "info", "debug", "verbose", "silly", "silent")
log_level = choice(*LOG_LEVELS)

# The families a browser would run as a page of ours (contract 11).
SAFE_EXTENSIONS = r"^(?i:(?!(?:[sx]?html?|xht|xhtml\+xml|svgz?|svg\+xml|xml|xslt?|xsd|rng|rdf|owl|mathml)$)).*"


@dataclass(frozen=True, slots=True)
class FileUpload:
    """Who may upload what."""

    enable_for_public: bool = option(False, boolean, "anybody may upload")
    enable_for_anonymous_user: bool = option(False, boolean, "anonymous users may upload")
    enable_for_authenticated_user: bool = option(True, boolean, "logged-in users may upload")
    file_extensions: tuple[str, ...] = option((SAFE_EXTENSIONS,), patterns, 'regular expressions of allowed extensions; "*" allows all')
    allowed_file_url_domains: tuple[str, ...] = option(("*",), texts, "hosts allowed in the url of a File value")


@dataclass(frozen=True, slots=True)
class FileDownload:
    """Who may download."""

    enable_for_public: bool = option(True, boolean, "anybody may download")
    enable_for_anonymous_user: bool = option(True, boolean, "anonymous users may download")
    enable_for_authenticated_user: bool = option(True, boolean, "logged-in users may download")


@dataclass(frozen=True, slots=True)
class AccountLockout:
    """Off unless duration and threshold are given."""

    duration: float | None = option(None, positive(99999), "minutes an account stays locked; 0.5 is half a minute")
    threshold: int | None = option(None, integer(1, 999), "failed logins that lock an account")
    unlock_on_password_reset: bool = option(False, boolean, "a password reset unlocks the account")


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a password must be, and how resets work."""

    validator_pattern: str | None = option(None, regular_expression, "pattern a password must match")
    validator_callback: object = option(None, code, "function that takes a password and says whether it will do")
    validation_error: str | None = option(None, text, "text of the refusal")
    do_not_allow_username: bool = option(False, boolean, "a password must not contain the user name")
    max_password_age: float | None = option(None, number(0), "days until a password must be changed")
    max_password_history: int | None = option(None, integer(0, 20), "former passwords that may not be used again")
    reset_token_validity_duration: float | None = option(None, number(0.001), "seconds a reset link is valid")
    reset_token_reuse_if_valid: bool = option(False, boolean, "a second request sends the same reset link")
    reset_password_success_on_invalid_email: bool = option(
        True, boolean, "a reset for an unknown address answers like one for a known address"
    )


@dataclass(frozen=True, slots=True)
class Idempotency:
    """Requests with a repeated X-Parse-Request-Id are refused; off without paths."""

    paths: tuple[str, ...] = option((), patterns, "regular expressions of paths that are guarded")
    ttl: int = option(300, integer(1), "seconds a request id is remembered")


@dataclass(frozen=True, slots=True)
class RequestComplexity:
    """Bounds of a request without the master key; -1 switches one off. parse-server's own defaults are all off."""

    include_depth: int = option(8, limit, "pointers followed by one include path")
    include_count: int = option(100, limit, "include paths in one request")
    subquery_depth: int = option(4, limit, "queries inside queries")
    subquery_limit: int = option(-1, limit, "objects one subquery may return")
    query_depth: int = option(16, limit, "nested $and, $or and $nor")
    batch_request_limit: int = option(50, limit, "requests in one batch")
    graphql_depth: int = option(-1, limit, "depth of a GraphQL query", key="graphQLDepth")
    graphql_fields: int = option(-1, limit, "fields of a GraphQL query", key="graphQLFields")
    allow_regex: bool = option(True, boolean, "clients may use $regex")


@dataclass(frozen=True, slots=True)
class RateLimitRule:
    """At most `request_count` requests in `request_time_window` milliseconds."""

    request_path: str = option("", filled_text, "route pattern such as /functions/*path")
    request_time_window: int = option(0, integer(1), "milliseconds")
    request_count: int = option(0, integer(1), "requests allowed in the window")
    request_methods: tuple[str, ...] = option((), texts, "methods that count; all without it")
    zone: str = option("ip", choice("global", "ip", "user", "session"), "what is counted together")
    include_master_key: bool = option(False, boolean, "the master key is limited too")
    include_internal_requests: bool = option(False, boolean, "requests of cloud code and loopback are limited too")
    error_response_message: str = option("Too many requests.", text, "text of the refusal")
    redis_url: str | None = option(None, filled_text, "counters shared over Redis", secret=True)


@dataclass(frozen=True, slots=True)
class Schema:
    """Declared classes, applied at start."""

    definitions: tuple[Mapping[str, Any], ...] = option((), mappings, "classes to have")
    strict: bool = option(False, boolean, "what is stored but not declared is warned about")
    delete_extra_fields: bool = option(False, boolean, "fields that are not declared are dropped")
    recreate_modified_fields: bool = option(False, boolean, "fields whose declared type differs are dropped and made anew")
    lock_schemas: bool = option(False, boolean, "no changes through /schemas")
    keep_unknown_indexes: bool = option(False, boolean, "indexes that the definitions do not name stay")
    before_migration: object = option(None, code, "called before the classes are applied")
    after_migration: object = option(None, code, "called after the classes are applied")


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """Defaults of aggregate."""

    aggregation_raw_values: bool = option(False, boolean, "aggregate takes and gives database values")
    aggregation_raw_field_names: bool = option(False, boolean, "aggregate takes and gives database field names")


# Passed on to the MongoDB driver under their own names.
DRIVER_OPTIONS = frozenset(
    "appName authMechanism authMechanismProperties authSource autoEncryption autoSelectFamily "
    "autoSelectFamilyAttemptTimeout compressors connectTimeoutMS directConnection forceServerObjectId "
    "heartbeatFrequencyMS loadBalanced localThresholdMS maxConnecting maxIdleTimeMS maxPoolSize "
    "maxStalenessSeconds minPoolSize proxyHost proxyPassword proxyPort proxyUsername readConcernLevel readPreference "
    "readPreferenceTags replicaSet retryReads retryWrites serverMonitoringMode serverSelectionTimeoutMS "
    "socketTimeoutMS srvMaxHosts srvServiceName ssl tls tlsAllowInvalidCertificates tlsAllowInvalidHostnames tlsCAFile "
    "tlsCertificateKeyFile tlsCertificateKeyFilePassword tlsInsecure waitQueueTimeoutMS zlibCompressionLevel "
    "journal w wtimeoutMS uuidRepresentation".split()
)


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    """The store; `driver` holds what is passed to the MongoDB driver (maxPoolSize, readPreference, tls ...)."""

    batch_size: int = option(1000, integer(1), "objects fetched at once")
    max_time_ms: int | None = option(None, integer(1), "milliseconds a query may take", key="maxTimeMS")
    enable_schema_hooks: bool = option(False, boolean, "schema changes of other servers are seen through change streams")
    schema_cache_ttl: int | None = option(None, integer(0), "milliseconds a schema is cached; it is always current here")
    allow_public_explain: bool = option(False, boolean, "explain without the master key")
    create_index_user_username: bool = option(True, boolean, "index made at start")
    create_index_user_username_case_insensitive: bool = option(True, boolean, "index made at start")
    create_index_user_email: bool = option(True, boolean, "index made at start")
    create_index_user_email_case_insensitive: bool = option(True, boolean, "index made at start")
    create_index_user_email_verify_token: bool = option(True, boolean, "index made at start")
    create_index_user_password_reset_token: bool = option(True, boolean, "index made at start")
    create_index_role_name: bool = option(True, boolean, "index made at start")
    create_index_auth_data_uniqueness: bool = option(True, boolean, "index made at start")
    disable_index_field_validation: bool = option(False, boolean, "indexes may name fields that do not exist")
    log_client_events: object = option(None, anything, "driver events to log")
    client_metadata: object = option(None, anything, "name and version told to the database")
    driver: Mapping[str, Any] = option({}, mapping, "options of the MongoDB driver", secret=True)


@dataclass(frozen=True, slots=True)
class Installation:
    """What happens to other installations with the same device token."""

    duplicate_device_token_action: str = option("delete", choice("delete", "update"), "delete them or take the token away")
    duplicate_device_token_merge_priority: str = option(
        "deviceToken", choice("deviceToken", "installationId"), "which installation lives on"
    )
    duplicate_device_token_action_enforce_auth: bool = option(False, boolean, "the caller's rights hold for the clean-up")


@dataclass(frozen=True, slots=True)
class Security:
    """The /security report."""

    enable_check: bool = option(False, boolean, "the report is there")
    enable_check_log: bool = option(False, boolean, "the report is logged at start")
    check_groups: tuple[object, ...] = option((), lambda value: tuple(value) if isinstance(value, list) else (), "own checks")


@dataclass(frozen=True, slots=True)
class LiveQuery:
    """Which classes publish their changes."""

    class_names: tuple[str, ...] = option((), patterns, "regular expressions of class names", env="CLASSNAMES")
    redis_url: str | None = option(None, filled_text, "changes shared over Redis", key="redisURL", secret=True)
    redis_options: Mapping[str, Any] = option({}, mapping, "options of the Redis client", secret=True)
    regex_timeout: int = option(100, integer(0), "milliseconds one regular expression may take; 0 is no limit")
    pub_sub_adapter: object = option(None, code, "own publisher")
    wss_adapter: object = option(None, code, "own socket server")


@dataclass(frozen=True, slots=True)
class LiveQueryServer:
    """The socket server for live queries."""

    key_pairs: Mapping[str, Any] = option({}, mapping, "keys a client must send; open without them", secret=True)
    port: int = option(1337, integer(0, 65535), "port of a stand-alone live query server")
    websocket_timeout: int = option(10000, integer(1), "milliseconds between pings")
    cache_timeout: int = option(5000, integer(0), "milliseconds a session token is cached")
    app_id: str | None = option(None, filled_text, "application id; that of the server without it")
    master_key: str | None = option(None, filled_text, "master key; that of the server without it", secret=True)
    server_url: str | None = option(None, url, "address of the API server", key="serverURL")
    redis_url: str | None = option(None, filled_text, "changes shared over Redis", key="redisURL", secret=True)
    redis_options: Mapping[str, Any] = option({}, mapping, "options of the Redis client", secret=True)
    pub_sub_adapter: object = option(None, code, "own subscriber")
    wss_adapter: object = option(None, code, "own socket server")
    log_level: str = option("INFO", text, "log level of the socket server")


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages behind the links in mails."""

    pages_endpoint: str = option("apps", filled_text, "first part of the path")
    pages_path: str | None = option(None, filled_text, "folder with own pages")
    enable_localization: bool = option(False, boolean, "pages in the visitor's language")
    localization_json_path: str | None = option(None, filled_text, "file with translations")
    localization_fallback_locale: str = option("en", filled_text, "language when the visitor's is missing")
    placeholders: object = option({}, anything, "values for the pages")
    force_redirect: bool = option(False, boolean, "always answer with a redirect")
    encode_page_param_headers: bool = option(False, boolean, "page parameters in headers are URL encoded")
    custom_urls: Mapping[str, Any] = option({}, mapping, "addresses to redirect to instead of a page")
    custom_routes: tuple[Mapping[str, Any], ...] = option((), mappings, "own routes: method, path, handler")


@dataclass(frozen=True, slots=True)
class LogLevels:
    """At which level single events are logged; `silent` for never."""

    trigger_after: str = option("info", log_level, "a hook that ran after")
    trigger_before_success: str = option("info", log_level, "a hook that ran before and agreed")
    trigger_before_error: str = option("error", log_level, "a hook that ran before and refused")
    cloud_function_success: str = option("info", log_level, "a function that answered")
    cloud_function_error: str = option("error", log_level, "a function that failed")
    signup_username_taken: str = option("info", log_level, "a sign-up with a name that exists")
    request: str = option("verbose", log_level, "an answered request; info with --development or --dev")
