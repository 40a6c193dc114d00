# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""One tier of the token cache: the tokens, the negative cache and the tombstones in one encrypted cache."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError, Refused, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import CacheKey, Content, EncryptedCache

_NEGATIVE_LIFE = 60  # seconds for which a refusal or a failed refresh is remembered
_REFRESHABLE = 8 * 3600  # seconds for which an expired token is kept because of its refresh token; FortiCWP's live that long
_LONGEST_LIFE = 30 * 86400  # seconds for which a token is kept that never expires
_TOMBSTONE_LIFE = _LONGEST_LIFE + _REFRESHABLE  # seconds; no token may outlive its tombstone
_SKEW = 300  # seconds by which the clocks of two machines may differ
# What is the same in the cache keys of a login and of its refresh by a task.
_NOT_OF_A_USER = ("family", "server", "server_certificate", "client_certificate", "delegated_to", "client_id", "client_secret")


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
    waits: float = 0  # seconds, for a push
    # Whether the caller could go on with this challenge of an earlier one.
    resumes: Callable[[Mapping[str, str]], bool] = dataclasses.field(default=lambda _challenge: False, repr=False)

    def accepts(self, *, stored_at: float, request_id: str | None) -> bool:
        """Return whether the caller takes a result that was stored then, for a request with this id. If forced, it must be new."""
        return self.request_id is None or self.request_id == request_id or stored_at >= self.asked_at


@dataclasses.dataclass(frozen=True)
class Entry:
    """A token in the cache, and where it came from."""

    token: Token
    request_id: str | None = None  # of the caller that forced it
    refresh_failed_at: float = 0.0
    source: str = "cache"  # login, refresh or cache; it is not stored

    def serves(self, request: CacheRequest) -> bool:
        """Return whether the request can take this token. A token issued more than _SKEW ahead is rejected: the clock was set back."""
        now = time.time()
        if self.token.issued_at > now + _SKEW or not request.accepts(stored_at=self.token.issued_at, request_id=self.request_id):
            return False
        return self.token.is_good_for(1 if _is_recent(self.refresh_failed_at, now) else request.min_validity)

    def as_result(self) -> dict[str, Any]:
        """Return what a task gets back."""
        return {"changed": False, **self.token.as_result(self.source)}


class Tier:
    """Tokens, failures and tombstones in one encrypted cache."""

    def __init__(self, cache: EncryptedCache, nearer: Tier | None = None) -> None:
        """:arg nearer: the tier in front of it. Its tombstones count here, too."""
        self._cache = cache
        self._nearer = nearer

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
        entry = self.get(request.key)
        if entry is not None and entry.serves(request):
            return entry
        failure = self._failure(request)
        if failure is not None:
            raise failure
        return None

    def get(self, key: CacheKey, *, even_revoked: bool = False) -> Entry | None:
        """Return the token of a cache key, or the newer one that a task got with its refresh token; None if it was revoked."""
        entry = _entry(self._cache.get(key, "token"))
        seen: set[str | None] = {None, key.get("refresh_token")}
        while entry is not None and entry.token.refresh_token not in seen:
            seen.add(entry.token.refresh_token)
            key = _refreshed_by_task(key, str(entry.token.refresh_token))
            newer = _entry(self._cache.get(key, "token"))
            if newer is None or not entry.token.issued_at <= newer.token.issued_at <= time.time() + _SKEW:
                break
            entry = newer
        if entry is None or (not even_revoked and self.is_revoked(entry.token.server, entry.token.access_token)):
            return None
        return entry

    def put(self, entry: Entry, key: CacheKey) -> None:
        """Store a token as long as it can be used or refreshed."""
        longest = time.time() + _LONGEST_LIFE
        end = min(longest, longest if entry.token.expires_at is None else entry.token.expires_at)
        keep_until = end + (_REFRESHABLE if entry.token.refresh_token else 0)
        content = {**entry.token.as_entry(), "request_id": entry.request_id, "refresh_failed_at": entry.refresh_failed_at}
        self._cache.put(content, key, "token", keep_until=keep_until)

    def forget(self, key: CacheKey) -> None:
        """Remove the token of a cache key."""
        self._cache.delete(key, "token")

    def find_response(self, request: CacheRequest) -> Content | None:
        """Return the response that is stored for the request, such as a resource map; None if there is none.

        :raises FortiError: the request fails, as the negative cache says.
        """
        content = self._cache.get(request.key, "answer")
        if content is not None and request.accepts(stored_at=content["at"], request_id=content["request_id"]):
            response: Content = content["response"]
            return response
        failure = self._failure(request)
        if failure is not None:
            raise failure
        return None

    def put_response(self, response: Content, request: CacheRequest) -> None:
        """Store the response to the request."""
        content = {"response": response, "at": time.time(), "request_id": request.request_id}
        self._cache.put(content, request.key, "answer", keep_until=None)

    def put_failure(self, exc: FortiError, request: CacheRequest) -> None:
        """Store an error in the negative cache, for all requests with the same key and the same one-time options.

        If it is a challenge, a caller who waits for longer goes on with it.
        """
        new = {"message": str(exc), "details": exc.details, "request_id": request.request_id, "refused": is_refusal(exc), "waited": request.waits}
        content = dict(exc.remembered or {**new, "at": time.time()})
        self._cache.put(content, request.key, "failure", keep_until=content["at"] + _NEGATIVE_LIFE, **request.one_time)

    def clear_failure(self, request: CacheRequest) -> None:
        """Remove an error from the negative cache, after a success."""
        self._cache.delete(request.key, "failure", **request.one_time)

    def pending_challenge(self, request: CacheRequest) -> Mapping[str, str] | None:
        """Return the challenge of an earlier caller that this one goes on with; None if there is none."""
        content = self._recent_failure(request)
        return content["details"]["challenge"] if content is not None and _is_resumed(content, request) else None

    def is_revoked(self, server: str, access_token: str) -> bool:
        """Return whether the token has a tombstone, here or nearer."""
        nearer = self._nearer is not None and self._nearer.is_revoked(server, access_token)
        return nearer or self._cache.get(tombstone(server, access_token), "ended") is not None

    def put_tombstone(self, key: CacheKey, access_token: str) -> None:
        """Remove a revoked token, and store a tombstone, because the token may stand under other cache keys, too."""
        entry = self.get(key, even_revoked=True)
        if entry is not None and entry.token.access_token == access_token:
            self.forget(key)
        now = time.time()
        self._cache.put({"at": now}, tombstone(key["server"], access_token), "ended", keep_until=now + _TOMBSTONE_LIFE)

    def _failure(self, request: CacheRequest) -> FortiError | None:
        """Return the error that the request fails with; None if it goes on."""
        content = self._recent_failure(request)
        return None if content is None or _is_resumed(content, request) else _remembered(content)

    def _recent_failure(self, request: CacheRequest) -> Content | None:
        """Return what the negative cache holds for a request: a refusal of the last minute, or any error that came after the request was made."""
        content = self._cache.get(request.key, "failure", **request.one_time)
        if content is None or not _is_failure(content) or not _is_recent(content["at"], time.time()):
            return None
        if not request.accepts(stored_at=content["at"], request_id=content["request_id"]) or not (content["refused"] or content["at"] >= request.asked_at):
            return None
        return content


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
        return Entry(Token.from_entry(content), content["request_id"], float(content["refresh_failed_at"])) if content is not None else None
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _is_failure(content: Content) -> bool:
    """Return whether C(Tier.put_failure) of this version stored it."""
    details: Any = content.get("details")
    has_time = isinstance(content.get("at"), (int, float)) and abs(content["at"]) < 1e12
    has_details = isinstance(details, dict) and "message" not in details and isinstance(details.get("challenge", {}), dict)
    return (
        has_details
        and has_time
        and isinstance(content.get("message"), str)
        and isinstance(content.get("waited"), (int, float))
        and {"request_id", "refused"} <= set(content)
    )


def _is_resumed(content: Content, request: CacheRequest) -> bool:
    """Return whether the request goes on with the challenge of a failure, rather than failing with it."""
    challenge = content["details"].get("challenge")
    return bool(challenge) and request.waits > content["waited"] and request.resumes(challenge)


def _remembered(content: Content) -> FortiError:
    """Return the error that a failure in the negative cache stands for. Its message says that it comes from there, and for how long."""
    details, ago = content["details"], max(0, int(time.time() - content["at"]))
    when = f"(failed {ago} s ago for another task or host that asked at the same time)"
    if content["refused"]:
        when = f"(refused {ago} s ago; not asked again for {_NEGATIVE_LIFE - ago} s; force: true asks anew)"
    message = f"{content['message']} {when}"
    kind = Refused if content["refused"] else FortiError
    exc = ChallengeRequired(message, details["challenge"]) if details.get("challenge") else kind(message, **details)
    exc.remembered = content
    return exc


def _is_recent(at: float, now: float) -> bool:
    return -_SKEW < now - at < _NEGATIVE_LIFE
