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
from collections.abc import Callable, Iterable, Iterator, Sequence

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, single_flight
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest, Entry, is_recent
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import CacheKey, EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import Content
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.renewal import Fetch, Renewal
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier, tombstone
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tombstones import Tombstones

_TOLD_WAIT = 0.1  # seconds; nobody wants to read of less
_VERIFIED = {True: "it is live", False: "it was ended elsewhere, so a new one is requested", None: "the server gave no clear answer, so it is used"}
_MOST_ENDED = 3  # tokens of other runs that were ended elsewhere; the next one is used as it is


class TokenCache:
    """Tokens in tiers, nearest first: the run's own, then the one that other runs share. Without tiers, nothing is kept."""

    def __init__(
        self,
        open_backends: Sequence[Callable[[], Backend]],
        *,
        for_run_only: bool = False,
        warn: Callable[[str], None],
        log: Callable[[str], None] | None = None,
    ) -> None:
        """
        :arg open_backends: what opens the backend of each tier. The first is opened at once, the others when the run has no token.
        :arg for_run_only: tokens are kept in the nearest tier only. Tombstones are kept in all.
        :arg log: tells a decision in one line; None if nobody wants to read them.
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
        self._log = log

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
        if hit and self._log:
            self._log(f"{hit.told()} in {self._tiers[0].where}")
        return hit or self._miss(self._tiers, request, Renewal(self._tiers, request, fetch=fetch, refresh=refresh, warn=self._warn, log=self._log).run)

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
        :raises FortiError: the server cannot be asked, or another client got the token.
        """
        kept: list[Token] = []
        if access_token is not None:
            self._check_client(key, access_token)
        else:
            with self._locked(self._tiers, key, lock_timeout):
                kept = self._kept(key)
        tokens = [access_token] if access_token is not None else [token.access_token for token in _live(kept)]
        # A delegated host, or an unchecked server, does not say which token is ended for others: what it gave is only forgotten.
        marks = access_token is not None or self._tiers == self._all_tiers
        were_live = False
        for each in dict.fromkeys(tokens):
            with self._locked(self._all_tiers, tombstone(key["server"], each), lock_timeout):
                tombstones = Tombstones(self._all_tiers, key["server"], each, client_id=key.get("client_id"), warn=self._warn)
                if not tombstones.are_confirmed:
                    were_live |= tombstones.revoke(revoke) if marks and not check_mode else revoke(each)
        if not check_mode:
            self._forget(key, {*tokens, *(token.access_token for token in kept)}, lock_timeout)
        return were_live

    def forget(self, key: CacheKey, *, lock_timeout: float) -> None:
        """Forget the tokens that are kept now, which the server cannot revoke. One that another caller gets meanwhile stays."""
        self._forget(key, {token.access_token for token in self._kept(key)}, lock_timeout)

    def keep_client(self, token: Token, client_id: str) -> None:
        """Let the run remember which client got a token, so that a revocation by another one is refused."""
        for run in self._tiers[:1]:
            run.put_client(token.server, token.access_token, client_id)

    def _check_client(self, key: CacheKey, access_token: str) -> None:
        """Check that this client got the token, if the run knows who did. The server would call it invalid, as if it had ended.

        :raises OptionError: another client got it.
        """
        owner, client_id = self._all_tiers[0].client_of(key["server"], access_token), key.get("client_id")
        if owner not in (None, client_id):
            raise OptionError(f"access_token was issued to client_id {owner}, and client_id is {client_id}. Revoke it with client_id {owner}.")

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
            if self._log:
                self._log("cache is none: nothing is kept")
            return new()
        if self._log and tiers[0].where:
            self._log(f"no token in {tiers[0].where}: {tiers[0].why_not(request)}")
        # The holder of this lock may also wait for the locks of the tiers behind.
        lock = tiers[0].lock(request.key, timeout=len(tiers) * request.lock_timeout)
        find = functools.partial(self._find_after_waiting, tiers[0], request, since=time.monotonic())
        return single_flight(lock, find, functools.partial(self._from_behind, tiers, request, new))

    def _find_after_waiting(self, tier: Tier, request: CacheRequest, *, since: float) -> Entry | None:
        """Look again, as soon as the lock of the tier is held."""
        waited = time.monotonic() - since
        entry = tier.find(request)
        if self._log and waited >= _TOLD_WAIT:
            whom = "another task or template of this run" if tier is self._tiers[0] else "another run"
            self._log(f"waited {waited:.1f} s for {whom}, which got {entry.told() if entry else 'none'}")
        return entry

    def _from_behind(self, tiers: tuple[Tier, ...], request: CacheRequest, new: Callable[[], Entry]) -> Entry:
        """Return a token of the tiers behind the nearest, or a new one. Store it, or the error, in the nearest tier."""
        tier, behind = tiers[0], tiers[1:]
        own = tier.find(dataclasses.replace(request, verifies_own=False)) if request.verifies_own and tier is self._tiers[0] else None
        if own and self._is_live(own, request):
            return tier.put_verified(own, request.key)
        if behind and request.request_id:
            request = _replacing(behind[0].get(request.key, even_revoked=True), request)
        try:
            entry = self._verified(behind, request, new) if behind else new()
        except FortiError as exc:
            # This run shares every error, because each host would try a server that is down. Other runs share refusals only.
            if tier is self._tiers[0] or is_refusal(exc):
                tier.negative.put(exc, request)
            raise
        if entry.source != "cache":
            tier.negative.clear(request)
        tier.put(entry, request.key)  # last, because the generation that it makes is the one that the token belongs to
        return entry

    def _verified(self, tiers: tuple[Tier, ...], request: CacheRequest, new: Callable[[], Entry]) -> Entry:
        """Return a token of the tiers behind the nearest, or a new one. What another run got is verified before this run uses it."""
        for _attempt in range(_MOST_ENDED):
            found = tiers[0].find(request)
            if found and self._log:
                self._log(f"{found.told()} in {tiers[0].where}")
            entry = found or self._miss(tiers, request, new)
            if entry.source != "cache" or request.is_live is None or is_recent(entry.refresh_failed_at, time.time()):
                return entry
            if self._is_live(entry, request):
                return dataclasses.replace(entry, verified_at=time.time())
        return self._miss(tiers, request, new)

    def _is_live(self, entry: Entry, request: CacheRequest) -> bool:
        """Verify a token. One that was ended elsewhere gets its tombstone in all tiers, and is forgotten. If the server does not tell, it counts as live."""
        live = request.is_live(entry.token.access_token) if request.is_live else None
        if live is False and not entry.token.is_good_for(1):
            return False  # its time was over when the server answered: nobody else has ended it, and its refresh token may be good
        if self._log:
            self._log(f"verified {entry.told()}: {_VERIFIED[live]}")
        if live is not False:
            return True
        for tier in self._tiers:
            tier.put_tombstone(entry.token.server, entry.token.access_token, confirmed=True)
        with self._locked(self._tiers[1:], request.key, request.lock_timeout):
            for tier in self._tiers:
                tier.forget(request.key, entry.token.access_token)
        return False

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
