"""A world whose hooks are added by the test."""

from parse_shim.hooks.registry import Hook, Registry
from tests.rest.world import World


class Hooked(World):
    """A world whose hooks are added by the test."""

    def __init__(self, **options):
        self.registry = Registry()
        super().__init__(options, hooks=self.registry)

    def on(self, kind, target="Post"):
        def add(handler):
            self.registry.remove(kind, target)
            self.registry.add(Hook(kind, target, handler))
            return handler

        return add
