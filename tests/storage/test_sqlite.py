import pytest

from parse_shim.storage.sqlite.engine import SqliteEngine
from parse_shim.testing.contract import EngineContract


class TestSqliteInMemory(EngineContract):
    @pytest.fixture
    def engine(self):
        engine = SqliteEngine()
        yield engine
        engine.close()


class TestSqliteFile(EngineContract):
    @pytest.fixture
    def engine(self, tmp_path):
        # fast: the suite asks what is stored, not whether it survives; test_sqlite_durability asks that
        engine = SqliteEngine(str(tmp_path / "parse.db"), fast=True)
        yield engine
        engine.close()
