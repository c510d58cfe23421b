"""Options: where they come from, which source wins, and what is refused with which words."""

import json
import stat

import pytest

from parse_shim.settings import Settings, SettingsError, load
from parse_shim.settings_check import NO_EFFECT, NOT_BUILT
from parse_shim.settings_fields import load_object
from parse_shim.settings_read import camel, options_of, snake

KEYS = {"appId": "app", "masterKey": "master"}


def settings(**options) -> Settings:
    return Settings.from_options({**KEYS, **options})


def problems(**options) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        settings(**options)
    return raised.value.problems


def loaded(tmp_path, file=None, **sources):
    config = None
    if file is not None:
        config = str(tmp_path / "options.json")
        (tmp_path / "options.json").write_text(json.dumps(file))
    return load(config, **{"command_line": KEYS, **sources})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("allow_client_class_creation", False),
        ("host", "0.0.0.0"),
        ("port", 1337),
        ("mount_path", "/parse"),
        ("master_key_ips", ("127.0.0.1", "::1")),
        ("enforce_private_users", True),
        ("session_length", 31536000),
        ("default_limit", 100),
        ("max_upload_size", 20 * 1024 * 1024),
        ("enable_sanitized_error_response", True),
        ("protected_fields", {"_User": {"*": ["email"]}}),
    ],
)
def test_defaults_are_those_of_the_reference(key, value):
    assert getattr(settings(), key) == value


def test_the_limits_are_on_unless_switched_off():
    limits = settings().request_complexity
    assert (limits.query_depth, limits.include_depth, limits.batch_request_limit) == (16, 8, 50)
    assert settings(requestComplexity={"queryDepth": -1}).request_complexity.query_depth == -1


def test_later_sources_win(tmp_path):
    given = loaded(
        tmp_path,
        file={"port": 1, "host": "file", "appName": "file", "mountPath": "/file"},
        environ={"PORT": "2", "PARSE_SERVER_HOST": "env", "PARSE_SERVER_APP_NAME": "env"},
        command_line={**KEYS, "port": "3", "host": "cli"},
        keywords={"port": 4},
    ).settings
    assert (given.port, given.host, given.app_name, given.mount_path) == (4, "cli", "env", "/file")


def test_lowest_lies_under_every_source():
    given = load(lowest={**KEYS, "port": 5, "host": "low"}, environ={"PORT": "6"}).settings
    assert (given.app_id, given.port, given.host) == ("app", 6, "low")


def test_a_file_may_hold_exactly_one_app(tmp_path):
    assert loaded(tmp_path, {"apps": [{"port": 7}]}).settings.port == 7
    with pytest.raises(SettingsError, match="exactly one application"):
        loaded(tmp_path, {"apps": [{}, {}]})


@pytest.mark.parametrize(("content", "text"), [("{", "is not JSON"), ("[]", "must hold a JSON object")])
def test_a_file_that_is_no_object_is_refused(tmp_path, content, text):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(SettingsError, match=text):
        load(str(tmp_path / "x.json"))


def test_a_missing_file_is_named():
    with pytest.raises(SettingsError, match=r"^file nowhere\.json: cannot be read"):
        load("nowhere.json")


@pytest.mark.parametrize(
    ("name", "text", "path", "value"),
    [
        ("PARSE_SERVER_APPLICATION_ID", "x", "app_id", "x"),
        ("PARSE_SERVER_ALLOW_CLIENT_CLASS_CREATION", "1", "allow_client_class_creation", True),
        ("PARSE_SERVER_MASTER_KEY_IPS", "10.0.0.0/8, ::1", "master_key_ips", ("10.0.0.0/8", "::1")),
        ("PARSE_SERVER_ENABLE_ANON_USERS", "false", "enable_anonymous_users", False),
        ("PARSE_SERVER_URL", "https://x.test/parse/", "server_url", "https://x.test/parse"),
        ("PARSE_SERVER_FILE_UPLOAD_ENABLE_FOR_PUBLIC", "true", "file_upload.enable_for_public", True),
        ("PARSE_SERVER_FILE_UPLOAD_OPTIONS", '{"enableForPublic": true}', "file_upload.enable_for_public", True),
        ("PARSE_SERVER_LIVEQUERY_CLASSNAMES", "A,B", "live_query.class_names", ("A", "B")),
        ("PARSE_SERVER_EXPERIMENTAL_IDEMPOTENCY_TTL", "9", "idempotency_options.ttl", 9),
        ("PARSE_SERVER_DATABASE_MAX_TIME_MS", "9", "database_options.max_time_ms", 9),
        ("PARSE_SERVER_DATABASE_MAX_POOL_SIZE", "9", "database_options.driver", {"maxPoolSize": "9"}),
        ("PARSE_SERVER_PAGES_CUSTOM_URL_PASSWORD_RESET", "u", "pages.custom_urls", {"passwordReset": "u"}),
        ("PARSE_LIVE_QUERY_SERVER_CACHE_TIMEOUT", "3", "live_query_server_options.cache_timeout", 3),
        ("PARSE_SERVER_LOGS_FOLDER", "null", "logs_folder", None),
        ("PARSE_SERVER_HOST", "", "host", "0.0.0.0"),
    ],
)
def test_environment_names_are_those_of_the_reference(name, text, path, value):
    found = load(environ={"PARSE_SERVER_APPLICATION_ID": "a", "PARSE_SERVER_MASTER_KEY": "m", name: text}).settings
    for part in path.split("."):
        found = getattr(found, part)
    assert found == value


def test_a_variable_of_one_member_wins_over_that_of_its_group():
    environ = {
        "PARSE_SERVER_FILE_UPLOAD_ENABLE_FOR_PUBLIC": "false",
        "PARSE_SERVER_FILE_UPLOAD_OPTIONS": '{"enableForPublic": true, "enableForAnonymousUser": true}',
    }
    upload = load(environ=environ, command_line=KEYS).settings.file_upload
    assert (upload.enable_for_public, upload.enable_for_anonymous_user) == (False, True)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"prot": 1}, "prot (options): there is no such option; did you mean port?"),
        ({"fileUpload": {"enableForPublik": True}}, "did you mean fileUpload.enableForPublic?"),
        ({"port": "http"}, 'port (options): expected a number, got "http"'),
        ({"port": 70000}, "port (options): expected at most 65535"),
        ({"port": True}, "port (options): expected a number"),
        ({"allowClientClassCreation": "perhaps"}, "Parse Server option allowClientClassCreation must be a boolean."),
        ({"allowClientClassCreation": "true"}, "must be a boolean"),
        ({"masterKeyIps": "localhost"}, "'localhost' is neither"),
        ({"logLevel": "loud"}, "expected one of error, warn"),
        ({"fileUpload": 3}, "fileUpload must be an object value."),
        ({"requestComplexity": {"queryDepth": 0}}, "requestComplexity.queryDepth must be a positive integer or -1 to disable."),
        ({"maxUploadSize": "big"}, "expected a size such as 20mb"),
        ({"publicServerURL": "ftp://x/y"}, "http://"),
        ({"auth": {"my-auth": {}}}, "'my-auth' is not one"),
        ({"routeAllowList": ["("]}, "expected a regular expression"),
        ({"rateLimit": [{"requestPath": "/x"}]}, "a rule needs requestTimeWindow"),
        ({"rateLimit": {"requestPath": "/x", "requestTimeWindow": 1, "requestCount": 1, "zone": "q"}}, "zone: expected one of"),
        ({"accountLockout": {"duration": 5}}, "needs both duration and threshold"),
        ({"accountLockout": {"duration": 5, "threshold": 1000}}, "Account lockout threshold should be an integer"),
        ({"passwordPolicy": {"resetTokenReuseIfValid": True}}, "You cannot use resetTokenReuseIfValid without resetTokenValidityDuration"),
        ({"passwordPolicy": {"maxPasswordHistory": 21}}, "passwordPolicy.maxPasswordHistory must be an integer ranging 0 - 20"),
        ({"passwordPolicy": {"doNotAllowUsername": "no"}}, "passwordPolicy.doNotAllowUsername must be a boolean value."),
        ({"sessionLength": "test"}, "Session length must be a valid number."),
        ({"sessionLength": "-33"}, "Session length must be a value greater than 0."),
        ({"defaultLimit": True}, "Default limit must be a number."),
        ({"fileUpload": {"enableForPublic": 1}}, "fileUpload.enableForPublic must be a boolean value."),
        ({"pages": {"forceRedirect": "x"}}, "Parse Server option pages.forceRedirect must be a boolean."),
        ({"requestKeywordDenylist": 7}, "Parse Server option requestKeywordDenylist must be an array."),
        ({"requestKeywordDenylist": [{"key": "(("}]}, "requestKeywordDenylist: '((' is not a regular expression (missing ), unterminated"),
        ({"requestKeywordDenylist": ["a", {"key": "b", "value": "[x"}]}, "requestKeywordDenylist: '[x' is not a regular expression"),
        ({"requestKeywordDenylist": ["*"]}, "requestKeywordDenylist: '*' is not a regular expression"),
        ({"readOnlyMasterKey": "master"}, "masterKey and readOnlyMasterKey should be different"),
        ({"maintenanceKey": "master"}, "masterKey and maintenanceKey should be different"),
        ({"cloud": "./cloud/main.js"}, "cloud code is Python here"),
        ({"certfile": "x.pem"}, "certfile needs keyfile"),
        ({"verifyUserEmails": True}, "verifyUserEmails needs emailAdapter"),
        ({"emailAdapter": "not a name"}, "expected a Python name"),
    ],
)
def test_a_wrong_option_is_named_in_one_line(options, text):
    found = problems(**options)
    assert any(text in line for line in found), found
    assert all("\n" not in line for line in found)


@pytest.mark.parametrize(
    ("options", "kind"),
    [({"maintenanceKey": "master"}, "Error"), ({"requestComplexity": {"queryDepth": 0}}, "Error"), ({"sessionLength": 0}, "SettingsError")],
)
def test_a_refusal_tells_whether_parse_server_throws_an_error(options, kind):
    with pytest.raises(SettingsError) as raised:
        settings(**options)
    assert raised.value.kind == kind


def test_a_lock_may_last_a_fraction_of_a_minute():
    assert settings(accountLockout={"duration": 0.05, "threshold": 2}).account_lockout.duration == 0.05


def test_a_session_that_never_expires_may_have_any_length():
    assert settings(sessionLength=0, expireInactiveSessions=False).session_length == 0


def test_all_problems_are_told_together():
    assert len(problems(port="x", host=1, prot=2)) == 3


def test_missing_keys_say_how_to_give_them():
    with pytest.raises(SettingsError) as raised:
        Settings.from_options({})
    assert [line.split()[0] for line in raised.value.problems] == ["appId", "masterKey"]


def test_secrets_show_neither_in_errors_nor_in_repr():
    assert "hush" not in str(problems(masterKey={"hush": 1}))
    shown = repr(settings(masterKey="hush", databaseURI="mongodb://me:hush@host/db", push={"key": "hush"}))
    assert "hush" not in shown


def test_options_over_a_base_replace_whole_groups():
    base = settings(port=9, fileUpload={"enableForPublic": True, "enableForAnonymousUser": True})
    over = Settings.from_options({"fileUpload": {"enableForPublic": False}, "port": None}, base=base)
    assert over.file_upload.enable_for_anonymous_user is False
    assert (over.port, over.app_id) == (1337, "app")


def test_a_dotted_option_changes_one_member():
    base = settings(fileUpload={"enableForPublic": True})
    over = Settings.from_options({"fileUpload.enableForAnonymousUser": True}, base=base)
    assert over.file_upload.enable_for_public and over.file_upload.enable_for_anonymous_user


def test_protected_fields_keep_the_default():
    given = {"_User": {"*": ["phone"], "role:Admin": []}, "Post": {"*": ["draft"]}}
    assert settings(protectedFields=given).protected_fields == {
        "_User": {"*": ["phone", "email"], "role:Admin": []},
        "Post": {"*": ["draft"]},
    }
    assert settings(userSensitiveFields=["phone"]).protected_fields == {"_User": {"*": ["email", "phone"]}}


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "http://localhost:1337/parse"),
        ({"port": 80, "mountPath": "api/"}, "http://localhost:80/api"),
        ({"mountPath": "/"}, "http://localhost:1337"),
        ({"certfile": "a", "keyfile": "b"}, "https://localhost:1337/parse"),
        ({"serverURL": "https://x.test/1"}, "https://x.test/1"),
    ],
)
def test_the_server_url_follows_from_port_and_mount_path(options, url):
    assert settings(**options).server_url == url


def test_the_server_url_follows_a_new_port():
    assert Settings.from_options({"port": 5}, base=settings()).server_url == "http://localhost:5/parse"


@pytest.mark.parametrize(
    ("given", "value"),
    [(True, True), ("2", 2), (["10.0.0.1", "loopback"], ("10.0.0.1", "loopback")), ("false", False)],
)
def test_trust_proxy_takes_what_express_takes(given, value):
    assert settings(trustProxy=given).trust_proxy == value


def test_a_given_option_without_effect_is_warned_about(tmp_path):
    warnings = loaded(tmp_path, {"cluster": 4, "mountPlayground": True, "mountGraphQL": False}).warnings
    assert warnings == ("option cluster has no effect: use workers (--workers N)", "option mountPlayground is not built yet")


def test_a_misspelt_variable_is_warned_about():
    (warning,) = load(environ={"PARSE_SERVER_APPLICATION_IDS": "x"}, command_line=KEYS).warnings
    assert warning.endswith("did you mean PARSE_SERVER_APPLICATION_ID?")


def test_options_marked_as_not_built_exist():
    assert set(options_of(Settings)) >= NOT_BUILT | NO_EFFECT.keys()


def test_every_option_has_its_own_variable():
    names = [option.env for option in options_of(Settings).values()]
    assert len(names) == len(set(names))


def test_a_key_file_is_made_once_and_private(tmp_path):
    file = tmp_path / "data" / "master.key"
    first = Settings.from_options({"appId": "a", "masterKeyFile": str(file)})
    again = Settings.from_options({"appId": "a", "masterKeyFile": str(file)})
    assert first.master_key == again.master_key == file.read_text().strip()
    assert len(first.master_key) > 30
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_that_is_given_leaves_the_key_file_alone(tmp_path):
    file = tmp_path / "master.key"
    assert settings(masterKeyFile=str(file)).master_key_file is None
    assert not file.exists()


def test_an_empty_key_file_is_refused(tmp_path):
    (tmp_path / "k").touch()
    with pytest.raises(SettingsError, match="is empty"):
        Settings.from_options({"appId": "a", "masterKeyFile": str(tmp_path / "k")})


@pytest.mark.parametrize("reference", ["json:dumps", "json.dumps", json.dumps])
def test_code_is_named_by_a_dotted_path(reference):
    assert load_object(reference) is json.dumps


def test_code_with_options_is_called_with_them():
    assert load_object({"module": "fractions:Fraction", "options": {"numerator": 3}}) == 3


@pytest.mark.parametrize("reference", ["nowhere:x", "json:nothing"])
def test_code_that_is_missing_is_named(reference):
    with pytest.raises(ValueError, match=r"nowhere|nothing"):
        load_object(reference)


def test_names_are_translated_both_ways():
    assert camel("master_key_ips") == "masterKeyIps"
    assert [snake(name) for name in ("maxPoolSize", "connectTimeoutMS", "tlsCAFile")] == [
        "MAX_POOL_SIZE",
        "CONNECT_TIMEOUT_MS",
        "TLS_CA_FILE",
    ]
