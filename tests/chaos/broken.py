# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to break the token cache itself, to see that the rules notice: python -m tests.chaos --break NAME must report violations."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import backend_redis
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import always_held
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import FilesBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.negative_cache import NegativeCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.token_cache import TokenCache


def spending() -> None:
    """A refresh token is sent before it is spent."""

    def refreshed(_self: TokenCache, _key: Any, kept: Entry, refresh: Any) -> Entry | None:
        old = kept.token.refresh_token
        return Entry(refresh(old).with_refresh_token(old), source="refresh") if old else None

    TokenCache._refreshed = refreshed  # type: ignore[method-assign]


def mark() -> None:
    """A token that is ended gets no tombstone."""
    Tier.put_tombstone = lambda *_arguments, confirmed: True  # type: ignore[method-assign]
    Tier.forget = lambda *_arguments: None  # type: ignore[method-assign]


def identity() -> None:
    """All users have the same cache key."""
    slot = EncryptedCache._slot
    EncryptedCache._slot = lambda self, key, kind, of: slot(self, {"server": "x"}, kind, of)  # type: ignore[method-assign]


def expiry() -> None:
    """Every token is good for ever."""
    Token.is_good_for = lambda *_arguments: True  # type: ignore[method-assign]


def locks() -> None:
    """Nobody waits for anybody."""

    @contextlib.contextmanager
    def lock(_self: Any, _name: str, *, timeout: float) -> Iterator[Any]:
        yield always_held

    FilesBackend.lock = RedisBackend.lock = lock  # type: ignore[method-assign, assignment]


def owner() -> None:
    """Nobody asks whether a lock is still held."""
    EncryptedCache.holds_lock = lambda _self: True  # type: ignore[method-assign]


def force() -> None:
    """A forced ask takes what is there."""
    serves = Entry.serves
    Entry.serves = lambda self, request, *, shared: serves(self, dataclasses.replace(request, request_id=None), shared=shared)  # type: ignore[method-assign]


def hit() -> None:
    """A hit in the run's own store waits for the lock."""
    get = TokenCache.get_or_fetch

    def slow(self: TokenCache, request: Any, **more: Any) -> Entry:
        with self._tiers[-1].lock(request.key, timeout=request.lock_timeout):
            pass
        return get(self, request, **more)

    TokenCache.get_or_fetch = slow  # type: ignore[method-assign]


def store() -> None:
    """An ask fails if a store does."""

    def give_up(_self: EncryptedCache, problem: Exception) -> Any:
        raise FortiError(str(problem))

    EncryptedCache._give_up = give_up  # type: ignore[method-assign]


def sharing() -> None:
    """Nothing is written to a shared store but marks, so that each run logs in."""
    put = Tier.put
    Tier.put = lambda self, entry, key: not self._shared and put(self, entry, key)  # type: ignore[method-assign]


def memory() -> None:
    """A refusal is forgotten."""
    NegativeCache.put = lambda *_arguments: None  # type: ignore[method-assign]


def sweep() -> None:
    """A directory is never swept."""
    DirectoryBackend._is_due = lambda _self: False  # type: ignore[method-assign]


def end() -> None:
    """Keys in Redis have no end."""
    backend_redis._CHANGE = backend_redis._CHANGE.replace(", 'EX', ARGV[3]", "")


WAYS = {way.__name__: way for way in (spending, mark, identity, expiry, locks, owner, force, hit, store, sharing, memory, sweep, end)}
