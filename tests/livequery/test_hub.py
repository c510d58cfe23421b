"""Which event a change is for whom, and what of the object is in it (contract/12, sections 3, 5, 8 and 9)."""

import pytest

from parse_shim.errors import Code, ParseError
from parse_shim.sdk.object import Object
from tests.livequery.room import MASTER_KEY, Room

DELETED = {"__op": "Delete"}
TARGET = {"__type": "Pointer", "className": "A", "objectId": "1"}


@pytest.fixture
def room():
    made = Room()
    yield made
    made.core.close()


def only(*names):
    return {name: {"read": True, "write": True} for name in names}


def pointer(user):
    return {"__type": "Pointer", "className": "_User", "objectId": user.user["objectId"]}


def test_the_frames_of_one_object(room):
    peer = room.client(installationId="II")
    peer.subscribe("Post", {"n": {"$gt": 5}}, number=2)
    made = room.parse.save("Post", n=6, when={"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"})
    frame = peer.last
    assert frame == {
        "op": "create",
        "clientId": frame["clientId"],
        "installationId": "II",
        "requestId": 2,
        "object": {
            "className": "Post",
            "objectId": made["objectId"],
            "n": 6,
            "when": {"__type": "Date", "iso": "2020-01-01T00:00:00.000Z"},
            "createdAt": made["createdAt"],
            "updatedAt": made["createdAt"],
        },
    }
    for n in (7, 1, 8):
        room.parse.update("Post", made["objectId"], n=n)
    room.parse.request_json("PUT", f"/classes/Post/{made['objectId']}", {})
    room.parse.delete("Post", made["objectId"])
    found = [(f["op"], f["object"]["n"], f["original"]["n"] if "original" in f else None) for f in peer.frames]
    assert found == [("create", 6, None), ("update", 7, 6), ("leave", 1, 7), ("enter", 8, 1), ("update", 8, 8), ("delete", 8, None)]


def test_who_hears_what_while_the_acl_changes(room):
    ann, ben = room.parse.as_user("ann"), room.parse.as_user("ben")
    users = {"__op": "AddRelation", "objects": [pointer(ben)]}
    room.master.save("_Role", name="readers", ACL={}, users=users)
    peers = [room.client(), room.client(ann.session_token), room.client()]
    for peer, token in zip(peers, (None, None, ben.session_token), strict=True):
        peer.subscribe(token=token)
    made = room.master.save("Post", n=0, ACL=only(ann.user["objectId"]))
    seen = [[peer.events() for peer in peers]]
    for acl in (None, only("role:readers"), only("*"), {}):
        room.master.update("Post", made["objectId"], n=1, **({} if acl is None else {"ACL": acl}))
        if acl == only("role:readers"):
            assert peers[1].last["object"]["n"] == peers[1].last["original"]["n"]
            assert peers[1].last["object"]["ACL"] == only(ann.user["objectId"])
            assert "original" not in peers[2].last
        seen.append([peer.events() for peer in peers])
    room.master.delete("Post", made["objectId"])
    seen.append([peer.events() for peer in peers])
    assert seen == [
        [[], ["create"], []],
        [[], ["update"], []],
        [[], ["leave"], ["enter"]],
        [["enter"], ["enter"], ["update"]],
        [["leave"], ["leave"], ["leave"]],
        [[], [], []],
    ]


def test_whoever_loses_the_right_to_read_gets_the_old_content(room):
    peer = room.client()
    peer.subscribe()
    made = room.parse.save("Post", text="old")
    room.master.update("Post", made["objectId"], text="secret", ACL={})
    frame = peer.last
    assert frame["op"] == "leave"
    assert "secret" not in str(frame)


def test_events_end_with_the_session(room):
    ann = room.parse.as_user("ann")
    peer = room.client(ann.session_token)
    peer.subscribe()
    made = room.master.save("Post", n=0, ACL=only(ann.user["objectId"]))
    assert peer.events() == ["create"]
    ann.request_json("POST", "/logout", {})
    room.master.update("Post", made["objectId"], n=1)
    assert peer.events() == []


def test_a_token_that_is_no_good_makes_a_stranger(room):
    peer = room.client("r:nonsense")
    peer.subscribe()
    room.master.save("Post", ACL={})
    room.parse.save("Post", n=1)
    assert peer.events() == ["create"]


@pytest.mark.parametrize(
    ("watch", "changes", "events"),
    [
        (["n"], [{"m": 1}, {"n": 1}, {"n": 1}, {"n": 2}, {"n": DELETED}], ["update", "update", "update"]),
        (["m"], [{"n": 1}], []),
        (["o"], [{"o": {"a": 1}}, {"o": {"a": 1}}, {"o": {"a": 2}}], ["update", "update"]),
    ],
)
def test_watch_lets_only_changes_of_its_fields_through(room, watch, changes, events):
    peer = room.client()
    peer.subscribe("Post", {"gone": {"$ne": True}}, watch=watch)
    made = room.parse.save("Post", other=1)
    for change in changes:
        room.parse.update("Post", made["objectId"], **change)
    assert peer.events() == events
    room.parse.save("Post", **dict.fromkeys(watch, {"a": 0} if watch == ["o"] else 5))
    room.parse.update("Post", made["objectId"], gone=True)
    room.parse.update("Post", made["objectId"], gone=False)
    room.parse.delete("Post", made["objectId"])
    assert peer.events() == ["create", "leave", "enter", "delete"]


def test_keys_choose_the_fields_of_object_and_original(room):
    peer = room.client()
    peer.subscribe(keys=["a", "o.x"])
    made = room.parse.save("Post", a=1, b=2, o={"x": 1}, ACL=only("*"))
    room.parse.update("Post", made["objectId"], a=2)
    kept = {"className", "objectId", "createdAt", "updatedAt", "ACL", "a", "o"}
    assert peer.last["object"].keys() == peer.last["original"].keys() == kept


# -- class permissions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("permissions", "where", "refusal"),
    [
        ({"find": {}}, {}, (119, "Permission denied", False, 1)),
        ({"find": {}}, {"objectId": "x"}, None),
        ({"get": {}}, {"objectId": "x"}, (119, "Permission denied", False, 1)),
        ({"get": {}}, {}, None),
        ({"find": {"requiresAuthentication": True}}, {}, (101, "Permission denied", False, 1)),
    ],
)
def test_class_permissions_hold_at_subscribe(room, permissions, where, refusal):
    room.permit("Post", **permissions)
    peer = room.client()
    answer = peer.ask("Post", where)
    assert (peer.refusal() if answer["op"] == "error" else None) == refusal


def test_class_permissions_hold_for_every_event(room):
    peer = room.client()
    peer.subscribe()
    room.permit("Post", find={})
    room.parse.save("Post", n=1)
    assert peer.events() == []


@pytest.mark.parametrize("permissions", [{"readUserFields": ["owner"], "find": {}}, {"find": {"pointerFields": ["owner"]}}])
def test_pointer_permissions_show_objects_to_those_they_name(room, permissions):
    ann, ben = room.parse.as_user("ann"), room.parse.as_user("ben")
    room.permit("Post", **permissions)
    peers = [room.client(ann.session_token), room.client(ben.session_token)]
    for peer in peers:
        peer.subscribe()
    made = room.master.save("Post", owner=pointer(ann))
    room.master.update("Post", made["objectId"], owner=pointer(ben))
    assert [peer.events() for peer in peers] == [["create", "leave"], ["enter"]]


def test_connects_token_is_good_for_a_class_that_asks_for_a_login(room):
    room.permit("Post", find={"requiresAuthentication": True})
    peer = room.client(room.parse.as_user("ann").session_token)
    peer.subscribe()
    room.parse.save("Post", n=1)
    assert peer.events() == ["create"]


# -- protected fields ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [{"where": {"secret": "x"}}, {"where": {"$or": [{"secret.a": "x"}, {"n": 1}]}}, {"watch": ["secret"]}, {"watch": ["secret.a"]}],
)
def test_protected_fields_cannot_be_asked_for(room, query):
    room.permit("Post", protectedFields={"*": ["secret"]})
    peer = room.client()
    peer.ask("Post", **query)
    assert peer.refusal() == (119, "Permission denied", False, 1)


def test_each_subscriber_gets_its_own_copy_without_what_is_protected_from_it(room):
    room.permit("Post", protectedFields={"*": ["a", "b"], "authenticated": ["a"]})
    ann = room.parse.as_user("ann")
    peers = [room.client(), room.client(ann.session_token), room.client()]
    peers[2].connection.client = None
    peers[2].say(op="connect", applicationId="app")
    for peer in peers:
        peer.subscribe()
    made = room.master.save("Post", a=1, b=1, c=1)
    room.master.update("Post", made["objectId"], c=2)
    shown = [
        [sorted({"a", "b", "c"} & frame[part].keys()) for part in ("object", "original")] for peer in peers for frame in peer.frames[1:]
    ]
    assert shown == [[["c"], ["c"]], [["b", "c"], ["b", "c"]], [["c"], ["c"]]]


def test_users_are_shown_without_secrets(room):
    peer = room.client()
    peer.subscribe("_User")
    ann = room.parse.as_user("ann", email="ann@example.com", ACL=only("*"))
    room.parse.log_in("ann", "secret")
    room.master.update("_User", ann.user["objectId"], phone="1")
    for frame in peer.frames:
        for part in ("object", "original"):
            assert not {"sessionToken", "authData", "password", "_hashed_password", "email"} & frame.get(part, {}).keys()
    assert "phone" in peer.last["object"]


def test_sessions_are_ones_own(room):
    nobody = room.client()
    nobody.ask("_Session")
    assert nobody.refusal()[0] == 209
    ann = room.parse.as_user("ann")
    peer = room.client(ann.session_token)
    peer.subscribe("_Session")
    room.parse.as_user("ben")
    again = room.parse.log_in("ann", "secret")
    assert [(frame["op"], frame["object"]["sessionToken"]) for frame in peer.frames] == [("create", again.session_token)]


def test_master_clients_see_everything():
    room = Room(liveQueryServerOptions={"keyPairs": {"masterKey": MASTER_KEY}})
    room.permit("Post", find={}, protectedFields={"*": ["secret"]})
    peer = room.client(masterKey=MASTER_KEY)
    peer.subscribe(where={"secret": 1})
    room.master.save("Post", secret=1, ACL={})
    assert peer.last["object"]["secret"] == 1


# -- conditions ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "fields", "heard"),
    [
        ({"x": None}, {}, True),
        ({"d": {"$gt": 1}}, {}, False),
        ({"createdAt": {"$lt": {"__type": "Date", "iso": "2000-01-01T00:00:00.000Z"}}}, {}, False),
        ({"createdAt": {"$gt": {"$relativeTime": "1 hour ago"}}}, {}, True),
        ({"list": {"$ne": 2}}, {"list": [1, 2]}, False),
        ({"o.a.z": 1}, {"o": {"a": [{"z": 1}]}}, True),
        ({"p": {"$eq": TARGET}}, {"p": TARGET}, True),
        ({"p": {"$ne": TARGET}}, {"p": TARGET}, False),
        ({"s": {"$regex": "^\\Qab\\E"}}, {"s": "abc"}, True),
        ({"s": {"$regex": "^(a+)+$"}}, {"s": "a" * 40 + "!"}, False),
    ],
)  # fmt: skip
def test_conditions_mean_what_they_mean_in_a_find(room, where, fields, heard):
    peer = room.client()
    peer.subscribe(where=where)
    room.parse.save("Post", **fields)
    assert peer.events() == (["create"] if heard else [])


def test_equal_conditions_are_judged_together(room):
    peers = [room.client() for _ in range(3)]
    for peer, where in zip(peers, [{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}], strict=True):
        peer.subscribe(where=where)
    assert len(room.hub._groups["Post"]) == 2
    room.parse.save("Post", a=1, b=2)
    assert [peer.events() for peer in peers] == [["create"]] * 3


# -- hooks --------------------------------------------------------------------------------------------------------------------


def test_the_hook_of_an_event_may_change_rename_drop_or_refuse_it(room):
    @room.on("after_live_query_event", "Post")
    def change(request):
        n = request.object["n"]
        if n == 1:
            request.send_event = False
        elif n == 2:
            request.event = "leave"
        elif n == 3:
            raise ParseError(Code.VALIDATION_ERROR, "no")
        elif n == 4:
            request.object["extra"] = request.object.created_at
        elif n == 5:
            request.object.unset("m")

    peer = room.client()
    peer.subscribe()
    for n in (1, 2, 3, 4, 5):
        room.parse.save("Post", n=n, m=1)
    assert [frame["op"] for frame in peer.frames] == ["leave", "error", "create", "create"]
    assert peer.frames[1] == {"op": "error", "error": "no", "code": 142, "reconnect": False, "requestId": 1}
    assert peer.frames[2]["object"]["extra"] == {"__type": "Date", "iso": peer.frames[2]["object"]["createdAt"]}
    assert "m" not in peer.frames[3]["object"]


def test_the_hook_of_an_event_knows_the_subscriber(room):
    seen = []

    @room.on("after_live_query_event", "Post")
    def look(request):
        user = request.user["username"] if request.user else None
        seen.append((request.event, user, request.original is None, request.use_master_key, request.installation_id))

    ann = room.parse.as_user("ann")
    peer = room.client(installationId="II")
    peer.subscribe(token=ann.session_token)
    made = room.parse.save("Post", n=1)
    room.parse.update("Post", made["objectId"], n=2)
    room.parse.delete("Post", made["objectId"])
    assert seen == [("create", "ann", True, False, "II"), ("update", "ann", False, False, "II"), ("delete", "ann", True, False, "II")]


def test_what_a_hook_adds_to_a_protected_field_stays_hidden(room):
    room.permit("Post", protectedFields={"*": ["secret"]})
    room.on("after_live_query_event", "Post")(lambda request: request.object.set("secret", 1))
    peer = room.client()
    peer.subscribe()
    room.parse.save("Post", n=1)
    assert "secret" not in peer.last["object"]


# -- what is published --------------------------------------------------------------------------------------------------------


def test_batches_transactions_and_cloud_code_are_heard(room):
    room.on("function", "make")(lambda request: Object("Post", n=3).save())
    peer = room.client()
    peer.subscribe()
    requests = [{"method": "POST", "path": "/parse/classes/Post", "body": {"n": n}} for n in (1, 2)]
    room.parse.request_json("POST", "/batch", {"requests": requests})
    room.parse.call("make")
    assert [frame["object"]["n"] for frame in peer.frames] == [1, 2, 3]


def test_a_refused_write_is_not_heard(room):
    @room.on("before_save", "Post")
    def refuse(request):
        raise ValueError("no")

    peer = room.client()
    peer.subscribe()
    with pytest.raises(ParseError):
        room.parse.save("Post", n=1)
    assert peer.events() == []


def test_an_older_change_is_none_of_a_new_subscription(room):
    waiting = []
    room.hub.offer = waiting.append
    peer = room.client()
    peer.subscribe()
    room.parse.save("Post", n=1)
    del room.hub.offer
    assert [change.after["n"] for change in waiting] == [1]
    subscription = peer.connection.subscriptions[1]
    subscription.since = 5
    room.hub.process(waiting[0], 5)
    assert peer.events() == []
    room.hub.process(waiting[0], 6)
    assert peer.events() == ["create"]
