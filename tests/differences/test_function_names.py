"""Functions with a dot or a quote in their name: parse-server drops them in silence, here the start fails with the name."""

import pytest

from parse_shim.hooks.registry import RegistrationError


@pytest.mark.parametrize("name", ["a'b", 'a"b'])
def test_a_name_that_cannot_be_called(cloud, name):
    with pytest.raises(RegistrationError, match="a"):
        cloud(f"cloud.function({name!r})(lambda request: 1)\nf = cloud.function({name!r})(lambda request: 1)")
