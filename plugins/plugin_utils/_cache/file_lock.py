# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""A lock between processes of one machine: a file, locked by flock. The kernel frees it when its holder ends in any way."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import LockTimeout

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5  # seconds between two attempts
_PAUSE = 0.05  # of the time waited so far: 400 processes that wait for one leave it the processor


@contextlib.contextmanager
def file_lock(path: str, *, timeout: float) -> Iterator[None]:
    """Hold the lock of a file, which is made for it, and removed when it is freed.

    :arg timeout: the seconds to wait for it.
    :raises LockTimeout: another process holds it for longer.
    :raises OSError: the file cannot be made.
    """
    handle = _locked(path, timeout)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if _is_at(path, handle):  # not if the folder was emptied meanwhile
                os.unlink(path)
        os.close(handle)


def remove_free_lock(path: str) -> None:
    """Remove the file of a lock that nobody holds, such as that of a killed process. It is held meanwhile, so that nobody takes it in this moment.

    :raises OSError: it cannot be opened or removed.
    """
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        if _flock(handle) and _is_at(path, handle):
            os.unlink(path)
    finally:
        os.close(handle)


def _locked(path: str, timeout: float) -> int:
    """Return a locked handle of a file."""
    began = time.monotonic()
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _wait(handle, began, timeout)
            if _is_at(path, handle):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # the holder before has removed this file: others lock another one


def _wait(handle: int, began: float, timeout: float) -> None:
    """Wait until the lock is free, and take it."""
    while not _flock(handle):
        waited = time.monotonic() - began
        if waited > timeout:
            raise LockTimeout
        time.sleep(min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, _PAUSE * waited)))


def _flock(handle: int) -> bool:
    """Take the lock if it is free; return whether it was."""
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _is_at(path: str, handle: int) -> bool:
    """Return whether the open file is still the one at this path."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(handle))
    return False
