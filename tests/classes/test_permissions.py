"""Class-level permissions, pointer permissions, protected fields, default ACL."""

import pytest

from parse_shim.classes.model import ClassDef
from parse_shim.classes.permissions import Verdict, allowed, default_acl, names_user, pointer_node, protection
from parse_shim.query.ast import NOTHING, Eq
from parse_shim.values.types import Pointer

ANN = ("*", "ann", "role:host")
NOBODY = ("*",)


def verdict(permissions, operation="find", subjects=ANN, user="ann", **named):
    return allowed(ClassDef("C", permissions=permissions), operation, subjects, user, **named)


@pytest.mark.parametrize(
    ("permissions", "anonymous", "ann"),
    [
        (None, "yes", "yes"),
        ({}, "no", "no"),
        ({"find": {}}, "no", "no"),
        ({"find": {"*": True}}, "yes", "yes"),
        ({"find": {"ann": True}}, "no", "yes"),
        ({"find": {"bob": True}}, "no", "no"),
        ({"find": {"role:host": True}}, "no", "yes"),
        ({"find": {"requiresAuthentication": True}}, "login", "yes"),
        ({"find": {"pointerFields": ["owner"]}}, "pointer", "pointer"),
        ({"find": {"pointerFields": ["owner"], "*": True}}, "yes", "yes"),
        ({"find": {}, "readUserFields": ["owner"]}, "pointer", "pointer"),
        ({"find": {}, "writeUserFields": ["owner"]}, "no", "no"),
    ],
)
def test_who_may_find(permissions, anonymous, ann):
    assert verdict(permissions, subjects=NOBODY, user=None).outcome == anonymous
    assert verdict(permissions).outcome == ann


def test_pointer_fields_say_nothing_about_a_new_object():
    permissions = {"create": {"pointerFields": ["o"]}, "addField": {"pointerFields": ["o"]}, "writeUserFields": ["p"]}
    assert verdict(permissions, "create").outcome == "no"
    assert verdict(permissions, "addField", creating=True).outcome == "no"
    assert verdict(permissions, "addField") == Verdict("pointer", ("o", "p"))


def test_a_user_id_that_is_a_word_of_the_map_opens_nothing():
    permissions = {"find": {"pointerFields": ["o"]}}
    assert verdict(permissions, subjects=("*", "pointerFields"), user="pointerFields").outcome == "pointer"


def test_pointer_node():
    assert pointer_node(("owner",), "ann") == Eq("owner", Pointer("_User", "ann"))
    assert pointer_node(("owner",), None) == NOTHING


def test_names_user_looks_into_arrays():
    doc = {"members": [1, Pointer("_User", "ann")], "other": Pointer("Post", "bob")}
    assert names_user(doc, ("members",), "ann")
    assert not names_user(doc, ("members", "other"), "bob")


@pytest.mark.parametrize(
    ("template", "user", "acl"),
    [
        (None, "ann", None),
        ({"*": {"read": True, "write": True}}, "ann", None),
        ({"*": {"read": True}, "currentUser": {"write": True}}, "ann", {"*": {"read": True}, "ann": {"write": True}}),
        ({"*": {"read": True}, "currentUser": {"write": True}}, None, {"*": {"read": True}}),
        ({}, "ann", {}),
    ],
)
def test_default_acl(template, user, acl):
    permissions = {} if template is None else {"ACL": template}
    assert default_acl(ClassDef("C", permissions=permissions), user) == acl


PROTECTED = ClassDef(
    "C",
    permissions={
        "protectedFields": {
            "*": ["secret", "y"],
            "authenticated": ["secret"],
            "role:boss": [],
            "userField:owner": ["y"],
        }
    },
)


@pytest.mark.parametrize(
    ("subjects", "user", "queried"),
    [(("*",), None, {"secret", "y"}), (("*", "ann"), "ann", {"secret"}), (("*", "bob", "role:boss"), "bob", set())],
)
def test_lists_that_apply_are_intersected(subjects, user, queried):
    assert protection(PROTECTED, subjects, user).queried == queried


def test_an_owner_sees_what_other_lists_hide_but_not_its_own_list():
    found = protection(PROTECTED, ("*", "ann"), "ann")
    assert found.hidden({"owner": Pointer("_User", "ann")}, "ann") == set()
    assert found.hidden({"owner": Pointer("_User", "bob")}, "ann") == {"secret"}


def test_an_owners_list_alone_hides():
    cls = ClassDef("C", permissions={"protectedFields": {"userField:owner": ["y"]}})
    found = protection(cls, ("*", "ann"), "ann")
    assert found.hidden({"owner": Pointer("_User", "ann")}, "ann") == {"y"}
    assert found.hidden({}, "ann") == set()


def test_the_servers_own_lists_are_added():
    assert protection(ClassDef("_User"), ("*",), None, {"*": ["email"]}).queried == {"email"}
    assert not protection(ClassDef("_User"), ("*",), None)
