# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every token that was handed out, and whether it still works."""

from __future__ import annotations

import base64
import json
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LETTERS = string.ascii_letters + string.digits


def opaque(length: int = 30) -> str:
    """A value with nothing in it to read; FortiAuthenticator's tokens have 30 characters."""
    return "".join(secrets.choice(LETTERS) for _each in range(length))


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(algorithm: str, payload: dict[str, Any], signature_bytes: int) -> str:
    """A JWT to look at: real header and payload, but a random signature that nothing verifies."""
    header = {"typ": "JWT", "alg": algorithm}
    parts = [_part(json.dumps(part).encode()) for part in (header, payload)]
    return ".".join([*parts, _part(secrets.token_bytes(signature_bytes))])


@dataclass(frozen=True)
class Owner:
    """Whom a token was issued to. `family` keeps the two APIs apart."""

    family: str
    client_id: str
    username: str
    scope: str = ""

    def is_of(self, username: str, client_id: str | None) -> bool:
        return self.username == username and client_id in (None, self.client_id)


@dataclass
class Access:
    owner: Owner
    until: float | None  # None: never expires
    ended: bool = False


@dataclass
class Refresh:
    owner: Owner
    until: float | None
    access: str
    state: str = "live"  # or "rotated", "ended"


class Tokens:
    """All tokens of both families, by their value."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, Refresh] = {}

    def add(self, owner: Owner, access: str, until: float | None) -> None:
        self._access[access] = Access(owner, until)

    def add_refresh(self, owner: Owner, refresh: str, access: str, until: float | None) -> None:
        self._refresh[refresh] = Refresh(owner, until, access)

    def _is_live(self, token: Access) -> bool:
        return not token.ended and (token.until is None or self._now() < token.until)

    def live(self, value: str, family: str) -> Access | None:
        token = self._access.get(value)
        if token and token.owner.family == family and self._is_live(token):
            return token
        return None

    def count_live(self) -> int:
        return sum(self._is_live(token) for token in self._access.values())

    def refresh(self, value: str, owner_family: str) -> Refresh | None:
        """The refresh token, whatever its state; an expired one counts as ended."""
        token = self._refresh.get(value)
        if token is None or token.owner.family != owner_family:
            return None
        if token.until is not None and self._now() >= token.until:
            token.state = "ended"
        return token

    def end_pair(self, refresh: Refresh, state: str) -> None:
        """A refresh token and the access token that came with it die together."""
        refresh.state = state
        self._end_access(refresh.access)

    def _end_access(self, value: str) -> None:
        if value in self._access:
            self._access[value].ended = True

    def revoke(self, value: str, client_id: str) -> None:
        """RFC 7009: a token of another client, or no token at all, is silently left alone.

        Revoking an access token leaves its refresh token alone: the vendor's page speaks of the
        access token only.
        """
        access, refresh = self._access.get(value), self._refresh.get(value)
        if access and access.owner.client_id == client_id:
            access.ended = True
        if refresh and refresh.owner.client_id == client_id:
            self.end_pair(refresh, "ended")

    def end_all_of(self, username: str, client_id: str | None = None) -> None:
        """End a user's tokens of a client, or of all clients."""
        for token in self._access.values():
            if token.owner.is_of(username, client_id):
                token.ended = True
        for refresh in self._refresh.values():
            if refresh.owner.is_of(username, client_id):
                refresh.state = "ended"

    def expire(self, value: str | None) -> None:
        """End one token (access or refresh), or every access token."""
        if value is None:
            for token in self._access.values():
                token.ended = True
        elif value in self._refresh:
            self._refresh[value].state = "ended"
        else:
            self._end_access(value)
