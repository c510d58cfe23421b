"""parse_shim: a Parse-compatible backend in Python."""
