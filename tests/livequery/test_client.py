"""Frames of clients and their answers (contract/12, sections 2 to 5)."""

import pytest

from parse_shim.errors import Code, ParseError
from tests.livequery.room import APP, MASTER_KEY, Room


@pytest.fixture
def room():
    made = Room()
    yield made
    made.core.close()


def test_a_client_connects_and_is_told_its_ids(room):
    peer = room.stranger()
    answer = peer.say(op="connect", applicationId=APP, installationId="II", javascriptKey=None)
    assert answer == {"op": "connected", "clientId": answer["clientId"], "installationId": "II"}
    assert len(answer["clientId"]) == 36
    peer.subscribe()
    assert peer.say(op="unsubscribe", requestId=1) == {
        "op": "unsubscribed",
        "clientId": answer["clientId"],
        "installationId": "II",
        "requestId": 1,
    }


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        ({}, "Missing required property: op"),
        ({"op": "zzz"}, 'No enum match for: "zzz"'),
        ({"op": 1}, "No enum match for: 1"),
        ({"op": "connect"}, "Missing required property: applicationId"),
        ({"op": "connect", "applicationId": 1}, "Invalid type: number (expected string)"),
        ({"op": "connect", "applicationId": "a", "more": 1}, "Additional properties not allowed"),
        ({"op": "subscribe", "requestId": "1", "query": {"className": "A", "where": {}}}, "Invalid type: string (expected number)"),
        ({"op": "subscribe", "requestId": 1}, "Missing required property: query"),
        ({"op": "subscribe", "requestId": 1, "query": {"className": "A"}}, "Missing required property: where"),
        ({"op": "subscribe", "requestId": 1, "query": {"className": "A", "where": []}}, "Invalid type: array (expected object)"),
        ({"op": "subscribe", "requestId": 1, "query": {"className": "A", "where": {}, "more": 1}}, "Additional properties not allowed"),
        ({"op": "subscribe", "requestId": 1, "query": {"className": "A", "where": {}, "keys": []}}, "Array is too short (0), minimum 1"),
        (
            {"op": "subscribe", "requestId": 1, "query": {"className": "A", "where": {}, "watch": ["a", "a"]}},
            "Array items are not unique (indices 0 and 1)",
        ),
        (
            {"op": "subscribe", "requestId": 1, "query": {"className": "A", "where": {}, "keys": [1]}},
            "Invalid type: number (expected string)",
        ),
        ({"op": "unsubscribe"}, "Missing required property: requestId"),
    ],
)
def test_a_frame_that_is_not_as_it_must_be_is_error_1(room, frame, text):
    peer = room.stranger()
    peer.say(**frame)
    assert peer.refusal() == (1, text, True, None)


@pytest.mark.parametrize("text", ["", "hello", "{", '{"op":'])
def test_text_that_is_no_json_is_passed_over(room, text):
    peer = room.stranger()
    peer.connection.receive(text)
    assert peer.frames == []


@pytest.mark.parametrize("message", ["[]", "1", "null", '"connect"', b"\x00\x01"])
def test_json_that_is_no_object_and_bytes_are_error_1(room, message):
    peer = room.stranger()
    peer.connection.receive(message)
    assert peer.refusal()[::2] == (1, True)


@pytest.mark.parametrize(("op", "doing"), [("subscribe", "subscribing"), ("update", "subscribing"), ("unsubscribe", "unsubscribing")])
def test_nothing_goes_before_connect(room, op, doing):
    peer = room.stranger()
    peer.say(op=op, requestId=1, **({} if op == "unsubscribe" else {"query": {"className": "A", "where": {}}}))
    assert peer.refusal() == (2, f"Can not find this client, make sure you connect to server before {doing}", True, None)


@pytest.mark.parametrize("op", ["unsubscribe", "update"])
def test_an_unknown_subscription_is_error_2_in_one_frame(room, op):
    peer = room.client()
    peer.say(op=op, requestId=99, **({} if op == "unsubscribe" else {"query": {"className": "A", "where": {}}}))
    code, text, reconnect, number = peer.refusal()
    assert (code, reconnect, number, len(peer.frames)) == (2, True, None, 1)
    assert "subscriptionId 99. Make sure you subscribe to live query server before unsubscribing." in text


def test_a_subscription_is_replaced_by_update_and_by_its_own_number(room):
    peer = room.client()
    peer.subscribe("Post", {"n": 1})
    assert peer.say(op="update", requestId=1, query={"className": "Post", "where": {"n": 2}})["op"] == "subscribed"
    peer.subscribe("Post", {"n": 3})
    for n in (1, 2, 3):
        room.parse.save("Post", n=n)
    assert [frame["object"]["n"] for frame in peer.frames] == [3]


def test_a_second_connect_begins_anew(room):
    peer = room.client()
    peer.subscribe()
    peer.say(op="connect", applicationId=APP)
    peer.frames.clear()
    room.parse.save("Post", n=1)
    assert peer.frames == []
    assert room.hub.counts() == (1, 0)


def test_a_client_that_is_gone_leaves_nothing(room):
    peer = room.client()
    peer.subscribe()
    assert room.hub.counts() == (1, 1)
    peer.connection.closed()
    assert room.hub.counts() == (0, 0)
    room.parse.save("Post", n=1)
    assert peer.frames == []


def test_android_calls_keys_fields(room):
    peer = room.client()
    peer.subscribe("Post", {}, fields=["n"])
    peer.subscribe("Post", {}, fields=None, number=2)
    room.parse.save("Post", n=1, m=2)
    assert sorted("m" in frame["object"] for frame in peer.frames) == [False, True]


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({"a": {"$regex": "["}}, "Invalid regular expression: "),
        ({"a": {"$regex": 1}}, "Invalid regular expression: $regex must be a string or RegExp"),
        ({"$or": {"0": {"secret": "x"}, "length": 1}}, "$or must be an array"),
        ({"a": {"$zzz": 1}}, "bad constraint"),
        ({"a": {"$inQuery": {"className": "A", "where": {}}}}, "$inQuery is not supported"),
        ({"$or": [{"a": {"$select": {"query": {"className": "A", "where": {}}, "key": "k"}}}]}, "$select is not supported"),
    ],
)
def test_conditions_that_cannot_be_judged_are_refused_with_102(room, where, text):
    peer = room.client()
    peer.ask("Post", where)
    code, said, reconnect, number = peer.refusal()
    assert (code, reconnect, number) == (102, False, 1)
    assert said.startswith(text)


@pytest.mark.parametrize("levels", [24, 60, 1200])
def test_conditions_that_are_nested_too_deeply_are_refused(room, levels):
    where = '{"$or":[' * levels + '{"a":1}' + "]}" * levels
    peer = room.client()
    peer.connection.receive(f'{{"op":"subscribe","requestId":1,"query":{{"className":"Post","where":{where}}}}}')
    assert peer.refusal()[0] == 102


def test_a_class_that_is_not_listed_stays_silent(room):
    peer = room.client()
    peer.subscribe("Other")
    room.parse.save("Other", n=1)
    assert peer.frames == []


def test_names_of_classes_are_patterns_for_the_whole_name(room):
    peer = room.client()
    for number, name in enumerate(["Note1", "MyNote", "Posts"]):
        peer.subscribe(name, number=number)
        room.parse.save(name, n=1)
    assert [frame["object"]["className"] for frame in peer.frames] == []
    for name in ("Note1", "MyNote", "Posts"):
        room.parse.save(name, n=1)
    assert [frame["object"]["className"] for frame in peer.frames] == ["Note1"]


# -- keys ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "sent", "accepted"),
    [
        ({}, {}, True),
        ({}, {"javascriptKey": "zz"}, True),
        ({"javascriptKey": "js"}, {}, False),
        ({"javascriptKey": "js"}, {"javascriptKey": "no"}, False),
        ({"javascriptKey": "js"}, {"javascriptKey": "js"}, True),
        ({"javascriptKey": "js"}, {"clientKey": "js"}, False),
        ({"javascriptKey": "js", "clientKey": "ck"}, {"clientKey": "ck"}, True),
        ({"masterKey": MASTER_KEY}, {"masterKey": MASTER_KEY}, True),
        ({"masterKey": MASTER_KEY}, {"masterKey": "no"}, False),
    ],
)
def test_one_of_the_configured_keys_must_be_sent(pairs, sent, accepted):
    room = Room(liveQueryServerOptions={"keyPairs": pairs})
    peer = room.stranger()
    answer = peer.say(op="connect", applicationId=APP, **sent)
    if accepted:
        assert answer["op"] == "connected"
    else:
        assert peer.refusal() == (4, "Key in request is not valid", True, None)


def test_another_application_is_refused(room):
    peer = room.stranger()
    peer.say(op="connect", applicationId="other")
    assert peer.refusal()[0] == 4


def test_the_master_key_counts_only_if_it_is_a_pair():
    locked = {"ACL": {}}
    for pairs, events in (({}, []), ({"masterKey": MASTER_KEY}, ["create"])):
        room = Room(liveQueryServerOptions={"keyPairs": pairs})
        peer = room.client(masterKey=MASTER_KEY)
        peer.subscribe()
        room.master.save("Post", **locked)
        assert peer.events() == events


# -- hooks --------------------------------------------------------------------------------------------------------------------


def test_before_connect_sees_the_token_and_may_refuse(room):
    seen = []

    @room.on("before_connect")
    def check(request):
        seen.append((request.event, request.session_token, request.installation_id, request.use_master_key, request.user, request.clients))
        if request.session_token == "bad":
            raise ParseError(Code.OPERATION_FORBIDDEN, "not you")
        if request.session_token == "worse":
            raise ValueError("boom")

    room.client("r:unknown", installationId="II")
    assert seen == [("connect", "r:unknown", "II", False, None, 0)]
    peer = room.stranger()
    peer.say(op="connect", applicationId=APP, sessionToken="bad")
    assert peer.refusal() == (119, "not you", False, None)
    peer.say(op="connect", applicationId=APP, sessionToken="worse")
    assert peer.refusal() == (141, "boom", False, None)


def test_before_subscribe_may_change_the_query_or_refuse(room):
    @room.on("before_subscribe", "Post")
    def check(request):
        if request.user is None:
            raise ValueError("log in")
        request.query.equal_to("n", 1).select("n")

    ann = room.parse.as_user("ann")
    peer = room.client(ann.session_token)
    peer.subscribe()
    for n in (1, 2):
        room.parse.save("Post", n=n, m=n)
    assert [(frame["object"]["n"], "m" in frame["object"]) for frame in peer.frames] == [(1, False)]
    nobody = room.client()
    nobody.ask("Post")
    assert nobody.refusal() == (141, "log in", False, 1)


def test_what_happens_is_told_to_every_observer(room):
    told = []
    room.on("on_live_query_event")(lambda request: told.append((request.event, request.clients, request.subscriptions, request.error)))
    room.on("on_live_query_event")(lambda request: 1 / 0)
    peer = room.client()
    peer.subscribe()
    peer.say(op="unsubscribe", requestId=1)
    peer.connection.closed()
    room.client().connection.closed("reset")
    assert told[:5] == [
        ("ws_connect", 0, 0, None),
        ("connect", 1, 0, None),
        ("subscribe", 1, 1, None),
        ("unsubscribe", 1, 0, None),
        ("ws_disconnect", 0, 0, None),
    ]
    assert told[-1] == ("ws_disconnect_error", 0, 0, "reset")


def test_query_gives_the_present_objects(room):
    room.parse.save("Post", n=1, m=2)
    room.master.save("Post", n=1, ACL={})
    room.parse.save("Post", n=2)
    peer = room.client()
    peer.subscribe("Post", {"n": 1}, keys=["n"])
    answer = peer.say(op="query", requestId=1)
    assert answer["op"] == "result"
    assert [(found["className"], found["n"], "m" in found) for found in answer["results"]] == [("Post", 1, False)]
