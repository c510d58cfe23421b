"""Every option of the server, as one frozen dataclass: parse-server's names in snake case, parse-server's defaults.

`Settings.from_options({"appId": ...})` takes parse-server's own names; `load` adds the file, the environment and the
command line (default < file < environment < command line < keywords). Both check everything and raise one
`SettingsError`. `Settings(app_id=...)` itself only stores, for tests of single rooms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parse_shim import settings_groups as groups
from parse_shim.settings_fields import (
    anything,
    boolean,
    boolean_or_code,
    code,
    filled_text,
    group,
    integer,
    keywords,
    mapping,
    mount,
    networks,
    number,
    option,
    optional,
    patterns,
    size,
    text,
    texts,
    trust,
    url,
)
from parse_shim.settings_read import (
    OPTIONS,
    PROTECTED,
    Loaded,
    SettingsError,
    build,
    load_layers,
    merged,
    protected_fields,
    provider_names,
    rate_limits,
)

LOOPBACK = ("127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0/0", "::0")
DENIED_KEYWORDS: tuple[Mapping[str, Any], ...] = (
    {"key": "_bsontype", "value": "Code"},
    {"key": "constructor"},
    {"key": "__proto__"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One field an option. `server_url` without a value is http://localhost:PORT/MOUNT (https with a certificate)."""

    # identity, network, keys
    app_id: str = option("", filled_text, "application id", env="PARSE_SERVER_APPLICATION_ID")
    app_name: str | None = option(None, filled_text, "name shown in mails and pages")
    server_url: str = option("", url, "own address", key="serverURL", env="PARSE_SERVER_URL")
    public_server_url: object = option(
        None,
        lambda v: url(v) if isinstance(v, str) and "/" in v else code(v),
        "address in mails, pages and file URLs",
        key="publicServerURL",
        env="PARSE_PUBLIC_SERVER_URL",
    )
    master_key: str = option("", filled_text, "key that may do everything", secret=True)
    master_key_ips: tuple[str, ...] = option(LOOPBACK, networks, "addresses that may use the master key")
    master_key_ttl: int | None = option(None, integer(0), "seconds a master key function is cached")
    read_only_master_key: str | None = option(None, filled_text, "key that may read everything", secret=True)
    read_only_master_key_ips: tuple[str, ...] = option(EVERYWHERE, networks, "addresses that may use the read-only key")
    maintenance_key: str | None = option(None, filled_text, "key that may write internal fields", secret=True)
    maintenance_key_ips: tuple[str, ...] = option(LOOPBACK, networks, "addresses that may use the maintenance key")
    client_key: str | None = option(None, filled_text, "key of the iOS and Android SDKs", secret=True)
    javascript_key: str | None = option(None, filled_text, "key of the JavaScript SDK", secret=True)
    rest_api_key: str | None = option(None, filled_text, "key of REST clients", key="restAPIKey", secret=True)
    dot_net_key: str | None = option(None, filled_text, "key of the .NET SDK", secret=True)
    webhook_key: str | None = option(None, filled_text, "key sent to webhooks", secret=True)
    host: str = option("0.0.0.0", filled_text, "address to listen on")
    port: int = option(1337, integer(0, 65535), "port to listen on", env="PORT")
    mount_path: str = option("/parse", mount, "path of the API")
    trust_proxy: bool | int | tuple[str, ...] = option((), trust, "proxies whose X-Forwarded-For is believed")
    allow_origin: tuple[str, ...] = option(("*",), texts, "origins that browsers may call from")
    allow_headers: tuple[str, ...] = option((), texts, "further headers that browsers may send")
    middleware: object = option(None, code, "function that wraps the application")
    request_context_middleware: object = option(None, code, "function that fills the request context")
    verify_server_url: bool = option(True, boolean, "look at own address at start")
    cluster: object = option(None, anything, "number of processes; see workers")
    route_allow_list: tuple[str, ...] | None = option(None, patterns, "routes clients may use without the master key")
    server_close_complete: object = option(None, code, "called when the server has stopped")

    # database and schema
    database_uri: str = option(
        "sqlite:///data/parse.db", filled_text, "store: sqlite:///FILE or mongodb://HOST/NAME", key="databaseURI", secret=True
    )
    database_adapter: object = option(None, code, "own storage engine")
    collection_prefix: str = option("", text, "begins each collection's name")
    allow_client_class_creation: bool = option(False, boolean, "clients may make classes")
    allow_custom_object_id: bool = option(False, boolean, "clients may choose objectId")
    object_id_size: int = option(10, integer(1, 64), "characters of an objectId")
    default_limit: int = option(100, integer(1), "limit of a query without one")
    max_limit: int | None = option(None, integer(1), "largest limit; larger ones are cut")
    enable_collation_case_comparison: bool = option(False, boolean, "names are compared by collation")
    schema: groups.Schema = group(groups.Schema, "PARSE_SERVER_SCHEMA_", "declared classes")
    request_keyword_denylist: tuple[Mapping[str, Any] | str, ...] = option(
        DENIED_KEYWORDS, keywords, "keys and values that no request body may hold"
    )
    query: groups.QueryOptions = group(groups.QueryOptions, "PARSE_SERVER_QUERY_", "defaults of aggregate")
    database_options: groups.DatabaseOptions = group(groups.DatabaseOptions, "PARSE_SERVER_DATABASE_", "the store")

    # users, sessions, auth
    enforce_private_users: bool = option(True, boolean, "new users are readable by themselves only")
    enable_anonymous_users: bool = option(True, boolean, "anonymous login", env="PARSE_SERVER_ENABLE_ANON_USERS")
    auth: Mapping[str, Any] = option({}, provider_names, "login providers", env="PARSE_SERVER_AUTH_PROVIDERS", secret=True)
    enable_insecure_auth_adapters: bool = option(False, boolean, "providers that trust the client's token")
    allow_expired_auth_data_token: bool = option(False, boolean, "authData that did not change is not checked again")
    session_length: int = option(31536000, integer(), "seconds a session lasts")
    expire_inactive_sessions: bool = option(True, boolean, "sessions end")
    extend_session_on_use: bool = option(False, boolean, "use renews a session after half its life")
    revoke_session_on_password_reset: bool = option(True, boolean, "a new password ends all sessions")
    verify_user_emails: object = option(False, boolean_or_code, "addresses are verified by mail")
    send_user_email_verification: object = option(True, boolean_or_code, "the verification mail is sent")
    prevent_login_with_unverified_email: object = option(False, boolean_or_code, "no login before the address is verified")
    prevent_signup_with_unverified_email: bool = option(False, boolean, "no session at sign-up either")
    email_verify_token_validity_duration: float | None = option(None, number(0.001), "seconds a verify link is valid")
    email_verify_token_reuse_if_valid: bool = option(False, boolean, "a second request sends the same verify link")
    email_verify_success_on_invalid_email: bool = option(True, boolean, "unknown addresses are answered like known ones")
    convert_email_to_lowercase: bool = option(False, boolean, "addresses are stored in lower case")
    convert_username_to_lowercase: bool = option(False, boolean, "user names are stored in lower case")
    account_lockout: groups.AccountLockout = group(
        groups.AccountLockout,
        "PARSE_SERVER_ACCOUNT_LOCKOUT_",
        "lock after failed logins",
        env="PARSE_SERVER_ACCOUNT_LOCKOUT",
    )
    password_policy: groups.PasswordPolicy = group(
        groups.PasswordPolicy,
        "PARSE_SERVER_PASSWORD_POLICY_",
        "passwords and resets",
        env="PARSE_SERVER_PASSWORD_POLICY",
    )
    protected_fields: Mapping[str, Mapping[str, Sequence[str]]] = option(
        dict(PROTECTED), protected_fields, "class -> group -> fields that group does not see; email of users always"
    )
    protected_fields_owner_exempt: bool = option(True, boolean, "users see their own protected fields")
    protected_fields_save_response_exempt: bool = option(True, boolean, "answers to a save show protected fields")
    protected_fields_trigger_exempt: bool = option(False, boolean, "hooks see protected fields")
    user_sensitive_fields: tuple[str, ...] = option((), texts, "old form of protectedFields for users")

    # cloud code, jobs, push, mail
    cloud: object = option(None, anything, "module with hooks, such as cloud.main, or its path")
    direct_access: bool = option(True, boolean, "cloud code calls the server without HTTP")
    email_adapter: object = option(None, code, "sends mails", secret=True)
    push: Mapping[str, Any] = option({}, mapping, "push senders", secret=True)
    scheduled_push: bool = option(False, boolean, "pushes may be scheduled")
    installation: groups.Installation = group(groups.Installation, "PARSE_SERVER_INSTALLATION_", "installations with one device token")
    analytics_adapter: object = option(None, code, "takes analytics events")
    enable_product_purchase_legacy_api: bool = option(True, boolean, "/validate_purchase is there")
    cleanup_invalid_installations: bool = option(False, boolean, "dead device tokens are taken away")

    # files
    file_upload: groups.FileUpload = group(
        groups.FileUpload, "PARSE_SERVER_FILE_UPLOAD_", "who may upload", env="PARSE_SERVER_FILE_UPLOAD_OPTIONS"
    )
    file_download: groups.FileDownload = group(
        groups.FileDownload, "PARSE_SERVER_FILE_DOWNLOAD_", "who may download", env="PARSE_SERVER_FILE_DOWNLOAD_OPTIONS"
    )
    max_upload_size: int = option(20 * 1024 * 1024, size, "largest body in bytes, or such as 20mb")
    preserve_file_name: bool = option(False, boolean, "file names get no random prefix")
    files_adapter: object = option(None, code, "own file store", secret=True)
    file_key: str | None = option(None, filled_text, "key of file names and contents", secret=True)
    encryption_key: str | None = option(None, filled_text, "key of file contents", secret=True)

    # limits
    rate_limit: tuple[groups.RateLimitRule, ...] = option((), rate_limits, "rules: at most so many requests in a time")
    request_complexity: groups.RequestComplexity = group(
        groups.RequestComplexity,
        "PARSE_SERVER_REQUEST_COMPLEXITY_",
        "bounds of a request without the master key",
        env="PARSE_SERVER_REQUEST_COMPLEXITY",
    )
    idempotency_options: groups.Idempotency = group(
        groups.Idempotency,
        "PARSE_SERVER_EXPERIMENTAL_IDEMPOTENCY_",
        "repeated requests are refused",
        env="PARSE_SERVER_EXPERIMENTAL_IDEMPOTENCY_OPTIONS",
    )
    allow_aggregation_for_read_only_master_key: bool = option(True, boolean, "the read-only key may aggregate")
    enable_sanitized_error_response: bool = option(True, boolean, "refusals say no more than Permission denied")
    security: groups.Security = group(groups.Security, "PARSE_SERVER_SECURITY_", "the security report")

    # live query, pages, GraphQL
    live_query: groups.LiveQuery = group(groups.LiveQuery, "PARSE_SERVER_LIVEQUERY_", "classes that publish changes")
    start_live_query_server: bool = option(False, boolean, "live query sockets are served")
    live_query_server_options: groups.LiveQueryServer = group(groups.LiveQueryServer, "PARSE_LIVE_QUERY_SERVER_", "the live query sockets")
    pages: groups.Pages = group(groups.Pages, "PARSE_SERVER_PAGES_", "pages behind the links in mails")
    custom_pages: Mapping[str, Any] = option({}, mapping, "old form of pages.customUrls")
    mount_graphql: bool = option(False, boolean, "GraphQL is served", key="mountGraphQL")
    graphql_path: str = option("/graphql", mount, "path of GraphQL", key="graphQLPath")
    graphql_schema: str | None = option(None, text, "own schema", key="graphQLSchema", env="PARSE_SERVER_GRAPH_QLSCHEMA")
    graphql_public_introspection: bool = option(False, boolean, "clients may read the schema", key="graphQLPublicIntrospection")
    mount_playground: bool = option(False, boolean, "the GraphQL playground is served")
    playground_path: str = option("/playground", mount, "path of the playground")

    # cache and logs
    cache_adapter: object = option(None, code, "own cache")
    cache_ttl: int = option(5000, integer(0), "milliseconds users, roles and sessions may be cached", key="cacheTTL")
    cache_max_size: int = option(10000, integer(0), "cached entries")
    log_level: str = option("info", groups.log_level, "how much is logged: error, warn, info, verbose, debug, silly or silent")
    log_levels: groups.LogLevels = group(groups.LogLevels, "PARSE_SERVER_LOG_LEVELS_", "levels of single events")
    logs_folder: str | None = option("./logs", optional(filled_text), "folder of log files; null for none")
    json_logs: bool = option(False, boolean, "one JSON object a line", env="JSON_LOGS")
    verbose: bool = option(False, boolean, "logLevel verbose", env="VERBOSE")
    silent: bool = option(False, boolean, "nothing on the console", env="SILENT")
    max_log_files: object = option(None, anything, "log files kept, or days such as 7d")
    logger_adapter: object = option(None, code, "own logger")
    enable_express_error_handler: bool = option(False, boolean, "errors go to the host application")

    # ours alone
    schemas: object = option(None, anything, "package with declared classes, such as schemas", env="PARSE_SHIM_SCHEMAS")
    workers: int = option(1, integer(1, 256), "worker processes", env="PARSE_SHIM_WORKERS")
    certfile: str | None = option(None, filled_text, "certificate for https", env="PARSE_SHIM_CERTFILE")
    keyfile: str | None = option(None, filled_text, "the certificate's private key", env="PARSE_SHIM_KEYFILE")
    master_key_file: str | None = option(
        None,
        filled_text,
        "file that holds the master key; made with a random one if missing",
        env="PARSE_SHIM_MASTER_KEY_FILE",
    )
    data_folder: str = option("data", filled_text, "folder for what the server keeps", env="PARSE_SHIM_DATA_FOLDER")
    dev: bool = option(False, boolean, "reload when cloud code changes", env="PARSE_SHIM_DEV")
    database_timeout_ms: int = option(
        3000,
        integer(1),
        "milliseconds until a database that does not answer is an error",
        env="PARSE_SHIM_DATABASE_TIMEOUT_MS",
    )
    hook_timeout_seconds: float = option(15.0, number(0.001), "seconds a hook may take", env="PARSE_SHIM_HOOK_TIMEOUT_SECONDS")
    request_timeout_seconds: float = option(
        30.0,
        number(1),
        "seconds a request may take before its worker is replaced",
        env="PARSE_SHIM_REQUEST_TIMEOUT_SECONDS",
    )
    regex_timeout_ms: int = option(
        100, integer(1), "milliseconds a client's regular expression may take", env="PARSE_SHIM_REGEX_TIMEOUT_MS"
    )
    max_body_depth: int = option(64, integer(1), "nested values in a body", env="PARSE_SHIM_MAX_BODY_DEPTH")
    max_in_values: int = option(10000, integer(1), "values in one $in, $nin or $all", env="PARSE_SHIM_MAX_IN_VALUES")
    indexes_on_demand: bool = option(
        True, boolean, "indexes are made for queries that read many objects to give few", env="PARSE_SHIM_INDEXES_ON_DEMAND"
    )
    slow_query_ms: int = option(
        500, integer(0), "queries that take longer are logged; 0 logs none", env="PARSE_SHIM_SLOW_QUERY_MS"
    )

    def __post_init__(self) -> None:
        if not self.server_url:
            scheme = "https" if self.certfile else "http"
            object.__setattr__(self, "server_url", f"{scheme}://localhost:{self.port}{self.mount_path}")

        if self.user_sensitive_fields:
            sensitive = {"_User": {"*": self.user_sensitive_fields}}
            object.__setattr__(self, "protected_fields", merged(self.protected_fields, sensitive))

    @classmethod
    def from_options(cls, options: Mapping[str, Any], base: "Settings | None" = None) -> "Settings":
        """Settings from parse-server's own names (camel case; dotted for one member of a group), checked.

        Over `base`, an option given replaces the base's; a whole group given replaces the whole group. Null gives the
        default back. Raises SettingsError with every problem found.
        """
        return build(cls, [(OPTIONS, options)], base)


def load(
    config: str | None = None,
    environ: Mapping[str, str] | None = None,
    command_line: Mapping[str, Any] | None = None,
    keywords: Mapping[str, Any] | None = None,
    *,
    lowest: Mapping[str, Any] | None = None,
) -> "Loaded[Settings]":
    """Settings from a JSON file, the environment, the command line and keywords, each over the one before.

    `command_line`, `keywords` and `lowest` (other defaults, under all sources) have parse-server's names.
    A masterKeyFile that is missing is made. Raises SettingsError.
    """
    return load_layers(Settings, lowest or {}, config, environ or {}, command_line or {}, keywords or {})


__all__ = ["Loaded", "Settings", "SettingsError", "load"]
