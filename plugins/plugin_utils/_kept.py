# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What the broker keeps on a shelf: tokens, refusals, and the mark of a token that was ended."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError, Refused, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._shelf import Content, Identity, Shelf

_REMEMBERED = 60  # seconds for which a refusal, or a refresh that failed, is not tried again
_REFRESHABLE = 8 * 3600  # seconds for which a token is kept beyond its end to be refreshed: so long FortiCWP's refresh tokens live
_MARKED = 86400  # seconds for which it is remembered that a token was ended
_SKEW = 300  # seconds by which the clocks of two machines may differ


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody asks for, and when."""

    identity: Identity = dataclasses.field(repr=False)  # all that identifies it, the lasting secrets among it
    forced_by: str | None  # the task that wants a new one; its hosts share it
    patience: float  # seconds that getting it may take at the most
    once: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)  # the answers that work one time; they are no part of the identity
    asked_at: float = dataclasses.field(default_factory=time.time)

    def is_met_by(self, *, at: float, forced_by: str | None) -> bool:
        """Tell whether what was got then, and for whom, is new enough."""
        return self.forced_by is None or self.forced_by == forced_by or at >= self.asked_at


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request(Asked):
    """How a task or a template gets the token that it asks for."""

    min_validity: int
    login: Callable[[], dict[str, Any]]
    refresh: Callable[[str], dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Entry:
    """A token, and how it came here."""

    token: Token
    forced_by: str | None = None
    not_refreshed_at: float = 0.0

    def serves(self, request: Request) -> bool:
        """Tell whether this is what the request wants. A token from the future is none: a clock was set back, and its end is unknown."""
        now = time.time()
        if self.token.issued_at > now + _SKEW or not request.is_met_by(at=self.token.issued_at, forced_by=self.forced_by):
            return False
        return self.token.is_good_for(1 if _lately(self.not_refreshed_at, now) else request.min_validity)


class Kept:
    """Tokens and refusals on one shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def locked(self, identity: Identity, *, patience: float) -> AbstractContextManager[None]:
        """Hold the only right to renew a token."""
        return self._shelf.locked(identity, patience=patience)

    def entry(self, identity: Identity) -> Entry | None:
        """Return what is kept: the newest, where a task has refreshed it by hand; nothing that a task has ended."""
        entry = _entry(self._shelf.read(identity, "token"))
        seen: set[str | None] = {None, identity.get("refresh_token")}
        while entry is not None and entry.token.refresh_token not in seen:
            seen.add(entry.token.refresh_token)
            identity = _refreshed_by_hand(identity, str(entry.token.refresh_token))
            newer = _entry(self._shelf.read(identity, "token"))
            if newer is None or not entry.token.issued_at <= newer.token.issued_at <= time.time() + _SKEW:
                break
            entry = newer
        return None if entry is None or self.is_ended(entry.token.server, entry.token.access_token) else entry

    def keep(self, entry: Entry, identity: Identity) -> None:
        """Keep a token for as long as it can be used or refreshed."""
        end = entry.token.expires_at
        keep_until = None if end is None else end + (_REFRESHABLE if entry.token.refresh_token else 0)
        content = {**entry.token.as_kept(), "forced_by": entry.forced_by, "not_refreshed_at": entry.not_refreshed_at}
        self._shelf.keep(content, identity, "token", keep_until=keep_until)

    def failure(self, request: Asked) -> FortiError | None:
        """Return the error that somebody else met: of a moment ago where it was a refusal, else since this request was made."""
        content = self._shelf.read(request.identity, "failure", **request.once)
        if (
            content is None
            or not _is_failure(content)
            or not _lately(content["at"], time.time())
            or not request.is_met_by(at=content["at"], forced_by=content["forced_by"])
        ):
            return None
        if not content["refused"] and content["at"] < request.asked_at:
            return None
        details = content["details"]
        challenge = details.get("challenge")
        if challenge:
            return ChallengeRequired(content["message"], challenge)
        return (Refused if content["refused"] else FortiError)(content["message"], **details)

    def fail(self, exc: FortiError, request: Asked) -> None:
        """Remember an error for all who ask with the same options."""
        now = time.time()
        content = {"message": str(exc), "details": exc.details, "at": now, "forced_by": request.forced_by, "refused": is_refusal(exc)}
        self._shelf.keep(content, request.identity, "failure", keep_until=now + _REMEMBERED, **request.once)

    def forgive(self, request: Request) -> None:
        """Forget an error: it went well since."""
        self._shelf.forget(request.identity, "failure", **request.once)

    def forget(self, identity: Identity) -> None:
        """Forget a token."""
        self._shelf.forget(identity, "token")

    def is_ended(self, server: str, access_token: str) -> bool:
        """Tell whether a task has ended this token."""
        return self._shelf.read(ended(server, access_token), "ended") is not None

    def end(self, identity: Identity, access_token: str) -> None:
        """Forget a token, and remember that it was ended: it may be kept under another identity too."""
        entry = self.entry(identity)
        if entry is not None and entry.token.access_token == access_token:
            self.forget(identity)
        now = time.time()
        self._shelf.keep({"at": now}, ended(identity["server"], access_token), "ended", keep_until=now + _MARKED)


def ended(server: str, access_token: str) -> Identity:
    """Return the identity of the mark that a task has ended this token."""
    return {"server": server, "ended": access_token}


def _refreshed_by_hand(identity: Identity, refresh_token: str) -> Identity:
    """Return the identity under which a task of its own keeps what it got for this refresh token."""
    same = {name: identity[name] for name in ("family", "server", "client_id", "client_secret") if name in identity}
    return {**same, "grant_type": "refresh_token", "refresh_token": refresh_token}


def _entry(content: Content | None) -> Entry | None:
    try:
        return Entry(Token.from_kept(content), content["forced_by"], float(content["not_refreshed_at"])) if content is not None else None
    except (KeyError, TypeError, ValueError, OverflowError):
        return None  # of another version


def _is_failure(content: Content) -> bool:
    """Tell whether this is what fail() keeps, and not another version's."""
    details = content.get("details")
    at_is_time = isinstance(content.get("at"), (int, float)) and abs(content["at"]) < 1e12
    sound = isinstance(details, dict) and "message" not in details and isinstance(details.get("challenge", {}), dict)
    return sound and at_is_time and isinstance(content.get("message"), str) and {"forced_by", "refused"} <= set(content)


def _lately(at: float, now: float) -> bool:
    return -_SKEW < now - at < _REMEMBERED
