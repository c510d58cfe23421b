"""Providers with keys made up here: nothing goes over the network."""

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from parse_shim.errors import ParseError
from parse_shim.rest.providers.apple import Apple
from parse_shim.rest.providers.base import AuthRequest, Provider
from parse_shim.rest.providers.catalog import Providers
from parse_shim.rest.providers.facebook import Facebook
from parse_shim.rest.providers.google import Google
from parse_shim.rest.providers.oauth2 import OAuth2

LOGIN = AuthRequest("login")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ISSUER = {Google: "https://accounts.google.com", Apple: "https://appleid.apple.com"}
FIELD = {Google: "id_token", Apple: "token"}


def keys(_url):
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    return {"keys": [{**public, "kid": "k1", "alg": "RS256"}]}


def claims(provider, **more):
    until = datetime.now(UTC) + timedelta(minutes=5)
    return {"iss": ISSUER[provider], "aud": "my-app", "sub": "u1", "exp": until, **more}


def signed(provider, key=KEY, algorithm="RS256", kid="k1", **more):
    return jwt.encode(claims(provider, **more), key, algorithm=algorithm, headers={"kid": kid})


def refusal(provider, data):
    with pytest.raises(ParseError) as error:
        provider.validate_app_id(data, LOGIN)
        provider.validate_auth_data(data, LOGIN)
    return error.value


@pytest.mark.parametrize("kind", [Google, Apple])
def test_a_good_token_is_accepted(kind):
    provider = kind(clientId=["other", "my-app"], fetch=keys)
    assert provider.validate_auth_data({"id": "u1", FIELD[kind]: signed(kind)}, LOGIN) is None


@pytest.mark.parametrize("kind", [Google, Apple])
@pytest.mark.parametrize(
    "token",
    [
        lambda kind: signed(kind, aud="another-app"),
        lambda kind: signed(kind, iss="https://evil.example"),
        lambda kind: signed(kind, sub="u2"),
        lambda kind: signed(kind, exp=datetime.now(UTC) - timedelta(minutes=1)),
        lambda kind: signed(kind, key=OTHER_KEY),
        lambda kind: signed(kind, kid="unknown"),
        lambda kind: jwt.encode(claims(kind), "a-secret-that-is-long-enough-for-hs256", algorithm="HS256", headers={"kid": "k1"}),
        lambda kind: jwt.encode(claims(kind), None, algorithm="none", headers={"kid": "k1"}),
        lambda kind: "no token",
        lambda kind: {"$regex": "a"},
        lambda kind: None,
    ],
)
def test_any_other_token_is_refused(kind, token):
    provider = kind(clientId="my-app", fetch=keys)
    assert refusal(provider, {"id": "u1", FIELD[kind]: token(kind)}).code == 101


@pytest.mark.parametrize("kind", [Google, Apple])
def test_a_provider_without_audience_does_not_start(kind):
    with pytest.raises(ValueError, match="clientId"):
        kind(fetch=keys)


def test_unknown_keys_are_asked_for_once_a_minute_only():
    asked = []
    provider = Google(clientId="my-app", fetch=lambda url: asked.append(url) or keys(url))
    for number in range(5):
        refusal(provider, {"id": "u1", "id_token": signed(Google, kid=f"guess{number}")})
    assert len(asked) == 1


def facebook(answers):
    return Facebook(appIds=["abc"], appSecret="s", ask=lambda path, parameters: answers[path])


def test_facebook_is_asked_whose_token_it_is_and_for_which_app():
    good = facebook({"app": {"id": "abc"}, "me": {"id": "u1"}})
    good.validate_app_id({"id": "u1", "access_token": "t"}, LOGIN)
    good.validate_auth_data({"id": "u1", "access_token": "t"}, LOGIN)


@pytest.mark.parametrize(
    ("answers", "data"),
    [
        ({"app": {"id": "other"}, "me": {"id": "u1"}}, {"id": "u1", "access_token": "t"}),
        ({"app": {"id": "a"}, "me": {"id": "u1"}}, {"id": "u1", "access_token": "t"}),
        ({"app": {"id": "abc"}, "me": {"id": "u2"}}, {"id": "u1", "access_token": "t"}),
        ({"app": {"id": "abc"}, "me": {}}, {"access_token": "t"}),
        ({"app": {"id": "abc"}, "me": {"id": "u1"}}, {"id": "u1"}),
    ],
)
def test_facebook_refuses_other_apps_and_other_people(answers, data):
    assert refusal(facebook(answers), data).code == 101


def oauth2(answer, **more):
    return OAuth2(tokenIntrospectionEndpointUrl="https://auth.example/introspect", post=lambda *_: answer, **more)


def test_oauth2_takes_an_active_token_of_the_same_user():
    oauth2({"active": True, "sub": "u1"}).validate_auth_data({"id": "u1", "access_token": "t"}, LOGIN)
    with_app = oauth2({"active": True, "uid": "u1", "client_id": "abc"}, useridField="uid", appidField="client_id", appIds=["abc"])
    with_app.validate_auth_data({"id": "u1", "access_token": "t"}, LOGIN)


@pytest.mark.parametrize(
    ("answer", "more", "data"),
    [
        ({"active": True, "sub": "u2"}, {}, {"id": "u1", "access_token": "t"}),
        ({"active": True}, {}, {"id": "", "access_token": "t"}),
        ({"active": "true", "sub": "u1"}, {}, {"id": "u1", "access_token": "t"}),
        ({"active": False, "sub": "u1"}, {}, {"id": "u1", "access_token": "t"}),
        ({"active": True, "sub": "u1"}, {}, {"id": "u1"}),
        ({"active": True, "sub": "u1", "c": "b"}, {"appidField": "c", "appIds": ["abc"]}, {"id": "u1", "access_token": "t"}),
    ],
)
def test_oauth2_refuses_everything_else(answer, more, data):
    assert refusal(oauth2(answer, **more), data).code == 101


def test_the_catalog_tells_unknown_from_unconfigured():
    catalog = Providers({})
    with pytest.raises(ParseError) as unknown:
        catalog.get("nope")
    assert (unknown.value.code, unknown.value.message) == (252, "This authentication method is unsupported.")
    with pytest.raises(ParseError) as unconfigured:
        catalog.get("facebook")
    assert (unconfigured.value.code, unconfigured.value.message) == (101, "Facebook auth is not configured.")


class Mine(Provider):
    def __init__(self, word="x"):
        self.word = word


def test_a_provider_may_be_an_object_a_class_or_a_name_with_options():
    named = {"module": f"{__name__}:Mine", "options": {"word": "y"}}
    catalog = Providers({"a": Mine(), "b": Mine, "c": named})
    assert [catalog.get(name).word for name in "abc"] == ["x", "x", "y"]


@pytest.mark.parametrize("options", [{}, {"oauth2": True}, "parse_shim.ids:now", {"module": "no_such_module:X"}])
def test_a_provider_that_cannot_be_built_is_named(options):
    with pytest.raises(ValueError, match=r"auth\.mine"):
        Providers({"mine": options})


def test_anonymous_users_can_be_switched_off():
    assert Providers({}).find("anonymous")
    assert Providers({}, anonymous=False).find("anonymous") is None
    assert Providers({"anonymous": {"enabled": False}}).find("anonymous") is None
