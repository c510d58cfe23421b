"""Classes in schemas/."""

import marshmallow
import pytest

from parse_shim.classes import fields
from parse_shim.classes.declare import PUBLIC, USERS, ParseClass, Permissions, definition, load_schemas, named_in
from parse_shim.classes.model import MISSING


class People(ParseClass):
    name = fields.String(required=True, validate=marshmallow.validate.Length(max=5), index=True)
    age = fields.Number(default=0)
    where = fields.GeoPoint(index=True)
    friend = fields.Pointer("_User")
    likes = fields.Relation("Post")
    permissions = Permissions(find=PUBLIC, create=USERS, update=named_in("friend"), delete=["role:boss", "abc"])
    indexes = {"both": {"name": 1, "age": -1}}


def test_a_declared_class_becomes_a_definition():
    cls = definition(People)
    assert cls.name == "People"
    assert [cls.fields[n].text for n in ("objectId", "name", "age", "friend", "likes")] == [
        "String",
        "String",
        "Number",
        "Pointer<_User>",
        "Relation<Post>",
    ]
    assert (cls.required, cls.defaults) == (("name",), {"age": 0})
    assert cls.fields["name"].default is MISSING
    assert cls.indexes == {"name_1": {"name": 1}, "both": {"name": 1, "age": -1}}
    assert list(cls.validators) == ["name"]


def test_permissions_follow_find_and_close_the_rest():
    permissions = definition(People).permissions
    assert permissions["get"] == permissions["count"] == {"*": True}
    assert permissions["create"] == {"requiresAuthentication": True}
    assert permissions["update"] == {"pointerFields": ["friend"]}
    assert permissions["delete"] == {"role:boss": True, "abc": True}
    assert permissions["addField"] == {}


def test_a_declared_class_loads_strictly_as_a_marshmallow_schema():
    assert People().load({"name": "ann", "where": {"__type": "GeoPoint", "latitude": 1, "longitude": 2}})["age"] == 0
    with pytest.raises(marshmallow.ValidationError) as caught:
        People().load({"name": "ann", "age": "12"})
    assert caught.value.messages == {"age": ["expected Number but got String"]}


def wrong(**attributes):
    return type("Wrong", (ParseClass,), attributes)


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (lambda: wrong(a=fields.Number(default="x")), "expected Number but got String"),
        (lambda: wrong(createdAt=fields.String()), "createdAt is the server's own column"),
        (lambda: wrong(_x=fields.String()), "_x is no valid name"),
        (lambda: wrong(a=fields.GeoPoint(), b=fields.GeoPoint()), "only one GeoPoint"),
        (lambda: wrong(a=marshmallow.fields.String()), "not one of parse_shim.classes.fields"),
        (lambda: wrong(class_name="_Foo"), "the name must be"),
        (lambda: wrong(permissions=Permissions(find="no way!", update=named_in("a"))), "is not a valid column"),
    ],
)
def test_a_wrong_declaration_names_class_and_fault(declared, text):
    with pytest.raises(ValueError, match=r"^class ") as caught:
        definition(declared())
    assert text in str(caught.value)


def test_a_user_class_keeps_its_default_columns():
    cls = definition(type("User", (ParseClass,), {"class_name": "_User", "phone": fields.String()}))
    assert {"phone", "username", "authData"} <= set(cls.fields)


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "my_schemas_for_tests"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    head = "from parse_shim.classes import fields\nfrom parse_shim.classes.declare import ParseClass\n"
    (folder / "b.py").write_text(head + "class B(ParseClass):\n    x = fields.String()\n")
    (folder / "a.py").write_text(head + "from my_schemas_for_tests.b import B\nclass A(ParseClass):\n    pass\n")
    yield folder
    import sys

    for name in [n for n in sys.modules if n.startswith("my_schemas_for_tests")]:
        del sys.modules[name]


@pytest.mark.parametrize("spec", ["my_schemas_for_tests", "./my_schemas_for_tests", "my_schemas_for_tests/"])
def test_a_folder_of_classes_loads_by_name_and_by_path(package, spec):
    assert [cls.name for cls in load_schemas(spec)] == ["A", "B"]


def test_a_class_declared_twice_names_both_files(package):
    (package / "c.py").write_text((package / "b.py").read_text())
    with pytest.raises(ValueError, match=r"class B is declared twice: .*b\.py:3 and .*c\.py:3"):
        load_schemas("my_schemas_for_tests")


def test_a_missing_path_says_so(package):
    with pytest.raises(ModuleNotFoundError, match="no such file or folder: nope/here"):
        load_schemas("nope/here")
