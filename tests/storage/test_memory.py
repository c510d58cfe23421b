import pytest

from parse_shim.storage.memory import MemoryEngine
from parse_shim.testing.contract import EngineContract


class TestMemory(EngineContract):
    @pytest.fixture
    def engine(self):
        return MemoryEngine()
