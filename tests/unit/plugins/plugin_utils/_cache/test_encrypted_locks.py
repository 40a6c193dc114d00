# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of the encrypted cache: one that hangs, one that is lost, and what is written under it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import IsHeld
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache

from tests.unit.plugins.plugin_utils._cache.memory import CONTENT, KEY, WARNING, MemoryBackend, lock, put


def test_a_lock_is_held_as_long_as_its_block_runs(cache: EncryptedCache, backend: MemoryBackend) -> None:
    with cache.lock(KEY, timeout=5):
        assert backend.asked[-1] == "lock 5"
        put(cache)
        assert backend.asked[-1] == "write 99.5"
    assert backend.asked[-1] == "free"


def test_a_lock_of_the_run_that_times_out_is_an_error_and_the_backend_stays_in_use(cache: EncryptedCache, backend: MemoryBackend) -> None:
    backend.lock_times_out = True
    with pytest.raises(FortiError) as caught:
        lock(cache)
    assert str(caught.value) == "Another task of this run has been getting the same token for 5 seconds. Look for one that hangs."
    put(cache)
    assert cache.get(KEY, "token") == CONTENT


def test_a_lock_of_a_shared_backend_that_times_out_is_a_warning_and_the_play_goes_on_without_it(backend: MemoryBackend) -> None:
    warnings: list[str] = []
    cache = EncryptedCache(backend.open, run=EncryptedCache(MemoryBackend().open, warn=pytest.fail), warn=warnings.append)
    backend.private, backend.lock_times_out = False, True
    with cache.lock(KEY, timeout=150):
        put(cache)
        assert cache.get(KEY, "token") is None
        assert cache.holds_lock()
    lock(cache)
    assert warnings == [
        "Memory: another run has been getting the same token for 150 seconds; look for one that hangs. "
        "The play goes on without it; tokens are not shared by it."
    ]
    assert backend.asked == ["open", "agree salt", "lock 150"]


def test_who_lost_the_lock_writes_no_more_and_says_so_once(backend: MemoryBackend) -> None:
    warnings: list[str] = []
    cache = EncryptedCache(backend.open, warn=warnings.append)
    with cache.lock(KEY, timeout=5):
        assert cache.holds_lock()
        backend.lock_is_lost = True
        assert not cache.holds_lock()
        put(cache)
        cache.delete(KEY, "token")
        put(cache, "failure")
    assert backend.entries_ == {}
    assert not [question for question in backend.asked if question.startswith(("write", "remove"))]
    assert backend.asked[-1] == "free"
    assert warnings == ["Memory: the lock was lost meanwhile. The play goes on without it; tokens are not shared by it."]


def test_a_removal_alone_finds_out_that_the_lock_was_lost(backend: MemoryBackend) -> None:
    """Another run may hold the lock since, and have stored a refusal there."""
    warnings: list[str] = []
    cache = EncryptedCache(backend.open, warn=warnings.append)
    put(cache, "failure")
    with cache.lock(KEY, timeout=5):
        backend.lock_is_lost = True
        cache.delete(KEY, "failure")
    assert len(backend.entries_) == 1
    assert len(warnings) == 1


def test_a_write_alone_finds_out_that_the_lock_was_lost(backend: MemoryBackend) -> None:
    warnings: list[str] = []
    cache = EncryptedCache(backend.open, warn=warnings.append)
    with cache.lock(KEY, timeout=5):
        backend.lock_is_lost = True
        put(cache)
    assert backend.entries_ == {}
    assert len(warnings) == 1


def test_a_backend_that_does_not_tell_whether_the_lock_is_held_counts_as_lost(backend: MemoryBackend) -> None:
    warnings: list[str] = []
    cache = EncryptedCache(backend.open, warn=warnings.append)
    with cache.lock(KEY, timeout=5):
        backend.fails_at = "held"
        assert not cache.holds_lock()
        put(cache)
    assert (backend.entries_, warnings) == ({}, [WARNING])


def test_after_a_lock_was_freed_it_is_not_asked_for_any_more(cache: EncryptedCache, backend: MemoryBackend) -> None:
    lock(cache)
    backend.lock_is_lost = True
    assert cache.holds_lock()
    put(cache)
    assert cache.get(KEY, "token") == CONTENT
    assert "held" not in backend.asked


def test_a_backend_that_fails_under_a_lock_still_frees_it(backend: MemoryBackend) -> None:
    warnings: list[str] = []
    cache = EncryptedCache(backend.open, warn=warnings.append)
    with cache.lock(KEY, timeout=5):
        backend.fails_at = "write"
        put(cache)
    assert backend.asked[-1] == "free"
    assert warnings == [WARNING]


def test_an_error_inside_of_a_lock_is_not_the_backends(cache: EncryptedCache, backend: MemoryBackend) -> None:
    with pytest.raises(ZeroDivisionError), cache.lock(KEY, timeout=5):
        1 / 0  # noqa: B018  (any failure)
    assert cache.get(KEY, "token") is None


def test_who_finds_that_a_lock_that_hung_was_free_meanwhile_waits_for_its_new_holder(cache: EncryptedCache, backend: MemoryBackend) -> None:
    """Many hosts may find it free at once. Those that come second must not fail because of the one that hung before."""
    backend.lock_times_out = True
    with pytest.raises(FortiError):
        lock(cache)
    real, asked = backend.lock, list[float]()

    @contextlib.contextmanager
    def taken_by_another(name: str, *, timeout: float) -> Iterator[IsHeld]:
        asked.append(timeout)
        backend.lock_times_out = len(asked) == 1
        if len(asked) == 1:
            cache.delete(KEY, "hung", where=backend.where)
        with real(name, timeout=timeout) as is_held:
            yield is_held

    backend.lock = taken_by_another  # type: ignore[method-assign]
    lock(cache)
    assert asked == [1, 5]
