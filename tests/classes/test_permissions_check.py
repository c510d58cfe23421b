"""Class-level permission maps as a master sends them."""

import pytest

from parse_shim.classes.model import ARRAY, BASE_FIELDS, STRING, ClassDef, FieldType
from parse_shim.classes.permissions_check import check_permissions
from parse_shim.errors import ParseError

CLS = ClassDef("C", {**BASE_FIELDS, "owner": FieldType("Pointer", "_User"), "members": ARRAY, "x": STRING})
WORDS = "class level permissions"


def test_missing_operations_are_closed():
    stored = check_permissions({"find": {"*": True}}, CLS)
    assert stored["find"] == {"*": True}
    assert all(stored[name] == {} for name in ("count", "get", "create", "update", "delete", "addField"))


def test_null_opens_again():
    assert check_permissions(None, CLS) is None


def test_a_map_with_everything():
    sent = {
        "find": {"*": True, "requiresAuthentication": True, "role:a b": True, "abc": True},
        "update": {"pointerFields": ["owner", "members"]},
        "readUserFields": ["owner"],
        "protectedFields": {"*": ["x"], "userField:nope": ["x"], "authenticated": [], "requiresAuthentication": []},
        "ACL": {"currentUser": {"read": True, "write": False}},
    }
    assert check_permissions(sent, CLS).items() >= sent.items()


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"foo": {}}, f"foo is not a valid operation for {WORDS}"),
        ({"find": True}, f"'true' is not a valid value for {WORDS} find - must be an object"),
        ({"find": None}, f"'null' is not a valid value for {WORDS} find - must be an object"),
        ({"find": {"*": False}}, f"'false' is not a valid value for {WORDS} acl find:*"),
        ({"find": {"bad key!": True}}, f"'bad key!' is not a valid key for {WORDS}"),
        ({"find": {"abc\n": True}}, f"'abc\n' is not a valid key for {WORDS}"),
        ({"find": {"pointerFields": "x"}}, "'x' is not a valid value for find[pointerFields] - expected an array."),
        (
            {"find": {"pointerFields": ["x"]}},
            "'x' is not a valid column for class level pointer permissions [object Object]",
        ),
        (
            {"readUserFields": ["x"]},
            "'x' is not a valid column for class level pointer permissions readUserFields",
        ),
        ({"readUserFields": "x"}, f"'x' is not a valid value for {WORDS} readUserFields - must be an array"),
        ({"protectedFields": {"*": ["nope"]}}, "Field 'nope' in protectedFields:* does not exist"),
        ({"protectedFields": {"*": ["objectId"]}}, "Default field 'objectId' can not be protected"),
        ({"protectedFields": {"*": "x"}}, "'x' is not a valid value for protectedFields[*] - expected an array."),
        ({"ACL": {"*": {"foo": True}}}, f"'foo' is not a valid key for {WORDS} acl"),
        ({"ACL": {"*": {"read": 1}}}, f"'1' is not a valid value for {WORDS} acl"),
        ({"ACL": {"*": True}}, f"'true' is not a valid value for {WORDS} acl"),
    ],
)
def test_malformed_maps(sent, text):
    with pytest.raises(ParseError) as caught:
        check_permissions(sent, CLS)
    assert (caught.value.code, caught.value.message) == (107, text)


def test_custom_user_ids_may_be_any_text():
    assert check_permissions({"find": {"my id!": True}}, CLS, custom_ids=True)["find"] == {"my id!": True}
