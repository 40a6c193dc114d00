# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What every backend can do. A backend knows bytes, names, times and locks; it knows nothing of keys or of OAuth."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import ClassVar, Protocol, TypeVar

T = TypeVar("T")
IsHeld = Callable[[], bool]  # whether a lock that was taken is still held


LARGEST_ENTRY = 4 * 1024 * 1024  # bytes that are read of an entry; a token service's answer has at most 1 MiB
LONGEST_HEADER = 4096  # bytes
ATTEMPTS = 10  # to agree, while other processes drop what was agreed


class BackendError(Exception):
    """A backend cannot be used. The message says which one and why, and holds no secret."""


class BackendTimeout(BackendError):
    """A backend failed only after a while, such as by being silent. To ask it again would cost the same time."""

    def __init__(self, problem: str, *, address: str) -> None:
        """:arg address: that of the backend."""
        super().__init__(problem)
        self.address = address


class LockTimeout(Exception):
    """Another process has held a lock for longer than the caller waits."""


class Backend(Protocol):
    """Stores encrypted entries under names. Every method raises BackendError if the backend fails."""

    where: str  # for messages: "the directory /x", "Redis at host:port"
    address: str  # what tells it from other backends of its kind; may hold a password
    private: ClassVar[bool]  # whether only this run can read the entries, and they end with it
    generation: bytes  # a random value that every change of the entries replaces; empty if this process has changed none

    def read(self, name: str) -> bytes | None:
        """Return an entry; None if there is none, or its time is over."""

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Write an entry in one step. It is kept until C(keep_until), in epoch seconds of this machine; None keeps it as long as the backend can."""

    def remove(self, name: str) -> None:
        """Remove an entry, if there is one."""

    def is_replicated(self) -> bool:
        """Return whether a failover keeps what this process has written. Where no other server takes over, nothing more is to be had."""

    def agree(self, name: str, proposal: bytes) -> bytes:
        """Return the value that all users of this backend share under this name. The first proposal wins."""

    def disagree(self, name: str, value: bytes) -> None:
        """Drop the shared value of this name if it is still this one, for a new agreement."""

    def lock(self, name: str, *, timeout: float) -> AbstractContextManager[IsHeld]:
        """Hold the lock of this name. A holder that is killed frees it. Yield what tells whether it is still held.

        :arg timeout: the seconds to wait for it.
        :raises LockTimeout: another process holds it for longer.
        """

    def entries(self) -> Iterable[tuple[str, bytes]]:
        """Return the name of every entry, and its first C(LONGEST_HEADER) bytes."""


class NullBackend:
    """Keeps nothing. It replaces a backend that failed, and stands for a directory that does not exist."""

    private: ClassVar[bool] = True
    generation = b""

    def __init__(self, where: str = "") -> None:
        self.where = self.address = where

    def read(self, name: str) -> bytes | None:
        """Return None."""

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Do nothing."""

    def remove(self, name: str) -> None:
        """Do nothing."""

    def is_replicated(self) -> bool:
        """Return True."""
        return True

    def agree(self, name: str, proposal: bytes) -> bytes:
        """Return the proposal."""
        return proposal

    def disagree(self, name: str, value: bytes) -> None:
        """Do nothing."""

    def lock(self, name: str, *, timeout: float) -> AbstractContextManager[IsHeld]:
        """Lock nothing."""
        return contextlib.nullcontext(always_held)

    def entries(self) -> Iterable[tuple[str, bytes]]:
        """Return nothing."""
        return ()


def lock_lost(where: str) -> BackendError:
    """Return the error of who has lost a lock, such as by being stopped."""
    return BackendError(f"{where}: the lock was lost meanwhile")


def always_held() -> bool:
    """Return that a lock is held: nothing takes it away from its holder."""
    return True


def single_flight(lock: AbstractContextManager[object], find: Callable[[], T | None], fetch: Callable[[], T]) -> T:
    """Return what is found, or else what one caller fetches while the others wait for it.

    :arg find: looks for a result that another caller may have stored while this one waited for the lock.
    :arg fetch: gets the result and stores it.
    """
    with lock:
        found = find()
        return fetch() if found is None else found
