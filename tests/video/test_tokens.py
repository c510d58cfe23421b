"""Reading tokens and session ids: the recorded ones of several SDKs, and those that must be refused."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest

from parse_shim.video.fake import FAKE_KEY, FAKE_SECRET
from parse_shim.video.tokens import BadToken, ProjectKeys, make_jwt, make_session_id, read_token, session_owner

NOW = 1700000100
SESSION = make_session_id(FAKE_KEY, 1700000000000)


@pytest.fixture(scope="module")
def keys(fixtures):
    vonage = fixtures["vonage"]
    return ProjectKeys(FAKE_KEY, FAKE_SECRET, vonage["application_id"], vonage["public_key_pem"])


def test_recorded_session_ids_show_their_owner(fixtures):
    for each in fixtures["session_ids"]:
        assert session_owner(each["id"]) == each["belongs_to"], each["id"]


@pytest.mark.parametrize("text", ["1_", "1_é", "1_MX4", "x" * 300, "1_fn5-fn5-"])
def test_what_is_no_session_id_has_no_owner(text):
    assert session_owner(text) is None


def test_new_session_ids_are_well_formed_and_different():
    assert session_owner(SESSION) == FAKE_KEY
    assert SESSION.startswith("1_") and "=" not in SESSION and len(SESSION) <= 255
    assert make_session_id(FAKE_KEY, 1700000000000) != SESSION


def test_recorded_tokens_are_accepted(fixtures, keys):
    for each in fixtures["tokens"]:
        fields = each.get("claims") or each["fields"]
        token = read_token(each["token"], keys, NOW)
        assert (token.session_id, token.role) == (fields["session_id"], fields["role"]), each["name"]
        assert token.format == each["format"].lower()
        assert token.data == fields.get("connection_data", ""), each["name"]


def test_recorded_bad_tokens_are_refused(fixtures, keys):
    for each in fixtures["bad_tokens"]:
        with pytest.raises(BadToken):
            read_token(each["token"], keys, NOW)
            pytest.fail(each["name"])


def test_recorded_tokens_are_expired_today(fixtures, keys):
    for each in fixtures["tokens"]:
        with pytest.raises(BadToken, match="expired"):
            read_token(each["token"], keys, time.time())


def test_a_t1_token_without_expiry_lives_a_day(fixtures, keys):
    [php] = [each["token"] for each in fixtures["tokens"] if each["name"] == "buddytok-php-style-T1"]
    assert read_token(php, keys, 1700000000 + 86399).expires_at == 1700086400


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "T1==", "T1==!!!", "T1==YWJj", "é", "x" * 9000, None, 5])
def test_nonsense_is_refused(keys, text):
    with pytest.raises(BadToken):
        read_token(text, keys, NOW)


def test_a_public_key_is_no_secret(fixtures, keys):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    claims = {"session_id": SESSION, "role": "publisher", "iat": NOW, "exp": NOW + 60, "scope": "session.connect"}
    signed = part({"alg": "HS256"}) + b"." + part(claims | {"application_id": keys.application_id})
    digest = hmac.new(keys.public_key.encode(), signed, hashlib.sha256).digest()
    token = (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()
    for given in (keys, ProjectKeys(application_id=keys.application_id, public_key=keys.public_key)):
        with pytest.raises(BadToken):
            read_token(token, given, NOW)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"ttl_seconds": 60, "now": NOW - 61}, "expired"),
        ({"ttl_seconds": 31 * 86400}, "30 days"),
        ({"role": "host"}, "role"),
    ],
)
def test_rules_for_genuine_tokens(keys, options, why):
    usual = {"role": "publisher", "data": None, "now": NOW, "ttl_seconds": 60}
    with pytest.raises(BadToken, match=why):
        read_token(make_jwt(FAKE_KEY, FAKE_SECRET, SESSION, **(usual | options)), keys, NOW)


def test_a_token_for_the_rest_interface_is_not_one_for_clients(keys):
    token = jwt.encode({"ist": "project", "iss": FAKE_KEY, "iat": NOW, "exp": NOW + 180}, FAKE_SECRET, algorithm="HS256")
    with pytest.raises(BadToken, match="Not a token for clients"):
        read_token(token, keys, NOW)
