# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What a caller wants from the cache, and an entry that may serve it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import CacheKey

NEGATIVE_LIFE = 60  # seconds for which a refusal or a failed refresh is remembered
VERIFY_AGAIN = 30  # seconds after which C(verify: always) verifies a token of this run again
SKEW = 300  # seconds by which the clocks of two machines may differ
STORED = ("request_id", "refresh_failed_at", "verified_at", "is_own", "is_spent")  # what is stored of an entry beside its token


@dataclasses.dataclass(frozen=True, kw_only=True)
class CacheRequest:
    """What a caller wants from the cache."""

    key: CacheKey = dataclasses.field(repr=False)
    request_id: str | None = None  # set if the caller forces a new result; callers with the same id share it
    lock_timeout: float  # seconds to wait for another process that gets the same
    one_time: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)  # options that work once; they are not part of the key
    min_validity: int = 0  # seconds
    source: str = "login"  # of a token that is fetched for it
    asked_at: float = dataclasses.field(default_factory=time.time)
    replaces: str | None = dataclasses.field(default=None, repr=False)  # the access token that a shared tier held when a forced ask began
    waits: float = 0  # seconds, for a push
    # Asks the server whether a kept token is live. None verifies no token; a result of None is no answer.
    is_live: Callable[[str], bool | None] | None = dataclasses.field(default=None, repr=False)
    verifies_own: bool = False  # also verify the tokens of this run
    # Whether the caller could go on with this challenge of an earlier one.
    resumes: Callable[[Mapping[str, str]], bool] = dataclasses.field(default=lambda _challenge: False, repr=False)

    def accepts(self, *, stored_at: float, request_id: str | None, is_own: bool = True) -> bool:
        """Return whether the caller takes a result for a request with this id. If it forces one, that must be new.

        :arg stored_at: when it was got, in epoch seconds.
        :arg is_own: this run got it, so that the time is that of this machine.
        """
        return self.request_id in (None, request_id) or (is_own and stored_at >= self.asked_at)


@dataclasses.dataclass(frozen=True)
class Entry:
    """A token in the cache, and where it came from."""

    token: Token
    request_id: str | None = None  # of the caller that forced it
    refresh_failed_at: float = 0.0
    verified_at: float = 0.0  # when this run verified it
    source: str = "cache"  # login, refresh or cache
    is_own: bool = False  # whether the run in whose tier it is got it; C(Tier.put) tells
    is_spent: bool = False  # whether its refresh token was used

    def serves(self, request: CacheRequest, *, shared: bool) -> bool:
        """Return whether the request can take this token. A token issued more than SKEW ahead is rejected: the clock was set back.

        :arg shared: it comes from a tier that other runs share. A forced ask takes it if it was not there before: its times are another machine's.
        """
        now = time.time()
        is_new = (shared and self.token.access_token != request.replaces) or request.accepts(
            stored_at=self.token.issued_at, request_id=self.request_id, is_own=self.is_own and not shared
        )
        if self.token.issued_at > now + SKEW or not is_new:
            return False
        if request.verifies_own and not shared and self.verified_for() <= 0:
            return False
        return self.token.is_good_for(1 if is_recent(self.refresh_failed_at, now) else request.min_validity)

    def verified_for(self) -> float:
        """Return the seconds until C(verify: always) wants the token verified again; not positive if that is due now."""
        known_at = max(self.verified_at, self.token.issued_at if self.is_own or self.source != "cache" else 0.0)
        return VERIFY_AGAIN - abs(time.time() - known_at)

    def told(self) -> str:
        """Return the token in words, without a secret."""
        left = self.token.expires_in()
        return "a token that never expires" if left is None else f"a token that is good for {left} s"

    def spent(self) -> Entry:
        """Return the entry without its refresh token, as it is from before that is sent."""
        return dataclasses.replace(
            self, token=dataclasses.replace(self.token, refresh_token=None), is_spent=self.is_spent or self.token.refresh_token is not None
        )

    def as_result(self) -> dict[str, Any]:
        """Return what a task gets back."""
        return {"changed": False, **self.token.as_result(self.source)}


def is_recent(at: float, now: float) -> bool:
    """Return whether a failure is remembered still."""
    return abs(now - at) < NEGATIVE_LIFE
