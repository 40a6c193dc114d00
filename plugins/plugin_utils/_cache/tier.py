# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""One tier of the token cache: the tokens, the negative cache and the tombstones in one encrypted cache."""

from __future__ import annotations

import dataclasses
import time
from contextlib import AbstractContextManager

from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import SKEW, STORED, CacheRequest, Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import CacheKey, EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import Content
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.negative_cache import NegativeCache

_REFRESHABLE = 8 * 3600  # seconds for which an expired token is kept to be refreshed, or to tell that it was; FortiCWP's refresh tokens live that long
_LONGEST_LIFE = 30 * 86400  # seconds for which a token is kept that never expires
OWNER = "owner"  # the kind of the entry that tells which client got a token
_TOMBSTONE_LIFE = _LONGEST_LIFE + _REFRESHABLE  # seconds; no token may outlive its tombstone
# What is the same in the cache keys of a login and of its refresh by a task.
_NOT_OF_A_USER = ("family", "server", "server_certificate", "client_certificate", "delegated_to", "client_id", "client_secret")


class Tier:
    """Tokens, failures and tombstones in one encrypted cache."""

    def __init__(self, cache: EncryptedCache, nearer: Tier | None = None) -> None:
        """:arg nearer: the tier in front of it. Its tombstones count here, too. None if this is the run's own tier."""
        self._cache = cache
        self._nearer = nearer
        self._shared = nearer is not None
        self.negative = NegativeCache(cache, shared=self._shared)

    @property
    def generation(self) -> bytes:
        """The generation of the backend."""
        return self._cache.generation

    def lock(self, key: CacheKey, *, timeout: float, is_needed: bool = True) -> AbstractContextManager[None]:
        """Hold the lock of a cache key, or of a tombstone."""
        return self._cache.lock(key, timeout=timeout, is_needed=is_needed)

    def holds_lock(self) -> bool:
        """Return whether the lock that was taken is still held."""
        return self._cache.holds_lock()

    def find(self, request: CacheRequest) -> Entry | None:
        """Return a token that serves the request; None if there is none.

        :raises FortiError: the request fails, as the negative cache says.
        """
        chain = self._chain(request.key)
        entry = chain[-1][1] if chain else None
        if entry is not None and entry.serves(request, shared=self._shared) and not self.is_revoked(entry.token.server, entry.token.access_token):
            return entry
        failure = self.negative.find(request)
        if failure is not None:
            raise failure
        return None

    @property
    def where(self) -> str:
        """The backend, in words."""
        return self._cache.where

    def why_not(self, request: CacheRequest) -> str:
        """Return in words why C(find) found no token."""
        entry = self.get(request.key, even_revoked=True)
        if entry is None:
            others = self._cache.count_others(request.key)
            return f"none is kept for these options, and {others} for others of this server" if others else "none is kept"
        if self.is_revoked(entry.token.server, entry.token.access_token):
            return "the kept one was ended"
        if request.request_id:
            return "force is set"
        if entry.serves(dataclasses.replace(request, verifies_own=False), shared=self._shared):
            return "the kept one has to be verified"
        return f"{entry.told()}, and min_validity is {request.min_validity}"

    def get(self, key: CacheKey, *, even_revoked: bool = False) -> Entry | None:
        """Return the token of a cache key, or the newer one that a task got with its refresh token; None if it was revoked."""
        chain = self._chain(key)
        entry = chain[-1][1] if chain else None
        if entry is None or (not even_revoked and self.is_revoked(entry.token.server, entry.token.access_token)):
            return None
        return entry

    def put(self, entry: Entry, key: CacheKey) -> bool:
        """Store a token as long as it can be used or refreshed. Return whether it was stored."""
        return self._put(dataclasses.replace(entry, is_own=entry.source != "cache"), key)

    def put_verified(self, entry: Entry, key: CacheKey) -> Entry:
        """Store that a token of this tier was verified now, and return it."""
        verified = dataclasses.replace(entry, verified_at=time.time())
        self._put(verified, key)
        return verified

    def _put(self, entry: Entry, key: CacheKey) -> bool:
        longest = time.time() + _LONGEST_LIFE
        end = min(longest, longest if entry.token.expires_at is None else entry.token.expires_at)
        keep_until = end + (_REFRESHABLE if entry.token.refresh_token or entry.is_spent else 0)
        return self._cache.put({**entry.token.as_entry(), **{name: getattr(entry, name) for name in STORED}}, key, "token", keep_until=keep_until)

    def spend(self, refresh_token: str, key: CacheKey, *, lock_timeout: float) -> list[CacheKey]:
        """Store the token of C(get) without its refresh token, wherever that stands. Return the keys; none if it is not there or not stored.

        The refresh token has a lock of its own: it may stand under two cache keys, and so under two locks. Whoever writes to a server that was replaced
        meanwhile has not stored it: the new one still has the refresh token, and the next one would send it again.
        """
        with self.lock({"server": key["server"], "refresh_token": refresh_token}, timeout=lock_timeout):
            chain = [(of_entry, entry) for of_entry, entry in self._chain(key) if entry.token.refresh_token == refresh_token]
            if not chain:
                return []
            keys = [key, *(of_entry for of_entry, _entry_there in chain if of_entry is not key)]
            is_stored = all(self.put(chain[-1][1].spent(), of_entry) for of_entry in keys) and self._cache.is_replicated()
            return keys if is_stored else []

    def forget(self, key: CacheKey, access_token: str) -> None:
        """Remove the token of a cache key if it is this one. The caller holds the lock of the key."""
        entry = self.get(key, even_revoked=True)
        if entry is not None and entry.token.access_token == access_token:
            self._cache.delete(key, "token")

    def find_response(self, request: CacheRequest) -> Content | None:
        """Return the response that is stored for the request, such as a resource map; None if there is none.

        :raises FortiError: the request fails, as the negative cache says.
        """
        content = self._cache.get(request.key, "answer")
        if content is not None and request.accepts(stored_at=content["at"], request_id=content["request_id"]):
            response: Content = content["response"]
            return response
        failure = self.negative.find(request)
        if failure is not None:
            raise failure
        return None

    def put_response(self, response: Content, request: CacheRequest) -> None:
        """Store the response to the request."""
        content = {"response": response, "at": time.time(), "request_id": request.request_id}
        self._cache.put(content, request.key, "answer", keep_until=None)

    def client_of(self, server: str, access_token: str) -> str | None:
        """Return the client that got a token; None if that is not known."""
        owner = self._cache.get(tombstone(server, access_token), OWNER)
        return owner["client_id"] if owner else None

    def put_client(self, server: str, access_token: str, client_id: str) -> None:
        """Remember the client that got a token. For another one, the server calls the token invalid, as if it had ended."""
        if self.client_of(server, access_token) is None:
            self._cache.put({"client_id": client_id}, tombstone(server, access_token), OWNER, keep_until=time.time() + _LONGEST_LIFE)

    def is_revoked(self, server: str, access_token: str) -> bool:
        """Return whether the token has a tombstone, here or nearer: also one that says only that a server was asked, and not what it answered."""
        return self._mark(server, access_token) is not None or (self._nearer is not None and self._nearer.is_revoked(server, access_token))

    def is_surely_revoked(self, server: str, access_token: str, *, client_id: str | None) -> bool:
        """Return whether the server has ended the token, or has said that it is no valid one of this client. Another client may still have to end it."""
        mark = self._mark(server, access_token)
        is_here = mark is not None and mark["confirmed"] and mark.get("not_of") in (None, client_id)
        return is_here or (self._nearer is not None and self._nearer.is_surely_revoked(server, access_token, client_id=client_id))

    def put_tombstone(self, server: str, access_token: str, *, confirmed: bool, not_of: str | None = None) -> bool:
        """Mark a token as revoked, under whatever cache keys it stands. Return whether that was stored.

        :arg confirmed: the server has answered.
        :arg not_of: the server has answered that it is no valid token of this client; None if it has ended the token.
        """
        now = time.time()
        content = {"at": now, "confirmed": confirmed, "not_of": not_of}
        return self._cache.put(content, tombstone(server, access_token), "ended", keep_until=now + _TOMBSTONE_LIFE)

    def _mark(self, server: str, access_token: str) -> Content | None:
        return self._cache.get(tombstone(server, access_token), "ended")

    def remove_tombstone(self, server: str, access_token: str) -> None:
        """Take the mark back."""
        self._cache.delete(tombstone(server, access_token), "ended")

    def _chain(self, key: CacheKey) -> list[tuple[CacheKey, Entry]]:
        """Return the token of a cache key, then each newer one that a task got with the refresh token of the one before, and their keys."""
        chain: list[tuple[CacheKey, Entry]] = []
        seen: set[str | None] = {None, key.get("refresh_token")}
        entry = _entry(self._cache.get(key, "token"))
        while entry is not None and (not chain or chain[-1][1].token.issued_at <= entry.token.issued_at <= time.time() + SKEW):
            chain.append((key, entry))
            if entry.token.refresh_token in seen:
                break
            seen.add(entry.token.refresh_token)
            key = _refreshed_by_task(key, str(entry.token.refresh_token))
            entry = _entry(self._cache.get(key, "token"))
        return chain


def tombstone(server: str, access_token: str) -> CacheKey:
    """Return the cache key of a token's tombstone."""
    return {"server": server, "access_token": access_token}


def _refreshed_by_task(key: CacheKey, refresh_token: str) -> CacheKey:
    """Return the cache key of a task that refreshes with this token (grant_type refresh_token)."""
    same = {name: key[name] for name in _NOT_OF_A_USER if name in key}
    return {**same, "grant_type": "refresh_token", "refresh_token": refresh_token}


def _entry(content: Content | None) -> Entry | None:
    """Return the entry that C(Tier.put) stored; None if another version of the collection stored it."""
    try:
        return None if content is None else Entry(Token.from_entry(content), **{name: content[name] for name in STORED})
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
