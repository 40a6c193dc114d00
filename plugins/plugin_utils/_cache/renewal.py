# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Get a new token if no kept one serves: refresh the kept one, or log in."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.forti.oauth.plugins.module_utils._errors import EXPIRED, FortiError, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest, Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier

Fetch = Callable[[Mapping[str, str] | None], Token]  # logs in, or goes on with a challenge
Tell = Callable[[str], None]


class Renewal:
    """One renewal, for one request. The caller of C(run) holds the locks of all tiers."""

    def __init__(self, tiers: Sequence[Tier], request: CacheRequest, *, fetch: Fetch, refresh: Callable[[str], Token], warn: Tell, log: Tell | None) -> None:
        """
        :arg fetch: logs in, or goes on with the challenge of an earlier caller.
        :arg refresh: gets a token for a refresh token.
        :arg log: tells a decision in one line; None if nobody wants to read them.
        """
        self._tiers = tiers
        self._request = request
        self._fetch = fetch
        self._refresh = refresh
        self._warn = warn
        self._log = log

    def _tell(self, text: str) -> None:
        if self._log:
            self._log(text)

    def run(self) -> Entry:
        """Refresh, or log in. If neither works and the kept token is still good, return that. The caller holds the locks of all tiers.

        Only the last tier's token is refreshed: another run may have used the refresh token of a copy already.
        """
        kept = self._tiers[-1].get(self._request.key) if self._tiers and not self._request.request_id else None
        try:
            refreshed = self._refreshed(kept) if kept else None
            if kept and not refreshed and kept.spent().is_spent and "refresh_token" in self._request.key:
                raise FortiError("The refresh token in the options was used before, and so was the one that replaced it. Use the newest one, or log in.")
            return refreshed or Entry(self._fetched(), self._request.request_id, source=self._request.source)
        except FortiError as exc:
            good = None if self._request.request_id or is_refusal(exc) else self._still_good()
            if good is None:
                raise
            self._warn(f"The token was not renewed. {exc} The kept token is valid for {good.token.expires_in()} more seconds, and is used.")
        return dataclasses.replace(good, refresh_failed_at=time.time())

    def _still_good(self) -> Entry | None:
        """Return the newest kept token that is good for a second or more; None if there is none. A copy of the run's is not to be refreshed."""
        kept = [(tier, entry) for tier in reversed(self._tiers) if (entry := tier.get(self._request.key)) and self._is_good(entry)]
        if not kept:
            return None
        tier, newest = max(kept, key=lambda found: found[1].token.issued_at)  # of two copies, that of the last tier
        return newest if tier is self._tiers[-1] else newest.spent()

    def _is_good(self, entry: Entry) -> bool:
        return entry.token.is_good_for(1) and not self._tiers[-1].is_revoked(entry.token.server, entry.token.access_token)

    def _fetched(self) -> Token:
        """Go on with the challenge of an earlier caller if the server still knows it, or else log in."""
        self._tell(f"asking for a new one (grant_type {self._request.key.get('grant_type')})")
        challenge = next((found for found in (tier.negative.pending_challenge(self._request) for tier in self._tiers) if found), None)
        if challenge:
            try:
                return self._fetch(challenge)
            except FortiError as exc:
                if exc.details.get("error") != EXPIRED:
                    raise
        return self._fetch(None)

    def _refreshed(self, kept: Entry) -> Entry | None:
        """Return a refreshed token; None if only a login helps.

        The refresh token is spent before it is sent: the entry is written without it, so that nobody sends it again, whatever happens to this process
        or to the answer. It is given back only if nothing was sent.

        :raises FortiError: the refresh failed, was not refused, and the token is still good.
        """
        tier, refresh_token = self._tiers[-1], kept.token.refresh_token
        spent = tier.spend(refresh_token, self._request.key, lock_timeout=self._request.lock_timeout) if refresh_token else []
        if refresh_token is None or not spent or not tier.holds_lock():
            return None
        self._tell(f"{kept.told()}: refreshing it")
        try:
            return Entry(self._refresh(refresh_token).with_refresh_token(refresh_token), source="refresh")
        except FortiError as exc:
            for key in spent if exc.unsent else ():
                tier.put(kept, key)
            self._tell(f"the refresh failed: {exc}")
            if is_refusal(exc) or not kept.token.is_good_for(1):
                return None
            raise
