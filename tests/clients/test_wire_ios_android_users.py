"""Users, sessions, installations, files and the rest as the iOS and Android SDKs send them, and what they need back."""

import uuid

import pytest

from tests.clients.phone import STAMP, Phone


def sign_up(phone, path="users", **fields):
    username = "u" + uuid.uuid4().hex[:10]
    user = phone.send("POST", path, {"username": username, "password": "secret", **fields}, **{"X-Parse-Revocable-Session": "1"})
    phone.headers["X-Parse-Session-Token"] = user["sessionToken"]
    return {**user, "username": username}


def log_out(phone):
    """iOS sends no body and no Content-Type."""
    return phone.send("POST", "logout", None if phone.kind == "ios" else {})


# -- users and sessions (section 10) --------------------------------------------------------------------------------------


def test_anonymous_login(phone):
    identity = {"authData": {"anonymous": {"id": str(uuid.uuid4())}}}
    new = phone.send("POST", "users", identity)
    assert phone.status == 201 and STAMP.fullmatch(new["createdAt"])
    assert new["sessionToken"].startswith("r:") and len(new["username"]) == 25
    assert not new.keys() & {"updatedAt", "authData", "ACL"}
    known = phone.send("POST", "users", identity)
    assert (phone.status, known["objectId"], known["authData"]) == (200, new["objectId"], identity["authData"])
    assert {"createdAt", "updatedAt", "ACL", "sessionToken"} <= known.keys()


@pytest.mark.parametrize("path", ["users", "classes/_User"])
def test_sign_up(phone, path):
    user = sign_up(phone, path)
    assert phone.status == 201
    assert {"objectId", "createdAt", "sessionToken"} <= user.keys()


def test_login_and_become(phone):
    made = sign_up(phone)
    headers = {"X-Parse-Revocable-Session": "1"}
    user = phone.send("POST", "login", {"username": made["username"], "password": "secret", "_method": "GET"}, **headers)
    assert (phone.status, user["objectId"], user["username"]) == (200, made["objectId"], made["username"])
    me = phone.send("GET", "users/me", **{"X-Parse-Session-Token": user["sessionToken"]})
    assert (me["sessionToken"], me["objectId"]) == (user["sessionToken"], made["objectId"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"username": "nobody", "password": "x"}, 404, 101),
        ({"password": "x"}, 400, 200),
        ({"username": "nobody"}, 400, 201),
    ],
)
def test_login_that_fails(phone, body, status, code):
    answer = phone.send("POST", "login", {**body, "_method": "GET"})
    assert (phone.status, answer["code"]) == (status, code)


def test_names_are_taken_once(phone):
    mail = uuid.uuid4().hex + "@example.com"
    taken = sign_up(phone, email=mail)["username"]
    del phone.headers["X-Parse-Session-Token"]
    assert phone.send("POST", "users", {"username": taken, "password": "x"})["code"] == 202
    assert phone.send("POST", "users", {"username": "other" + mail, "password": "x", "email": mail})["code"] == 203


def test_a_user_is_saved_with_the_linked_accounts(phone):
    user = phone.log_in_anonymously()
    path = f"classes/_User/{user['objectId']}"
    linked = phone.send("GET", path)["authData"]
    body = {"nick": "ann", "authData": linked} if phone.kind == "ios" else {"nick": "ann", "objectId": user["objectId"]}
    answer = phone.send("PUT", path, body)
    assert phone.status == 200 and STAMP.fullmatch(answer["updatedAt"])
    assert phone.send("GET", path)["nick"] == "ann"


def test_an_anonymous_user_gets_a_name(phone):
    user = phone.log_in_anonymously()
    username = "real" + uuid.uuid4().hex[:8]
    body = {"username": username, "password": "secret", "authData": {"anonymous": None}}
    answer = phone.send("PUT", f"classes/_User/{user['objectId']}", body)
    token = answer.get("sessionToken", user["sessionToken"])
    me = phone.send("GET", "users/me", **{"X-Parse-Session-Token": token})
    assert (me["username"], me.get("authData")) == (username, None)


def test_an_account_belongs_to_one_user(phone):
    taken = {"anonymous": {"id": str(uuid.uuid4())}}
    phone.send("POST", "users", {"authData": taken})
    user = sign_up(phone)
    answer = phone.send("PUT", f"classes/_User/{user['objectId']}", {"authData": taken})
    assert (phone.status, answer["code"]) == (400, 208)


def test_only_the_user_changes_the_user(phone):
    user = sign_up(phone)
    other = Phone(phone.web, phone.kind)
    assert other.send("PUT", f"classes/_User/{user['objectId']}", {"nick": "x"})["code"] == 206


def test_log_out_ends_the_session(phone):
    sign_up(phone)
    assert log_out(phone) == {} and phone.status == 200
    assert phone.send("GET", "users/me")["code"] == 209


def test_an_unknown_token_is_refused_on_public_data(phone):
    answer = phone.send("POST", "classes/Public", {"_method": "GET"}, **{"X-Parse-Session-Token": "r:gone"})
    assert (phone.status, answer["code"]) == (400, 209)


def test_a_second_session_of_the_installation_ends_the_first(phone):
    made = sign_up(phone)
    login = {"username": made["username"], "password": "secret", "_method": "GET"}
    phone.send("POST", "login", login)
    assert phone.send("GET", "users/me")["code"] == 209
    assert "sessionToken" in phone.send("POST", "login", login)


def test_the_current_session(phone):
    user = sign_up(phone)
    session = phone.send("GET", "sessions/me")
    assert (session["sessionToken"], session["installationId"]) == (user["sessionToken"], phone.installation_id)
    upgraded = phone.send("POST", "upgradeToRevocableSession", None if phone.kind == "ios" else {})
    assert upgraded["sessionToken"].startswith("r:")


def test_who_am_i_without_a_token(phone):
    assert (phone.send("GET", "users/me")["code"], phone.status) == (209, 400)


# -- installations (section 11) -------------------------------------------------------------------------------------------


def installation(phone, **more):
    kind = {"deviceType": "ios", "badge": 0} if phone.kind == "ios" else {"deviceType": "android", "pushType": "gcm"}
    return {
        **kind,
        "installationId": phone.installation_id,
        "timeZone": "Europe/Berlin",
        "localeIdentifier": "en-US",
        "appName": "App",
        "appVersion": "1",
        "appIdentifier": "com.example.app",
        "parseVersion": "1.14.4",
        **more,
    }


def test_an_installation_is_made_changed_and_made_again(phone):
    made = phone.send("POST", "classes/_Installation", installation(phone, deviceToken=uuid.uuid4().hex))
    assert (phone.status, made.keys()) == (201, {"objectId", "createdAt"})
    path = f"classes/_Installation/{made['objectId']}"
    answer = phone.send("PUT", path, {"channels": {"__op": "AddUnique", "objects": ["news"]}})
    assert (phone.status, answer["channels"]) == (200, ["news"])
    again = phone.send("POST", "classes/_Installation", installation(phone, appVersion="2"))
    assert phone.status == 200 and "updatedAt" in again


def test_an_unknown_installation_is_not_found(phone):
    """The one answer at which the SDK makes the row again."""
    answer = phone.send("PUT", "classes/_Installation/unknown123", {"channels": {"__op": "AddUnique", "objects": ["news"]}})
    assert (phone.status, answer["code"]) == (404, 101)


def test_installations_cannot_be_searched(phone):
    assert phone.find("_Installation")["code"] == 119


# -- the rest (sections 11 and 12) ----------------------------------------------------------------------------------------


def test_config(phone):
    phone.web.master("PUT", "/config", {"params": {"where": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}}})
    assert phone.send("GET", "config")["params"]["where"] == {"__type": "GeoPoint", "latitude": 1, "longitude": 2}


def test_functions(phone):
    date = {"__type": "Date", "iso": "2013-04-13T10:00:00.000Z"}
    assert phone.send("POST", "functions/echo", {"a": [1, date]}) == {"result": {"a": [1, date]}}
    assert phone.send("POST", "functions/echo", None if phone.kind == "ios" else {}).get("result") is None and phone.status == 200
    assert phone.send("POST", "functions/refuse", {"a": 1}) == {"code": 141, "error": "not today"} and phone.status == 400
    assert (phone.send("POST", "functions/unknown", {"a": 1})["code"], phone.status) == (141, 400)


@pytest.mark.parametrize("content_type", ["image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded", None])
def test_files_are_raw_bytes(phone, content_type):
    data = b"\xff\xd8\x00{not json"
    headers = phone.headers if content_type is None else {**phone.headers, "Content-Type": content_type}
    sent = phone.web("POST", "/files/file", data, headers)
    assert (sent.status_code, sent.json.keys()) == (201, {"name", "url"})
    assert sent.json["name"] != "file"
    got = phone.web.client.get(sent.json["url"])
    assert (got.status_code, got.data) == (200, data)
    value = {"__type": "File", **sent.json}
    object_id = phone.create("WithFile", photo=value)
    assert phone.send("GET", f"classes/WithFile/{object_id}")["photo"] == value


@pytest.mark.parametrize("name", ["AppOpened", "tapped"])
def test_events(phone, name):
    body = {"at": {"__type": "Date", "iso": "2013-04-13T10:00:00.000Z"}, "dimensions": {"a": "b"}, "push_hash": "0" * 32}
    assert phone.send("POST", f"events/{name}", body) == {} and phone.status == 200


def test_a_phone_may_not_push(phone):
    body = {"where": {}, "data": {"alert": "hello"}, "push_time": "2013-04-13T10:00:00.000Z", "expiration_interval": 10}
    assert "error" in phone.send("POST", "push", body) and phone.status == 403


def test_a_wrong_application_id(phone):
    answer = phone.send("GET", "users/me", **{"X-Parse-Application-Id": "wrong"})
    assert (phone.status, answer) == (403, {"error": "unauthorized"})


@pytest.mark.parametrize("body", ["{", b"\xff\xfe", '{"a":'])
def test_a_broken_body(phone, body):
    answer = phone.web("POST", "/classes/Broken", body, {**phone.headers, "Content-Type": "application/json"})
    assert answer.status_code == 400 and answer.json["error"]


def test_request_ids_that_never_change_stop_nothing(phone):
    """iOS 4.1.0 and later send one id for the whole life of the process."""
    first, second = phone.create("Twice", n=1), phone.create("Twice", n=1)
    assert first != second


@pytest.mark.parametrize("path", ["classes/Slash/", "/classes/Slash"])
def test_paths_are_never_redirected(phone, path):
    answer = phone.web("POST", "/" + path, "{}", {**phone.headers, "Content-Type": "application/json"})
    assert answer.status_code not in (301, 302, 307, 308)
