# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for the tests of the encrypted cache, and of the token cache under faults."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.tools.forks import for_all
from tests.tools.redis_server import RedisServer, program

if TYPE_CHECKING:
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache

    from tests.unit.plugins.plugin_utils._cache.harness import CacheHarness
    from tests.unit.plugins.plugin_utils._cache.memory import MemoryBackend
    from tests.unit.plugins.plugin_utils._cache.sharing import SharedStore


@pytest.fixture
def backend() -> MemoryBackend:
    """A backend in memory."""
    from tests.unit.plugins.plugin_utils._cache.memory import MemoryBackend

    return MemoryBackend()


@pytest.fixture
def cache(backend: MemoryBackend) -> EncryptedCache:
    """An encrypted cache over it, that must not warn."""
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache

    return EncryptedCache(backend.open, warn=pytest.fail)


@pytest.fixture(scope=for_all)
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis."""
    pytest.importorskip("redis", reason="it needs redis, which is not installed")
    if program() is None:
        pytest.skip("there is no redis-server and no valkey-server on this machine")
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_store(harness: CacheHarness, redis_server: RedisServer, quick: None, monkeypatch: pytest.MonkeyPatch) -> SharedStore:
    """The Redis that the runs of the harness share. The locks of killed holders end soon."""
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache import backend_redis

    from tests.unit.plugins.plugin_utils._cache.sharing import SharedStore

    monkeypatch.setattr(backend_redis, "_LOCK_LIFE", 2)
    redis_server.flush()
    return SharedStore(harness, redis_server.url)


@pytest.fixture
def directory_store(harness: CacheHarness, quick: None) -> SharedStore:
    """The directory that the runs of the harness share."""
    from tests.unit.plugins.plugin_utils._cache.sharing import SharedStore

    return SharedStore(harness)


@pytest.fixture(params=["directory", "redis"])
def store(request: pytest.FixtureRequest) -> SharedStore:
    """The store that the runs of the harness share."""
    shared: SharedStore = request.getfixturevalue(f"{request.param}_store")
    return shared


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys as no product should, but quickly."""
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache import encrypted

    monkeypatch.setattr(encrypted, "scrypt", lambda secret, salt: hashlib.sha256(secret + salt).digest())
