"""The page /livesessions/: what is served, and the token roles of its calls. In a browser: tests/browser/test_page.py."""

import re

import pytest

from cloud import buddytok_options
from cloud.buddytok_options import BuddyOptions
from cloud.pages import FILES
from parse_shim.video.tokens import read_token

LIBRARY = "http://127.0.0.1:4711/v2/js/opentok.min.js"


@pytest.fixture
def house(new_house):
    buddytok_options.use(BuddyOptions(opentok_js=LIBRARY))
    yield new_house(page=True)
    buddytok_options.use(None)


def get(house, path):
    return house.client.get(path, buffered=True)


@pytest.mark.parametrize("name, kind", [("", "html"), ("phone.html", "html"), ("phone.js", "javascript"), ("style.css", "css")])
def test_its_files_are_served(house, name, kind):
    answer = get(house, f"/livesessions/{name}")
    assert answer.status_code == 200 and answer.content_type.startswith(f"text/{kind}")


def test_the_address_without_a_slash_leads_there(house):
    assert get(house, "/livesessions").headers["Location"] == "/livesessions/"


@pytest.mark.parametrize("path", ["/livesessions/none.js", "/livesessions/../main.py", "/livesessions/%2e%2e/main.py"])
def test_nothing_else_is(house, path):
    assert get(house, path).status_code == 404


def test_it_is_off_unless_it_is_switched_on(new_house):
    house = new_house()
    assert get(house, "/livesessions/").status_code == 404


def test_the_page_learns_its_server(house):
    config = get(house, "/livesessions/config.json").json
    assert config == {"appId": "app", "javascriptKey": "", "mount": "/parse", "openTokJs": LIBRARY, "emulator": True}


def test_there_are_no_external_requests(house):
    policy = get(house, "/livesessions/").headers["Content-Security-Policy"]
    assert set(re.findall(r"(?:http|ws)s?://[^ ;]+", policy)) == {"http://127.0.0.1:4711", "ws://127.0.0.1:4711"}
    for file in FILES.iterdir():
        if file.suffix in (".html", ".css", ".js") and not file.name.startswith("parse."):
            links = set(re.findall(r"https?://[^\s\"'`)]+", file.read_text()))
            assert links <= {"http://www.w3.org/2000/svg"}, file.name


@pytest.mark.parametrize("page, role", [(True, "publisher"), (False, "subscriber")])
def test_calls_of_the_page_let_both_publish(new_house, page, role):
    house = new_house(page=page)
    ann, bob = house.phone(), house.phone()
    ann.headers = {**ann.headers, "X-Parse-Cloud-Context": '{"roles": "two-way"}'}
    call = ann.call(bob)
    assert read_token(call["subscriberToken"], house.video.keys, house.now).role == role


def test_other_calls_keep_the_roles_of_the_setting(house):
    call = house.phone().call(house.phone())
    assert read_token(call["subscriberToken"], house.video.keys, house.now).role == "subscriber"
