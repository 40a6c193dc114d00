# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real store that several runs share, a directory or a Redis, and processes that are killed at a named point."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pathlib
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, BackendError, IsHeld
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend

from tests.unit.plugins.plugin_utils._cache.harness import CacheHarness

FORK = multiprocessing.get_context("fork")
_PATIENCE = 30  # seconds


class SharedStore:
    """The store "shared" of a harness. It does what stores do: it fails, forgets, and loses locks."""

    def __init__(self, harness: CacheHarness, url: str | None = None) -> None:
        """:arg url: of a Redis; None is a directory."""
        self.fails = False  # whether it can be read, but not written
        self.at_lock: Callable[[], Any] = lambda: None  # what happens when somebody is about to take a lock
        self.at_check: Callable[[], Any] = lambda: None  # what happens when somebody is about to ask whether a lock is still held
        self.at_write: Callable[[], Any] = lambda: None  # what happens when somebody is about to write an entry
        self.warnings: list[str] = []
        self._url = url
        self._folder = harness.folder / "shared"
        harness.warn, harness.open_backend = self.warnings.append, self._opened

    @property
    def backend(self) -> Backend:
        """A backend of its own."""
        return RedisBackend(self._url) if self._url else DirectoryBackend(str(self._folder))

    @property
    def client(self) -> Any:
        """A client of its own, if it is a Redis."""
        import redis

        return redis.Redis.from_url(str(self._url))

    def forget(self) -> None:
        """Forget everything, with the salt."""
        if self._url:
            self.client.flushall()
        else:
            shutil.rmtree(self._folder)

    def evict(self) -> None:
        """Throw all entries away."""
        backend = self.backend
        for name, _entry in backend.entries():
            backend.remove(name)

    def lose_locks(self) -> None:
        """Let all locks end, as those of a Redis do if their holders are stopped."""
        self.client.delete(*self.client.keys("forti_oauth:lock:*"))

    def salt(self, value: bytes) -> None:
        """Put another salt in the place of the one that is there."""
        if self._url:
            self.client.set("forti_oauth:salt", value)
        else:
            (self._folder / "salt").write_bytes(value)

    def _opened(self, folder: str) -> Backend:
        return self._watched(self.backend) if pathlib.Path(folder) == self._folder else RunBackend(folder)

    def _watched(self, backend: Any) -> Backend:
        write, lock = backend.write, backend.lock

        def watched_write(name: str, entry: bytes, *, keep_until: float | None) -> None:
            if self.fails:
                raise BackendError("the store cannot be used: it is full")
            self.at_write()
            write(name, entry, keep_until=keep_until)

        @contextlib.contextmanager
        def watched_lock(name: str, *, timeout: float) -> Iterator[IsHeld]:
            self.at_lock()
            with lock(name, timeout=timeout) as is_held:
                yield lambda: self.at_check() or is_held()

        backend.write, backend.lock = watched_write, watched_lock
        return backend


def sent_twice(harness: CacheHarness) -> list[str]:
    """Return the refreshes that the service was asked for more than once."""
    return [request for request, count in Counter(harness.requests).items() if request.startswith("refresh ") and count > 1]


def die() -> bool:
    """Kill this process, as the kernel does if it runs out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    return True


def killed(work: Callable[[], Any]) -> None:
    """Do some work in a process of its own. It must be killed in the middle of it."""
    assert _exit_code(work) == -signal.SIGKILL


def elsewhere(work: Callable[[], Any]) -> None:
    """Do some work in a process of its own."""
    assert _exit_code(work) == 0


def _exit_code(work: Callable[[], Any]) -> int | None:
    process = FORK.Process(target=work, daemon=True)
    process.start()
    process.join(_PATIENCE)
    return process.exitcode
