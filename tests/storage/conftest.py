import pytest

# the suite lives in the package, where pytest would not explain a failed assert
pytest.register_assert_rewrite("parse_shim.testing.contract")
