"""A server in memory with cloud code from a text: `app('''...''')`."""

import sys
import textwrap
from dataclasses import replace

import pytest

from parse_shim.errors import ParseError
from parse_shim.hooks.registry import load_cloud
from parse_shim.rest import delete, functions, login, read, write
from parse_shim.rest.auth import auth_for_token
from parse_shim.rest.core import MASTER, NOBODY, Context, build_core
from parse_shim.rest.find_params import FindParams
from parse_shim.settings import Settings
from parse_shim.storage.memory import MemoryEngine
from parse_shim.values.codec import encode_doc

HEAD = """
import asyncio, re, time
from datetime import datetime, UTC
from parse_shim import ACL, CloudResponse, Code, Config, Field, File, GeoPoint, Object, ParseError, Pointer, Query
from parse_shim import RateLimit, Role, User, Validator, cloud
seen = []
"""


class App:
    """Calls of clients, as rest/ carries them out. Answers are JSON; a refusal is a ParseError."""

    def __init__(self, core, module):
        self.core = core
        self.module = module
        self.context = Context(core, NOBODY, ip="10.0.0.1", headers={"x-a": "b"}, base_url="http://here/parse")

    @property
    def seen(self):
        """What the hooks noted."""
        return self.module.seen

    @property
    def master(self):
        return self._with(auth=MASTER)

    def user(self, name):
        """The application as used by a new user of this name."""
        row = write.create(self.context, "_User", {"username": name, "password": "x"})
        app = self._with(auth=auth_for_token(self.core, row.body["sessionToken"]))
        app.id = row.object_id
        return app

    def cloud(self, **context):
        return self._with(cloud=context)

    def create(self, class_name, **fields):
        return self._answer(write.create(self.context, class_name, fields))

    def update(self, class_name, object_id, **fields):
        return self._answer(write.update(self.context, class_name, object_id, fields))

    def delete(self, class_name, object_id):
        delete.delete(self.context, class_name, object_id)

    def get(self, class_name, object_id):
        found = read.get(self.context, class_name, object_id)
        return encode_doc(found.results[0], file_url=self.context.file_url, relations=found.relations)

    def find(self, class_name, where=None, **params):
        found = read.find(self.context, class_name, FindParams(where or {}, **params))
        return [encode_doc(doc, file_url=self.context.file_url, relations=found.relations) for doc in found.results]

    def call(self, name, **params):
        return functions.call_function(self.context, name, params).body

    def login(self, name, password="x"):
        return login.log_in(self.context, {"username": name, "password": password})

    def refused(self, method, *args, **named):
        """(code, text) of a call that must fail."""
        with pytest.raises(ParseError) as caught:
            getattr(self, method)(*args, **named)
        return caught.value.code, caught.value.message

    def _with(self, **changes):
        app = App(self.core, self.module)
        app.context = replace(self.context, **{"cloud": {}, **changes})
        return app

    def _answer(self, written):
        if written.replaced:
            return written.replacement
        return encode_doc(written.body, file_url=self.context.file_url)


@pytest.fixture
def app(tmp_path, monkeypatch):
    """`app(source, **settings)` -> App."""
    names = []

    def make(source="", **options):
        name = f"cloud_under_test_{len(names)}"
        names.append(name)
        (tmp_path / f"{name}.py").write_text(HEAD + textwrap.dedent(source))
        hooks = _load(tmp_path, monkeypatch, name)
        settings = Settings(
            **{"app_id": "a", "master_key": "m", "database_uri": "memory://", "allow_client_class_creation": True, **options}
        )
        core = build_core(settings, engine=MemoryEngine(), hooks=hooks)
        return App(core, sys.modules[name])

    yield make
    for name in names:
        sys.modules.pop(name, None)


def _load(folder, monkeypatch, name):
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    return load_cloud(name)
