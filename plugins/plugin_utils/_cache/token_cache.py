# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The token cache: tokens in tiers, one request for all callers, refresh, and tombstones for revoked tokens."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from ansible_collections.forti.oauth.plugins.module_utils._errors import EXPIRED, FortiError, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, single_flight
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import CacheKey, Content, EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import CacheRequest, Entry, Tier, tombstone

Fetch = Callable[[Mapping[str, str] | None], Token]  # logs in, or goes on with a challenge


class TokenCache:
    """Tokens in tiers, nearest first: the run's own, then the one that other runs share. Without tiers, nothing is kept."""

    def __init__(self, open_backends: Sequence[Callable[[], Backend]], *, for_run_only: bool = False, warn: Callable[[str], None]) -> None:
        """
        :arg open_backends: what opens the backend of each tier. The first is opened at once, the others when the run has no token.
        :arg for_run_only: tokens are kept in the nearest tier only. Tombstones are kept in all.
        """
        all_tiers: list[Tier] = []
        for number, open_backend in enumerate(open_backends):
            cache = EncryptedCache(open_backend, warn=warn)
            if number == 0:
                cache.open()
            all_tiers.append(Tier(cache, nearer=all_tiers[-1] if all_tiers else None))
        self._all_tiers = tuple(all_tiers)
        self._tiers = self._all_tiers[:1] if for_run_only else self._all_tiers
        self._warn = warn

    @property
    def generation(self) -> bytes:
        """The generation of the nearest tier after the last change that this process made; empty if it made none."""
        return self._tiers[0].generation if self._tiers else b""

    def get_or_fetch(self, request: CacheRequest, *, fetch: Fetch, refresh: Callable[[str], Token]) -> Entry:
        """Return a token that serves the request. On a miss one caller gets it, while the others wait.

        :arg fetch: logs in, or goes on with the challenge of an earlier caller.
        :arg refresh: gets a token for a refresh token.
        :raises FortiError: there is none. After a refusal, all callers get the same error for a minute.
        """
        hit = self._tiers[0].find(request) if self._tiers else None
        return hit or self._miss(self._tiers, request, functools.partial(self._new, request, fetch, refresh))

    def get_or_read(self, request: CacheRequest, read: Callable[[], Content]) -> Content:
        """Return the response that the run keeps for the request. On a miss one caller reads it, while the others wait.

        :raises FortiError: it cannot be read. All callers get the same error.
        """
        if not self._tiers:
            return read()
        run = self._tiers[0]
        lock = run.lock(request.key, timeout=request.lock_timeout)
        return run.find_response(request) or single_flight(lock, functools.partial(run.find_response, request), functools.partial(self._read, request, read))

    def revoke(self, key: CacheKey, access_token: str | None, *, lock_timeout: float, revoke: Callable[[str], bool], check_mode: bool) -> bool:
        """Revoke a token and forget it in every tier; return whether it was live.

        :arg key: the cache key under which the token may stand.
        :arg access_token: the token; None is the one of the cache key.
        :arg revoke: asks the server. It is called once for a token, however many callers there are.
        """
        is_told = access_token is not None
        with self._locked(self._tiers, key, lock_timeout):
            entries = [entry for entry in (tier.get(key) for tier in self._tiers) if entry is not None]
        if access_token is None and entries:
            access_token = max(entries, key=lambda entry: entry.token.issued_at).token.access_token
        if access_token is None:
            return False
        with self._locked(self._all_tiers, tombstone(key["server"], access_token), lock_timeout):
            if any(tier.is_revoked(key["server"], access_token) for tier in self._all_tiers):
                return False
            was_live = revoke(access_token)
            if not check_mode:
                # A delegated host, or an unchecked server, does not say which token is ended for others: what it gave is only forgotten.
                marked = self._all_tiers if is_told or self._tiers == self._all_tiers else ()
                for tier in marked:
                    tier.put_tombstone(key, access_token)
                for tier in self._tiers if not marked else ():
                    tier.forget(key)
            return was_live

    def forget(self, key: CacheKey) -> None:
        """Forget a token that the server cannot revoke."""
        for tier in self._tiers:
            tier.forget(key)

    def _miss(self, tiers: tuple[Tier, ...], request: CacheRequest, new: Callable[[], Entry]) -> Entry:
        """Let one caller get the token, while the others wait for the lock of the nearest tier."""
        if not tiers:
            return new()
        # The holder of this lock may also wait for the locks of the tiers behind.
        lock = tiers[0].lock(request.key, timeout=len(tiers) * request.lock_timeout)
        return single_flight(lock, functools.partial(tiers[0].find, request), functools.partial(self._from_behind, tiers, request, new))

    def _from_behind(self, tiers: tuple[Tier, ...], request: CacheRequest, new: Callable[[], Entry]) -> Entry:
        """Return a token of the tiers behind the nearest, or a new one. Store it, or the error, in the nearest tier."""
        tier, behind = tiers[0], tiers[1:]
        try:
            entry = (behind[0].find(request) if behind else None) or self._miss(behind, request, new)
        except FortiError as exc:
            # This run shares every error, because each host would try a server that is down. Other runs share refusals only.
            if tier is self._tiers[0] or is_refusal(exc):
                tier.put_failure(exc, request)
            raise
        if entry.source != "cache":
            tier.clear_failure(request)
        tier.put(entry, request.key)  # last, because the generation that it makes is the one that the token belongs to
        return entry

    def _new(self, request: CacheRequest, fetch: Fetch, refresh: Callable[[str], Token]) -> Entry:
        """Refresh, or log in. The caller holds the locks of all tiers."""
        return self._refreshed(request, refresh) or Entry(self._fetched(request, fetch), request.request_id, source=request.source)

    def _fetched(self, request: CacheRequest, fetch: Fetch) -> Token:
        """Go on with the challenge of an earlier caller if the server still knows it, or else log in."""
        challenge = next((found for found in (tier.pending_challenge(request) for tier in self._tiers) if found), None)
        if challenge:
            try:
                return fetch(challenge)
            except FortiError as exc:
                if exc.details.get("error") != EXPIRED:
                    raise
        return fetch(None)

    def _refreshed(self, request: CacheRequest, refresh: Callable[[str], Token]) -> Entry | None:
        """Return a refreshed token; None if only a login helps.

        Only the last tier's token is refreshed, and only under its lock: another run may have used the refresh token of a copy already.
        """
        tier = self._tiers[-1] if self._tiers else None
        entry = tier.get(request.key) if tier else None
        if tier is None or entry is None or entry.token.refresh_token is None or request.request_id or not tier.holds_lock():
            return None
        try:
            return Entry(refresh(entry.token.refresh_token).with_refresh_token(entry.token.refresh_token), source="refresh")
        except FortiError as exc:
            if is_refusal(exc) or not entry.token.is_good_for(1):
                return None
            self._warn(f"The token was not refreshed. {exc} The one that is kept is good for {entry.token.expires_in()} more seconds, and is used.")
        return dataclasses.replace(entry, refresh_failed_at=time.time())

    def _read(self, request: CacheRequest, read: Callable[[], Content]) -> Content:
        try:
            response = read()
        except FortiError as exc:
            self._tiers[0].put_failure(exc, request)
            raise
        self._tiers[0].put_response(response, request)
        return response

    @contextlib.contextmanager
    def _locked(self, tiers: Sequence[Tier], key: CacheKey, timeout: float) -> Iterator[None]:
        """Hold the locks of a cache key in these tiers, the nearest first. They save requests; a shared one that hangs is not waited for longer."""
        with contextlib.ExitStack() as stack:
            for number, tier in enumerate(tiers):
                stack.enter_context(tier.lock(key, timeout=(len(tiers) - number) * timeout, is_needed=False))
            yield
