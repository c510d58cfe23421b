"""Counting a class that only pointer permissions open, without a user: parse-server answers `[]`, here 0; an update with a
new field: parse-server 500, here 101.
"""

from tests.web.world import error


def test_nobody_counts_nothing_and_changes_nothing(web):
    owner, _ = web.sign_up()
    permissions = {"readUserFields": ["owner"], "writeUserFields": ["owner"], "create": {"*": True}, "addField": {"*": True}}
    fields = {"owner": {"type": "Pointer", "targetClass": "_User"}}
    web.master("POST", "/schemas/A", {"fields": fields, "classLevelPermissions": permissions})
    row = web.create("A", owner={"__type": "Pointer", "className": "_User", "objectId": owner})
    assert web("GET", "/classes/A?count=1&limit=0").json == {"results": [], "count": 0}
    assert error(web("PUT", f"/classes/A/{row}", {"new": 1}))[:2] == (404, 101)
