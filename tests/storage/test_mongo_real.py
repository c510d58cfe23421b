"""The engine suite on a real mongod."""

from collections.abc import Iterator

import pytest

from parse_shim.storage.mongo.engine import MongoEngine
from parse_shim.testing.contract import EngineContract


@pytest.fixture(scope="module")
def one_engine(module_mongo_uri: str) -> Iterator[MongoEngine]:
    engine = MongoEngine(module_mongo_uri)
    yield engine
    engine.close()


class TestMongoEngine(EngineContract):
    @pytest.fixture
    def engine(self, one_engine: MongoEngine) -> MongoEngine:
        one_engine.clear(indexes=True)
        return one_engine
