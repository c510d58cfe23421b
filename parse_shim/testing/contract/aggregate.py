"""Pipelines."""

from __future__ import annotations

import pytest

from parse_shim.errors import Refused
from parse_shim.storage.base import Engine
from parse_shim.testing.contract.common import a_class, a_doc, fill


class AggregateContract:
    @pytest.mark.needs_real_mongo
    def test_an_unknown_stage_is_refused(self, engine: Engine) -> None:
        cls = fill(engine, a_class(n="Number"), [a_doc("a", n=1)])
        with pytest.raises(Refused) as refused:
            engine.aggregate(cls, [{"$foo": {}}], {})
        assert refused.value.text == "Unrecognized pipeline stage name: '$foo'"
        assert refused.value.code == 102
