"""The emulator: what stays and what goes when it is reset and reconfigured, and a database that is somebody's own."""

import pytest

from parse_shim.query.ast import And
from parse_shim.settings import Settings, SettingsError
from parse_shim.testing.client import Parse
from parse_shim.testing.emulator import Emulator


def settings(**options) -> Settings:
    defaults = {"appId": "app", "masterKey": "m", "databaseURI": "sqlite://", "allowClientClassCreation": True, "logsFolder": None}
    return Settings.from_options({**defaults, **options})


@pytest.fixture
def start():
    made = []

    def make(**options) -> Emulator:
        made.append(Emulator(settings(**options)))
        return made[-1]

    yield make
    for emulator in made:
        emulator.close()


def client(emulator: Emulator) -> Parse:
    return Parse(emulator._app)


def test_reconfigure_keeps_the_data(start):
    emulator = start()
    client(emulator).save("Post", title="a")
    emulator.reconfigure({"defaultLimit": 1})
    assert [row["title"] for row in client(emulator).find("Post")] == ["a"]


def test_reset_after_reconfigure_goes_back_to_the_start(start):
    emulator = start()
    client(emulator).save("Post", title="a")
    emulator.reconfigure({"defaultLimit": 1})
    emulator.reset()
    assert "Post" not in emulator.core.engine.load_classes()


def test_a_refused_option_leaves_the_data_and_the_base_options(start):
    emulator = start()
    client(emulator).save("Post", title="a")
    with pytest.raises(SettingsError, match=r"^Session length must be a valid number\.$"):
        emulator.reconfigure({"sessionLength": "test"})
    assert len(client(emulator).find("Post")) == 1


@pytest.mark.parametrize("full", [False, True])
def test_a_database_that_held_data_is_never_emptied(start, tmp_path, full):
    uri = f"sqlite:///{tmp_path / 'own.db'}"
    first = Emulator(settings(databaseURI=uri, dataFolder=str(tmp_path)))
    client(first).save("Post", title="mine")
    first.close()
    emulator = start(databaseURI=uri, dataFolder=str(tmp_path))
    client(emulator).save("Post", title="of a test")
    emulator.reset(full=full)
    cls = emulator.core.classes.get("Post")
    assert [doc["title"] for doc in emulator.core.engine.find(cls, And(()))] == ["mine"]
