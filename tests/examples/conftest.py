"""Applications of their own: tests/testing/test_plugin.py copies them out of this repository and runs their tests there."""

collect_ignore_glob = ["*"]
