"""VideoSettings: the names of the environment, their defaults, and errors that name the setting."""

import pytest

from parse_shim.video.settings import MAX_TTL_SECONDS, VideoSettingError, VideoSettings

KEYS = {"OPENTOK_API_KEY": "10000001", "OPENTOK_API_SECRET": "0123456789abcdef0123456789abcdef01234567"}
UUID = "11111111-2222-4333-8444-555555555555"
PEM = "-----BEGIN PRIVATE KEY-----\nmade up\n-----END PRIVATE KEY-----\n"
UNIFIED = {"VONAGE_APPLICATION_ID": UUID, "VONAGE_PRIVATE_KEY": PEM}


def test_nothing_set_is_not_configured():
    settings = VideoSettings.from_env({})
    assert not settings.configured and not settings.callbacks_protected


def test_defaults_are_those_of_the_guide():
    settings = VideoSettings.from_env(KEYS)
    assert (settings.url, settings.deadline) == ("https://api.opentok.com", 6.0)
    assert (settings.timeout_connect, settings.timeout_read) == (3.0, 3.0)
    assert (settings.token_format, settings.token_ttl_seconds) == ("jwt", 7200)
    assert settings.configured and not settings.unified and settings.identity == "10000001"


def test_every_name_is_read():
    settings = VideoSettings.from_env(
        KEYS
        | {
            "OPENTOK_API_URL": "http://127.0.0.1:99/",
            "OPENTOK_TIMEOUT": "1, 2.5",
            "OPENTOK_DEADLINE": "4",
            "OPENTOK_TOKEN_FORMAT": "T1",
            "OPENTOK_TOKEN_TTL": "60",
            "OPENTOK_SIGNATURE_SECRET": "sign",
            "OPENTOK_CALLBACK_PATH_SECRET": "path",
        }
    )
    assert settings.url == "http://127.0.0.1:99"
    assert (settings.timeout_connect, settings.timeout_read, settings.deadline) == (1.0, 2.5, 4.0)
    assert (settings.token_format, settings.token_ttl_seconds) == ("t1", 60)
    assert (settings.signature_secret, settings.callback_path_secret) == ("sign", "path")
    assert settings.callbacks_protected


def test_the_unified_environment_has_its_own_host():
    settings = VideoSettings.from_env(UNIFIED)
    assert (settings.unified, settings.identity, settings.url) == (True, UUID, "https://video.api.vonage.com")


def test_the_private_key_may_be_a_file_without_extension(tmp_path):
    (tmp_path / "key").write_text(PEM)
    assert VideoSettings.from_env(UNIFIED | {"VONAGE_PRIVATE_KEY": str(tmp_path / "key")}).private_key == PEM


def test_the_private_key_may_have_escaped_line_ends():
    text = PEM.strip().replace("\n", "\\n")
    assert VideoSettings.from_env(UNIFIED | {"VONAGE_PRIVATE_KEY": text}).private_key == PEM.strip()


@pytest.mark.parametrize(
    ("setting", "env"),
    [
        ("OPENTOK_API_SECRET", {"OPENTOK_API_KEY": "1"}),
        ("OPENTOK_API_KEY", {"OPENTOK_API_SECRET": "s"}),
        ("OPENTOK_API_KEY", KEYS | {"OPENTOK_API_KEY": "1~2"}),
        ("OPENTOK_API_SECRET", KEYS | {"OPENTOK_API_SECRET": "private.key"}),
        ("VONAGE_APPLICATION_ID", KEYS | UNIFIED),
        ("VONAGE_APPLICATION_ID", UNIFIED | {"VONAGE_APPLICATION_ID": "10000001"}),
        ("VONAGE_APPLICATION_ID", {"VONAGE_PRIVATE_KEY": PEM}),
        ("VONAGE_PRIVATE_KEY", {"VONAGE_APPLICATION_ID": UUID}),
        ("VONAGE_PRIVATE_KEY", UNIFIED | {"VONAGE_PRIVATE_KEY": "no/such/private.key"}),
        ("OPENTOK_API_URL", KEYS | {"OPENTOK_API_URL": "api.opentok.com"}),
        ("OPENTOK_API_URL", KEYS | {"OPENTOK_API_URL": "http://"}),
        ("OPENTOK_API_URL", KEYS | {"OPENTOK_API_URL": "http://host:port"}),
        ("OPENTOK_TIMEOUT", KEYS | {"OPENTOK_TIMEOUT": "1,2,3"}),
        ("OPENTOK_TIMEOUT", KEYS | {"OPENTOK_TIMEOUT": "soon"}),
        ("OPENTOK_DEADLINE", KEYS | {"OPENTOK_DEADLINE": "0"}),
        ("OPENTOK_DEADLINE", KEYS | {"OPENTOK_DEADLINE": "nan"}),
        ("OPENTOK_TOKEN_FORMAT", KEYS | {"OPENTOK_TOKEN_FORMAT": "t2"}),
        ("OPENTOK_TOKEN_FORMAT", UNIFIED | {"OPENTOK_TOKEN_FORMAT": "t1"}),
        ("OPENTOK_TOKEN_TTL", KEYS | {"OPENTOK_TOKEN_TTL": str(MAX_TTL_SECONDS + 1)}),
        ("OPENTOK_TOKEN_TTL", KEYS | {"OPENTOK_TOKEN_TTL": "2h"}),
        ("OPENTOK_TOKEN_TTL", KEYS | {"OPENTOK_TOKEN_TTL": "-1"}),
    ],
)
def test_a_wrong_setting_is_named(setting, env):
    with pytest.raises(VideoSettingError) as caught:
        VideoSettings.from_env(env)
    assert caught.value.setting == setting
    assert str(caught.value).startswith(f"{setting}: ") and "\n" not in str(caught.value)


def test_no_secret_shows_in_texts():
    pasted = "MIIEvQIBADANBgkqhkiG9w0BAQEF"
    with pytest.raises(VideoSettingError) as caught:
        VideoSettings.from_env(UNIFIED | {"VONAGE_PRIVATE_KEY": pasted})
    assert pasted not in str(caught.value)
    assert KEYS["OPENTOK_API_SECRET"] not in repr(VideoSettings.from_env(KEYS))
    assert "made up" not in repr(VideoSettings.from_env(UNIFIED))
