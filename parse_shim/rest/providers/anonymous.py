"""Anonymous users: the id, made on the device, is the secret."""

from __future__ import annotations

from parse_shim.rest.providers.base import Accepted, AuthData, AuthRequest, Provider


class Anonymous(Provider):
    def validate_auth_data(self, data: AuthData, request: AuthRequest) -> Accepted | None:
        return None
