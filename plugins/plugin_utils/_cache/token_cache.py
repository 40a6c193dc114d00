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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ansible_collections.forti.oauth.plugins.module_utils._errors import EXPIRED, FortiError, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, single_flight
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest, Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import CacheKey, EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import Content
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier, tombstone
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tombstones import Tombstones

Fetch = Callable[[Mapping[str, str] | None], Token]  # logs in, or goes on with a challenge


class TokenCache:
    """Tokens in tiers, nearest first: the run's own, then the one that other runs share. Without tiers, nothing is kept."""

    def __init__(self, open_backends: Sequence[Callable[[], Backend]], *, for_run_only: bool = False, warn: Callable[[str], None]) -> None:
        """
        :arg open_backends: what opens the backend of each tier. The first is opened at once, the others when the run has no token.
        :arg for_run_only: tokens are kept in the nearest tier only. Tombstones are kept in all.
        """
        caches: list[EncryptedCache] = []
        all_tiers: list[Tier] = []
        for open_backend in open_backends:
            caches.append(EncryptedCache(open_backend, run=caches[0] if caches else None, warn=warn))
            all_tiers.append(Tier(caches[-1], nearer=all_tiers[-1] if all_tiers else None))
        if caches:
            caches[0].open()
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
        :arg access_token: the token; None is what stands under the cache key, which is more than one token if this run has not seen the newest.
        :arg revoke: asks the server. It is called once for a token, however many callers there are.
        """
        kept: list[Token] = []
        if access_token is None:
            with self._locked(self._tiers, key, lock_timeout):
                kept = self._kept(key)
        tokens = [access_token] if access_token is not None else [token.access_token for token in _live(kept)]
        # A delegated host, or an unchecked server, does not say which token is ended for others: what it gave is only forgotten.
        marks = access_token is not None or self._tiers == self._all_tiers
        were_live = False
        for each in dict.fromkeys(tokens):
            with self._locked(self._all_tiers, tombstone(key["server"], each), lock_timeout):
                tombstones = Tombstones(self._all_tiers, key["server"], each, warn=self._warn)
                if not tombstones.are_confirmed:
                    were_live |= tombstones.revoke(revoke) if marks and not check_mode else revoke(each)
        if not check_mode:
            self._forget(key, {*tokens, *(token.access_token for token in kept)}, lock_timeout)
        return were_live

    def forget(self, key: CacheKey, *, lock_timeout: float) -> None:
        """Forget the tokens that are kept now, which the server cannot revoke. One that another caller gets meanwhile stays."""
        self._forget(key, {token.access_token for token in self._kept(key)}, lock_timeout)

    def _kept(self, key: CacheKey) -> list[Token]:
        """Return the tokens that stand under a cache key, the nearest first."""
        found = [tier.get(key, even_revoked=True) for tier in self._tiers]
        return [entry.token for entry in found if entry is not None]

    def _forget(self, key: CacheKey, access_tokens: Iterable[str], lock_timeout: float) -> None:
        with self._locked(self._tiers, key, lock_timeout):
            for tier in self._tiers:
                for access_token in access_tokens:
                    tier.forget(key, access_token)

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
        if behind and request.request_id:
            request = _replacing(behind[0].get(request.key), request)
        try:
            entry = (behind[0].find(request) if behind else None) or self._miss(behind, request, new)
        except FortiError as exc:
            # This run shares every error, because each host would try a server that is down. Other runs share refusals only.
            if tier is self._tiers[0] or is_refusal(exc):
                tier.negative.put(exc, request)
            raise
        if entry.source != "cache":
            tier.negative.clear(request)
        tier.put(entry, request.key)  # last, because the generation that it makes is the one that the token belongs to
        return entry

    def _new(self, request: CacheRequest, fetch: Fetch, refresh: Callable[[str], Token]) -> Entry:
        """Refresh, or log in. If neither works and the kept token is still good, return that. The caller holds the locks of all tiers.

        Only the last tier's token is refreshed: another run may have used the refresh token of a copy already.
        """
        kept = self._tiers[-1].get(request.key) if self._tiers and not request.request_id else None
        try:
            refreshed = self._refreshed(request, kept, refresh) if kept else None
            if kept and not refreshed and kept.spent().is_spent and "refresh_token" in request.key:
                raise FortiError("The refresh token in the options was used before, and so was the one that it brought. Use the newest one, or log in.")
            return refreshed or Entry(self._fetched(request, fetch), request.request_id, source=request.source)
        except FortiError as exc:
            good = None if request.request_id or is_refusal(exc) else self._still_good(request.key)
            if good is None:
                raise
            self._warn(f"The token was not renewed. {exc} The one that is kept is good for {good.token.expires_in()} more seconds, and is used.")
        return dataclasses.replace(good, refresh_failed_at=time.time())

    def _still_good(self, key: CacheKey) -> Entry | None:
        """Return the nearest kept token that is good for a second or more; None if there is none. A copy of the run's is not to be refreshed."""
        last = self._tiers[-1].get(key) if self._tiers else None
        for entry in (tier.get(key) for tier in self._tiers):
            if entry and entry.token.is_good_for(1) and not self._tiers[-1].is_revoked(entry.token.server, entry.token.access_token):
                return last if last and last.token.access_token == entry.token.access_token else entry.spent()
        return None

    def _fetched(self, request: CacheRequest, fetch: Fetch) -> Token:
        """Go on with the challenge of an earlier caller if the server still knows it, or else log in."""
        challenge = next((found for found in (tier.negative.pending_challenge(request) for tier in self._tiers) if found), None)
        if challenge:
            try:
                return fetch(challenge)
            except FortiError as exc:
                if exc.details.get("error") != EXPIRED:
                    raise
        return fetch(None)

    def _refreshed(self, request: CacheRequest, kept: Entry, refresh: Callable[[str], Token]) -> Entry | None:
        """Return a refreshed token; None if only a login helps.

        The refresh token is spent before it is sent: the entry is written without it, so that nobody sends it again, whatever happens to this process
        or to the answer. It is given back only if nothing was sent.

        :raises FortiError: the refresh failed, was not refused, and the token is still good.
        """
        tier, refresh_token = self._tiers[-1], kept.token.refresh_token
        spent = tier.spend(refresh_token, request.key, lock_timeout=request.lock_timeout) if refresh_token else []
        if refresh_token is None or not spent or not tier.holds_lock():
            return None
        try:
            return Entry(refresh(refresh_token).with_refresh_token(refresh_token), source="refresh")
        except FortiError as exc:
            for key in spent if exc.unsent else ():
                tier.put(kept, key)
            if is_refusal(exc) or not kept.token.is_good_for(1):
                return None
            raise

    def _read(self, request: CacheRequest, read: Callable[[], Content]) -> Content:
        try:
            response = read()
        except FortiError as exc:
            self._tiers[0].negative.put(exc, request)
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


def _replacing(entry: Entry | None, request: CacheRequest) -> CacheRequest:
    """Return the forced request with the token that a shared tier holds before it is served."""
    return dataclasses.replace(request, replaces=entry.token.access_token if entry else None)


def _live(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens that are not over; if all are, the last one."""
    return [token for token in tokens if token.is_good_for(1)] or tokens[-1:]
