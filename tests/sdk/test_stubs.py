"""The stub file of `parse-shim types`."""

import ast

from parse_shim.classes.model import BASE_FIELDS, ClassDef, FieldType
from parse_shim.classes.system import SYSTEM
from parse_shim.sdk.stubs import stub_text

COLUMNS = {"title": FieldType("String"), "by": FieldType("Pointer", "_User"), "to": FieldType("Pointer", "Nope")}
POST = ClassDef("Post", {**BASE_FIELDS, **COLUMNS})


def test_a_stub_names_fields_with_their_types():
    text = stub_text([POST, SYSTEM["_User"], ClassDef("_Join:likes:Post")], "cloud.classes")
    ast.parse(text)
    assert "from cloud.classes import" in text
    assert 'def __getitem__(self, name: Literal["title"]) -> str: ...' in text
    assert 'def __getitem__(self, name: Literal["by"]) -> User: ...' in text
    assert 'def __getitem__(self, name: Literal["to"]) -> Object: ...' in text
    assert "class User(user.User):" in text and "class PostRequest(TriggerRequest):" in text
    assert "_Join" not in text


def test_the_example_is_of_a_class_that_is_there():
    own = [ClassDef("_User"), ClassDef("Score")]
    assert "import ScoreRequest" in stub_text(own) and '@cloud.before_save("Score")' in stub_text(own)
    assert "import UserRequest" in stub_text([ClassDef("_User")]) and '@cloud.before_save("_User")' in stub_text([ClassDef("_User")])
