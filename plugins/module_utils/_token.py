# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""The token as a value: parsed from an answer, judged by its expiry, shown to a task."""

from __future__ import annotations

import dataclasses
import math
import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import BadAnswer
from ansible_collections.forti.oauth.plugins.module_utils._secrets import register

# What may stand in an Authorization header: visible ASCII, nothing that could end the line (RFC 6750, 2.1).
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_LONGEST_LIFE = 20 * 365 * 86400  # seconds; more is no life but a time of day, or no time at all
_LAST_TIME = 253402300800  # the year 10000
_KEPT = ("access_token", "server", "token_type", "refresh_token", "scope", "id_token", "issued_at", "expires_at")


@dataclasses.dataclass(frozen=True)
class Token:
    """An OAuth bearer token. Times are epoch seconds of the machine that holds it; C(expires_at=None) is never."""

    access_token: str = dataclasses.field(repr=False)
    server: str
    token_type: str = "Bearer"
    refresh_token: str | None = dataclasses.field(default=None, repr=False)
    scope: str | None = None
    id_token: str | None = dataclasses.field(default=None, repr=False)
    issued_at: float = 0.0
    expires_at: float | None = None

    def __post_init__(self) -> None:
        register(self.access_token, self.refresh_token, self.id_token)

    @property
    def authorization(self) -> str:
        """The value of an C(Authorization) header. Both families' samples write Bearer with a capital letter."""
        return f"Bearer {self.access_token}"

    def expires_in(self, now: float | None = None) -> int | None:
        """Return the whole seconds left, at least 0; None for a token that never expires."""
        if self.expires_at is None:
            return None
        return max(0, math.floor(self.expires_at - (time.time() if now is None else now)))

    def is_good_for(self, seconds: float, now: float | None = None) -> bool:
        """Tell whether the token can still be used for so many seconds; of a token that lives no longer than that, for a fifth of its life."""
        left = self.expires_in(now)
        if self.expires_at is None or left is None:
            return True
        life = self.expires_at - self.issued_at
        return left >= max(seconds if life > seconds else life / 5, 1)

    def keeping(self, refresh_token: str | None) -> Token:
        """Return the token with this refresh token where the answer brought none (FortiCWP's refresh)."""
        return self if self.refresh_token else dataclasses.replace(self, refresh_token=refresh_token)

    def as_result(self, source: str) -> dict[str, Any]:
        """Return what a task gets back; C(source) is login, refresh or cache."""
        result = {
            "access_token": self.access_token,
            "authorization": self.authorization,
            "token_type": self.token_type,
            "expires_in": self.expires_in(),
            "expires_at": None if self.expires_at is None else iso8601(self.expires_at),
            "source": source,
            "server": self.server,
        }
        optional = {name: getattr(self, name) for name in ("refresh_token", "scope", "id_token")}
        return {**result, **{name: value for name, value in optional.items() if value}}

    def as_kept(self) -> dict[str, Any]:
        """Return what a store keeps."""
        return {name: getattr(self, name) for name in _KEPT}

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> Token:
        """Return the token that C(as_kept) described.

        :raises ValueError: this is none, such as what another version of the collection has kept.
        """
        texts = [kept.get(name) for name in _KEPT[:6]]
        times = [kept.get("issued_at"), 0.0 if kept.get("expires_at") is None else kept["expires_at"]]
        required = all(isinstance(text, str) and text for text in texts[:3])
        optional = all(text is None or isinstance(text, str) for text in texts[3:])
        if not required or not optional or not all(isinstance(at, (int, float)) and 0 <= at < _LAST_TIME for at in times):
            raise ValueError("no token")
        return cls(**{name: kept[name] for name in _KEPT})

    @classmethod
    def from_result(cls, result: Mapping[str, Any], *, now: float) -> Token:
        """Return the token of a module's result, counted by this machine's clock and not the other's."""
        left = result.get("expires_in")
        fields = {name: result.get(name) for name in ("refresh_token", "scope", "id_token")}
        return cls(
            access_token=result["access_token"],
            server=result["server"],
            token_type=result["token_type"],
            issued_at=now,
            expires_at=None if left is None else now + left,
            **fields,
        )


def parse_fac(answer: Mapping[str, Any], *, server: str, sent_at: float) -> Token:
    """Parse a FortiAuthenticator's answer: C(expires_in) in seconds, 0 is never (OAuth server token page).

    :arg sent_at: epoch seconds when the request went out; the token cannot be older.
    :raises BadAnswer: there is no usable access token, or its expiry is no time.
    """
    life = _number(answer.get("expires_in"), name="expires_in", server=server)
    return _token(answer, server=server, sent_at=sent_at, life=life or None)


def parse_forticwp(answer: Mapping[str, Any], *, server: str, sent_at: float, server_time: float | None) -> Token:
    """Parse an answer of the FortiCWP family: C(expires) is a time in epoch milliseconds (Get Credentials Token page).

    :arg server_time: epoch seconds of the server's own clock, from the C(Date) header; None where it sent none.
    :raises BadAnswer: there is no usable access token, or its expiry is no time.
    """
    expires = _number(answer.get("expires"), name="expires", server=server)
    life = None if expires is None else expires / 1000 - (sent_at if server_time is None else server_time)
    return _token(answer, server=server, sent_at=sent_at, life=life)


def _token(answer: Mapping[str, Any], *, server: str, sent_at: float, life: float | None) -> Token:
    if life is not None and abs(life) > _LONGEST_LIFE:
        raise BadAnswer(f"{server} sent a token whose expiry is more than 20 years away. Check that server is the token service.")
    return Token(
        access_token=_access_token(answer, server),
        server=server,
        token_type=_text(answer, "token_type") or "Bearer",
        refresh_token=_text(answer, "refresh_token"),
        scope=_text(answer, "scope"),
        id_token=_text(answer, "id_token"),
        issued_at=sent_at,
        expires_at=None if life is None else sent_at + life,
    )


def _access_token(answer: Mapping[str, Any], server: str) -> str:
    token = answer.get("access_token")
    if isinstance(token, str) and _HEADER_SAFE.fullmatch(token):
        return token
    if "access_token" not in answer:
        fault = "is missing"
    elif not isinstance(token, str):
        fault = "is no text"
    else:
        fault = "is not fit for a header" if token else "is empty"
    raise BadAnswer(f"{server} answered without a usable token: access_token {fault}. Check that server is the token service.")


def _text(answer: Mapping[str, Any], name: str) -> str | None:
    value = answer.get(name)
    return value if isinstance(value, str) and value else None


def _number(value: Any, *, name: str, server: str) -> float | None:
    """Accept what was seen or documented: a number, or a string of one. A negative or endless time is none."""
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise BadAnswer(f"{server} sent an expiry that is no time, in {name}. Check that server is the token service.")
    return number


def iso8601(epoch_seconds: float) -> str:
    """Return a time as ISO 8601 in UTC.

    :raises ValueError, OverflowError, OSError: it is too far away to be written.
    """
    return datetime.fromtimestamp(epoch_seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
