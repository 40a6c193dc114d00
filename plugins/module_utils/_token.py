# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The token as an immutable value: parsed from a response, judged by its expiry, turned into a task's result."""

from __future__ import annotations

import dataclasses
import math
import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse
from ansible_collections.forti.oauth.plugins.module_utils._foreign import one_line
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASKED_BY_CORE, register_foreign

# What may stand in an Authorization header: visible ASCII, nothing that could end the line (RFC 6750, 2.1).
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_SENT_BACK = re.compile(r"[\x20-\x7e]+")  # what a refresh token is made of (RFC 6749, A.17)
_LONGEST_LIFE = 20 * 365 * 86400  # seconds; a larger number is a point in time, or invalid
_LAST_TIME = 253402300800  # the year 10000
_FIELDS = ("access_token", "server", "token_type", "refresh_token", "scope", "id_token", "issued_at", "expires_at")


@dataclasses.dataclass(frozen=True)
class Token:
    """An OAuth bearer token. Times are epoch seconds of this machine's clock; C(expires_at=None) is a token that never expires.

    :raises ValueError: a field is not what it must be. So no Token holds foreign data that was not checked, wherever it comes from.
    """

    access_token: str = dataclasses.field(repr=False)
    server: str
    token_type: str = "Bearer"
    refresh_token: str | None = dataclasses.field(default=None, repr=False)
    scope: str | None = None
    id_token: str | None = dataclasses.field(default=None, repr=False)
    issued_at: float = 0.0
    expires_at: float | None = None

    def __post_init__(self) -> None:
        required, optional, times = (self.server, self.token_type), (self.scope, self.refresh_token, self.id_token), [self.issued_at]
        if self.expires_at is not None:
            times.append(self.expires_at)
        sound = [isinstance(self.access_token, str) and bool(_HEADER_SAFE.fullmatch(self.access_token))]
        sound += [isinstance(text, str) and text != "" and text.isprintable() for text in required]
        sound += [text is None or (isinstance(text, str) and text.isprintable()) for text in optional]
        sound += [isinstance(at, (int, float)) and 0 <= at < _LAST_TIME for at in times]
        if not all(sound):
            raise ValueError("invalid")
        if MASKED_BY_CORE:
            register_foreign(*self.secrets())

    def secrets(self) -> list[str]:
        """Return the texts of this token that no output may hold."""
        return [text for text in (self.access_token, self.refresh_token, self.id_token) if text]

    @property
    def authorization(self) -> str:
        """The value of an C(Authorization) header. Both vendors' samples write Bearer with a capital letter."""
        return f"Bearer {self.access_token}"

    def expires_in(self, now: float | None = None) -> int | None:
        """Return the whole seconds left, at least 0; None for a token that never expires."""
        if self.expires_at is None:
            return None
        return max(0, math.floor(self.expires_at - (time.time() if now is None else now)))

    def is_good_for(self, seconds: float, now: float | None = None) -> bool:
        """Return whether the token lives for so many more seconds. Short-lived tokens count as good until 20 % of their life is left."""
        left = self.expires_in(now)
        if self.expires_at is None or left is None:
            return True
        life = self.expires_at - self.issued_at
        return left >= max(seconds if life > seconds else life / 5, 1)

    def with_refresh_token(self, refresh_token: str | None) -> Token:
        """Return the token with this refresh token, unless it has one of its own."""
        return self if self.refresh_token else dataclasses.replace(self, refresh_token=refresh_token)

    def as_result(self, source: str) -> dict[str, Any]:
        """Return what a task gets back. C(source) is login, refresh or cache."""
        optional = {"refresh_token": self.refresh_token, "scope": self.scope, "id_token": self.id_token}
        return {
            "access_token": self.access_token,
            "authorization": self.authorization,
            "token_type": self.token_type,
            "expires_in": self.expires_in(),
            "expires_at": None if self.expires_at is None else iso8601(self.expires_at),
            "source": source,
            "server": self.server,
            **{name: value for name, value in optional.items() if value},
        }

    def as_entry(self) -> dict[str, Any]:
        """Return what a store keeps of the token."""
        return {name: getattr(self, name) for name in _FIELDS}

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Token:
        """Return the token that C(as_entry) described.

        :raises ValueError: it did not, such as an entry of another version of the collection.
        """
        fields: dict[str, Any] = {name: entry.get(name) for name in _FIELDS}
        return cls(**fields)

    @classmethod
    def from_result(cls, result: Mapping[str, Any], *, server: str, now: float) -> Token:
        """Return the token of a module's result from a delegated host. It is checked like a server's answer, because the host is not believed.

        :arg server: the server that was asked, whatever the result says.
        :arg now: epoch seconds of this machine. The token's times are those of this clock, not of the host's.
        :raises BadResponse: there is no usable access token, or its expiry is invalid.
        """
        life = _number(result.get("expires_in"), name="expires_in", server=server)
        return _token(result, server=server, sent_at=now, life=life)


def parse_fac(response: Mapping[str, Any], *, server: str, sent_at: float) -> Token:
    """Return the token in a FortiAuthenticator's response. C(expires_in) is in seconds, and 0 means never (OAuth server token page).

    :arg sent_at: the time of the request in epoch seconds. The token counts as issued then.
    :raises BadResponse: there is no usable access token, or its expiry is invalid.
    """
    life = _number(response.get("expires_in"), name="expires_in", server=server)
    return _token(response, server=server, sent_at=sent_at, life=life or None)


def parse_forticwp(response: Mapping[str, Any], *, server: str, sent_at: float, server_time: float | None) -> Token:
    """Return the token in a response of the FortiCWP family. C(expires) is a time in epoch milliseconds (Get Credentials Token page).

    :arg server_time: the server's own time in epoch seconds, from the C(Date) header; None if it sent none.
    :raises BadResponse: there is no usable access token, or its expiry is invalid.
    """
    expires = _number(response.get("expires"), name="expires", server=server)
    life = None if expires is None else expires / 1000 - (sent_at if server_time is None else server_time)
    return _token(response, server=server, sent_at=sent_at, life=life)


def _token(response: Mapping[str, Any], *, server: str, sent_at: float, life: float | None) -> Token:
    if life is not None and abs(life) > _LONGEST_LIFE:
        raise BadResponse(f"{server} sent a token whose expiry is more than 20 years away. Check that server is the token service.")
    return Token(
        access_token=_access_token(response, server),
        server=server,
        token_type=_text(response, "token_type") or "Bearer",
        refresh_token=_secret(response, "refresh_token"),
        scope=_text(response, "scope"),
        id_token=_secret(response, "id_token"),
        issued_at=sent_at,
        expires_at=None if life is None else max(0.0, sent_at + life),
    )


def _access_token(response: Mapping[str, Any], server: str) -> str:
    token = response.get("access_token")
    if isinstance(token, str) and _HEADER_SAFE.fullmatch(token):
        return token
    if "access_token" not in response:
        fault = "is missing"
    elif not isinstance(token, str):
        fault = "is not text"
    else:
        fault = "is not valid in a header" if token else "is empty"
    raise BadResponse(f"{server} answered without a usable token: access_token {fault}. Check that server is the token service.")


def _text(response: Mapping[str, Any], name: str) -> str | None:
    value = response.get(name)
    return one_line(value).strip() or None if isinstance(value, str) else None


def _secret(response: Mapping[str, Any], name: str) -> str | None:
    """Return a secret that is sent back as it is; None if there is none that could be."""
    value = response.get(name)
    return value if isinstance(value, str) and _SENT_BACK.fullmatch(value) else None


def _number(value: Any, *, name: str, server: str) -> float | None:
    """Return a number that is given as number or text; None for None. Negative, infinite and NaN are invalid."""
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise BadResponse(f"{server} sent an expiry that is not a time, in {name}. Check that server is the token service.")
    return number


def iso8601(epoch_seconds: float) -> str:
    """Return a time as ISO 8601 in UTC.

    :raises ValueError, OverflowError, OSError: it is out of range.
    """
    return datetime.fromtimestamp(epoch_seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
