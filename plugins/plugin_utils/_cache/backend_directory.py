# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""A directory that later runs of the same user on one machine share."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import FOREVER, LOCKS, NEW, SUFFIX, FilesBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.file_lock import remove_free_lock

_SWEPT = "swept"  # its modification time is that of the last sweep
_SWEEP_EVERY, _LEFT_BEHIND = 60, 3600  # seconds


class DirectoryBackend(FilesBackend):
    """Entries that outlive their run. What is over, and what killed processes left behind, is swept."""

    private = False
    durable = True

    def __init__(self, folder: str) -> None:
        super().__init__(folder, where=f"the directory {folder}")
        with self._os_errors():
            self._check()

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Write an entry. At most once a minute, sweep."""
        super().write(name, entry, keep_until=keep_until)
        with self._os_errors():
            if self._is_due():
                _each_file(self._folder, _remove_if_over)
                _each_file(self._path(LOCKS), _remove_if_left_behind)

    def _is_due(self) -> bool:
        """Return whether the last sweep was more than a minute ago, and note that there is one now."""
        marker, now = self._path(_SWEPT), time.time()
        with contextlib.suppress(FileNotFoundError):
            if abs(now - os.stat(marker).st_mtime) < _SWEEP_EVERY:
                return False
        os.close(os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        os.utime(marker, (now, now))
        return True

    def _check(self) -> None:
        """Check that nobody else can get at the directory."""
        status = os.lstat(self._folder)
        if stat.S_ISLNK(status.st_mode) or not stat.S_ISDIR(status.st_mode):
            raise BackendError(f"{self.where} is not used: it is a symbolic link or not a directory. Name the directory itself.")
        if status.st_uid != os.geteuid():
            raise BackendError(f"{self.where} is not used: it belongs to another user. Choose one of your own.")
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise BackendError(f"{self.where} is not used: other users have access to it. Make it private (chmod 0700).")


def _each_file(folder: str, sweep: Callable[[os.DirEntry[str]], None]) -> None:
    """Sweep each file of a folder. None is opened to look at it, because there may be thousands."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as found:
        for file in found:
            with contextlib.suppress(OSError):  # such as a file that another run has just removed, or a folder of somebody else
                sweep(file)


def _remove_if_over(file: os.DirEntry[str]) -> None:
    """Remove an entry that is over, or a file that was never finished."""
    status = file.stat(follow_symlinks=False)
    is_over = FOREVER < status.st_mtime < time.time()
    if (file.name.endswith(SUFFIX) and is_over) or (file.name.startswith(NEW) and _is_left_behind(status)):
        os.unlink(file.path)


def _remove_if_left_behind(lock: os.DirEntry[str]) -> None:
    if _is_left_behind(lock.stat(follow_symlinks=False)):
        remove_free_lock(lock.path)


def _is_left_behind(status: os.stat_result) -> bool:
    """By the time of its last change: the modification time of a file that is written is that until which it is to be kept."""
    return time.time() - status.st_ctime > _LEFT_BEHIND
