"""The suite that every storage engine must pass: the executable form of storage/base.py.

    class TestMine(EngineContract):
        @pytest.fixture
        def engine(self): ...        # a fresh, empty engine

Rows marked `needs_real_mongo` mean more on a real mongod than on mongomock; engines in one process run them too.
May import storage and everything below.
"""

from parse_shim.testing.contract.suite import EngineContract

__all__ = ["EngineContract"]
