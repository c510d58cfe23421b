"""BuddyTok's REST paths and files. Rows of video/buddytok.md, sections 1 and 7."""

import json

import pytest

from cloud import buddytok, buddytok_options
from cloud.buddytok_options import RETIRED, BuddyOptions
from parse_shim.video.fake import FAKE_KEY
from parse_shim.video.tokens import make_session_id, read_token, session_owner


@pytest.fixture
def site(new_house):
    """`site(...)`: a server with BuddyTok on; options are its settings."""

    def make(**chosen):
        buddytok_options.use(BuddyOptions(**{"enabled": True, "per_minute": 0, **chosen}))
        buddytok.limit.forget()
        return new_house()

    yield make
    buddytok_options.use(None)


@pytest.fixture
def house(site):
    return site()


def ask(house, method, path, body=None, raw=None, **more):
    data = json.dumps(body) if raw is None and body is not None else raw
    return house.client.open(path, method=method, data=data, buffered=True, **more)


def chat(house):
    return ask(house, "POST", "/chats").json


def token(house, text):
    return read_token(text, house.video.keys, house.now)


def test_presence_is_one_session_for_ever(house):
    answers = [ask(house, "GET", "/presence").json for _ in range(2)]
    house.start()
    answers.append(ask(house, "GET", "/presence").json)
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].keys() == {"apiKey", "sessionId"}
    assert answers[0]["apiKey"] == session_owner(answers[0]["sessionId"]) == FAKE_KEY
    assert house.video.count("create_session") == 1


def test_a_given_presence_session_is_used(site):
    given = make_session_id(FAKE_KEY, 1)
    house = site(presence_session=given)
    assert ask(house, "GET", "/presence").json["sessionId"] == given
    assert house.video.count("create_session") == 0


@pytest.mark.parametrize("name", ["Ann", "Zoë Ångström", "🦊 fox", "0", 'a "quoted" \\ name', "x" * 100, "é" * 51, "🦊" * 100])
def test_a_user_gets_a_token_that_says_the_name(house, name):
    answer = ask(house, "POST", "/users", {"name": name, "status": "offline", "connected": False, "token": None})
    assert answer.status_code == 200 and answer.json.keys() == {"token"}
    read = token(house, answer.json["token"])
    assert read.role == "subscriber"
    assert read.session_id == ask(house, "GET", "/presence").json["sessionId"]
    assert json.loads(read.data) == {"name": name}


def test_the_content_type_is_not_looked_at(house):
    answer = ask(house, "POST", "/users", raw='{"name":"Ann"}', content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        *("", "notjson", "[]", "{}", '{"name":""}', '{"name":"  "}', '{"name":["a"]}', '{"name":5}', '{"name":null}'),
        *(json.dumps({"name": "x" * 101}), '{"name":"\\ud800"}', json.dumps({"name": "a", "x": "x" * 70_000})),
    ],
)
def test_bad_names_are_refused(house, raw):
    answer = ask(house, "POST", "/users", raw=raw)
    assert (answer.status_code, answer.data) == (400, b"")


@pytest.mark.parametrize(
    "method, path",
    [("GET", "/users"), ("PUT", "/users"), ("OPTIONS", "/users"), ("DELETE", "/chats"), ("POST", "/presence"), ("GET", "/nothing")],
)
def test_other_methods_and_paths_are_not_found(house, method, path):
    assert ask(house, method, path).status_code == 404


def test_a_head_of_presence_has_no_body(house):
    answer = ask(house, "HEAD", "/presence")
    assert (answer.status_code, answer.data) == (200, b"")


def test_each_chat_is_a_session_of_its_own(house):
    first, second = chat(house), chat(house)
    assert first.keys() == {"apiKey", "sessionId", "token"}
    assert first["sessionId"] != second["sessionId"]
    for made in (first, second):
        read = token(house, made["token"])
        assert (read.role, read.session_id, read.data) == ("publisher", made["sessionId"], "")
    assert not house.video.sessions[first["sessionId"]].routed


def test_the_invitee_gets_a_token_of_its_own(house):
    made = chat(house)
    joined = ask(house, "GET", "/chats", query_string={"sessionId": made["sessionId"]}).json
    assert (joined["sessionId"], joined["apiKey"]) == (made["sessionId"], made["apiKey"])
    assert joined["token"] != made["token"]
    assert token(house, joined["token"]).role == "publisher"


def test_chats_that_are_not_ours_are_not_found(house):
    presence = ask(house, "GET", "/presence").json["sessionId"]
    others = [None, "", "0", "garbage", make_session_id("99999999", 1), make_session_id(FAKE_KEY, 1), presence]
    for session in others:
        answer = ask(house, "GET", "/chats", query_string={} if session is None else {"sessionId": session})
        assert (answer.status_code, answer.data) == (404, b"")


def test_an_ended_chat_is_not_found(house):
    made = chat(house)
    house.callback("sessionDestroyed", made["sessionId"])
    assert ask(house, "GET", "/chats", query_string={"sessionId": made["sessionId"]}).status_code == 404


def test_a_chat_has_room_for_two(house):
    made = chat(house)
    for connection in ("c1", "c1", "c2"):
        house.callback("connectionCreated", made["sessionId"], connection)
    assert ask(house, "GET", "/chats", query_string={"sessionId": made["sessionId"]}).status_code == 404
    house.callback("connectionDestroyed", made["sessionId"], "c2")
    assert ask(house, "GET", "/chats", query_string={"sessionId": made["sessionId"]}).status_code == 200


def test_a_chat_of_a_user_is_for_its_two_people(house):
    ann, bob, eve = house.phone(), house.phone(), house.phone()
    made = ask(house, "POST", "/chats", {"invitee": bob.id}, headers=ann.headers).json
    where = {"query_string": {"sessionId": made["sessionId"]}}
    assert ask(house, "GET", "/chats", **where, headers=bob.headers).status_code == 200
    assert ask(house, "GET", "/chats", **where, headers=eve.headers).status_code == 404
    assert ask(house, "GET", "/chats", **where).status_code == 404


def test_an_outage_is_503_where_the_network_is_needed(house):
    ask(house, "GET", "/presence")
    house.video.fail_next(times=100, on="create_session")
    answer = ask(house, "POST", "/chats")
    assert answer.status_code == 503 and answer.json["error"]
    assert ask(house, "GET", "/presence").status_code == 200
    assert ask(house, "POST", "/users", {"name": "Ann"}).status_code == 200
    assert house.rows("BuddyChat") == []


def test_nothing_is_cached(house):
    for answer in (ask(house, "GET", "/presence"), ask(house, "POST", "/users", {"name": "a"}), ask(house, "POST", "/chats")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"].startswith("application/json")


def test_one_address_cannot_ask_for_ever(site):
    house = site(per_minute=3)
    assert [ask(house, "POST", "/chats").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_it_does_not_disturb_the_api(house):
    assert house("POST", "/users", {"username": "ann", "password": "x"}).status_code == 201
    assert ask(house, "POST", "/users", {"name": "Ann"}).json.keys() == {"token"}


def test_it_is_off_unless_it_is_switched_on(site):
    house = site(enabled=False)
    for method, path in (("GET", "/presence"), ("POST", "/users"), ("POST", "/chats"), ("GET", "/")):
        assert ask(house, method, path, {"name": "Ann"}).status_code == 404


def test_the_record_of_chats_is_closed(house):
    chat(house)
    ann = house.phone()
    assert ann.find("BuddyChat") == []
    assert ann("POST", "/classes/BuddyChat", {"state": "open"}).status_code in (400, 403)


# -- files --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(site, tmp_path):
    root = tmp_path / "web"
    (root / "css").mkdir(parents=True)
    (root / "js" / "models").mkdir(parents=True)
    (root / "index.html").write_text(
        '<link href="/css/app.css"><script src="//static.opentok.com/webrtc/v2.2/js/opentok.min.js"></script>'
        "<script src='//code.jquery.com/jquery-2.1.1.min.js'></script><script src=\"/js/app.js\"></script>"
    )
    (root / "css" / "app.css").write_text("body {}")
    (root / "js" / "app.js").write_text('var src="//code.jquery.com/jquery-2.1.1.min.js";')
    (root / "js" / "models" / "Chat.js").write_text("1;")
    (root / "index.php").write_text("<?php")
    (root / ".htaccess").write_text("deny")
    (tmp_path / "config").write_text("secret")
    scripts = {RETIRED: "http://127.0.0.1:9/ot.js", "//code.jquery.com/jquery-2.1.1.min.js": "/vendor/jquery.js?a&b"}
    return site(web_root=root, scripts=scripts)


@pytest.mark.parametrize(
    "path, kind",
    [("/", "html"), ("/css/app.css", "css"), ("/js/app.js", "javascript"), ("/js/models/Chat.js", "javascript")],
)
def test_original_files_are_served(files, path, kind):
    answer = ask(files, "GET", path)
    assert answer.status_code == 200 and answer.content_type.startswith(f"text/{kind}")


@pytest.mark.parametrize(
    "path", ["/index.php", "/.htaccess", "/../config", "/js/../../config", "/%2e%2e/config", "/js", "/js/", "/none.js", "/js/.x/y"]
)
def test_nothing_else_is(files, path):
    assert ask(files, "GET", path).status_code == 404


def test_scripts_of_the_page_are_renamed_and_of_nothing_else(files):
    text = ask(files, "GET", "/").text
    assert 'src="http://127.0.0.1:9/ot.js"' in text
    assert "src='/vendor/jquery.js?a&amp;b'" in text
    assert "code.jquery.com" not in text and 'src="/js/app.js"' in text
    assert "code.jquery.com" in ask(files, "GET", "/js/app.js").text


def test_without_files_there_is_a_page_of_our_own(house):
    answer = ask(house, "GET", "/")
    assert answer.status_code == 200 and "BuddyTok" in answer.text


# -- settings -----------------------------------------------------------------------------------------------------------------


def test_settings_are_read_from_the_environment(tmp_path):
    (tmp_path / "index.html").write_text("")
    read = buddytok_options.read(
        {
            "BUDDYTOK_ENABLED": "1",
            "BUDDYTOK_WEB_ROOT": str(tmp_path),
            "BUDDYTOK_SCRIPT_MAP": '{"a": "b"}',
            "OPENTOK_API_URL": "http://127.0.0.1:5",
            "OPENTOK_PRESENCE_SESSION": "s",
        }
    )
    assert read.enabled and read.web_root == tmp_path and read.presence_session == "s"
    assert read.scripts == {RETIRED: "http://127.0.0.1:5/v2/js/opentok.min.js", "a": "b"}


@pytest.mark.parametrize("name, value", [("BUDDYTOK_WEB_ROOT", "/nowhere"), ("BUDDYTOK_SCRIPT_MAP", "[1]"), ("BUDDYTOK_PER_MINUTE", "x")])
def test_wrong_settings_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        buddytok_options.read({name: value})
