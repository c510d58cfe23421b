"""What is switched on: the server collects the hooks of every module imported here."""

from cloud import guests, scores

__all__ = ["guests", "scores"]
