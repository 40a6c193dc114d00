# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backend in memory that does as it is told: it fails, its locks hang, or they are lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, BackendError, IsHeld, LockTimeout
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache

KEY, OTHER = {"server": "https://s", "password": "p"}, {"server": "https://s", "password": "q"}
CONTENT = {"access_token": "A1", "expires_at": 12.5}
WARNING = "Redis at host:1 cannot be used: no connection. The play goes on without it; tokens are not shared by it."


class MemoryBackend:
    """A backend in a dictionary. It records what it is asked for, and fails if it is told to."""

    private = True
    generation = b""

    def __init__(self) -> None:
        self.where = self.address = "memory"
        self.entries_: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.fails_at = ""
        self.lock_times_out = False
        self.lock_is_lost = False

    def open(self) -> Backend:
        self._ask("open")
        return self  # type: ignore[return-value]  # because tests change private

    def read(self, name: str) -> bytes | None:
        self._ask("read")
        return self.entries_.get(name)

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        self._ask(f"write {keep_until}")
        self.entries_[name] = entry

    def remove(self, name: str) -> None:
        self._ask("remove")
        self.entries_.pop(name, None)

    def agree(self, name: str, proposal: bytes) -> bytes:
        self._ask(f"agree {name}")
        return b"s" * 32

    def disagree(self, name: str, value: bytes) -> None:
        self._ask(f"disagree {name} {len(value)}")

    @contextlib.contextmanager
    def lock(self, name: str, *, timeout: float) -> Iterator[IsHeld]:
        self._ask(f"lock {timeout}")
        if self.lock_times_out:
            raise LockTimeout
        try:
            yield self._is_held
        finally:
            self.asked.append("free")

    def entries(self) -> list[tuple[str, bytes]]:
        return list(self.entries_.items())

    def _is_held(self) -> bool:
        self._ask("held")
        return not self.lock_is_lost

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if question.partition(" ")[0] == self.fails_at:
            raise BackendError("redis at host:1 cannot be used: no connection")


def lock(cache: EncryptedCache) -> None:
    """Take the lock, and free it."""
    with cache.lock(KEY, timeout=5):
        pass


def put(cache: EncryptedCache, kind: str = "token", **of: str) -> None:
    """Store the content."""
    cache.put(CONTENT, KEY, kind, keep_until=99.5, **of)
