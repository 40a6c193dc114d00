# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Files in a folder: the run's own backend, and a directory that later runs of the same user share."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from typing import ClassVar

from ansible import constants as C
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import LARGEST_ENTRY, LONGEST_HEADER, BackendError, IsHeld, LockTimeout, always_held

GENERATION = "generation"
_SUFFIX = ".token"
_LOCKS = "locks"
_POLL = 0.02  # seconds between two attempts to take a lock
_FOREVER = 0  # the modification time of an entry without an end


def run_folder() -> str:
    """Return the folder of the run's backend. It is private, all processes of the run share it, and core removes it at the end of the run."""
    return os.path.join(C.DEFAULT_LOCAL_TMP, "forti_oauth")  # type: ignore[attr-defined]


class FilesBackend:
    """Entries are files of mode 0600; locks are separate files. The modification time of an entry is the time until which it is kept."""

    private: ClassVar[bool] = True
    durable: ClassVar[bool] = False  # whether an entry must survive a crash of the machine
    generation = b""

    def __init__(self, folder: str, *, where: str) -> None:
        """
        :arg folder: an absolute path. The folder is made with mode 0700 if it does not exist.
        :arg where: the folder as a message names it.
        """
        self.where = where
        self._folder = folder
        with self._os_errors():
            _make_folders(folder)

    def read(self, name: str, *, suffix: str = _SUFFIX, most: int = LARGEST_ENTRY) -> bytes | None:
        """Return an entry, or its first bytes; None if there is none."""
        try:
            # O_NONBLOCK, because opening a named pipe would block.
            handle = os.open(os.path.join(self._folder, name + suffix), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                return file.read(most)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise self._error(exc) from None

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Write an entry in one step, so that no reader sees a part of it."""
        with self._os_errors(), self._temporary(entry) as path:
            end = _FOREVER if keep_until is None else keep_until
            os.utime(path, (end, end))
            os.replace(path, self._path(name + _SUFFIX))

    def remove(self, name: str) -> None:
        """Remove an entry, if there is one."""
        self._unlink(name + _SUFFIX)

    def agree(self, name: str, proposal: bytes) -> bytes:
        """Return the shared value of this name. The process that links its file first decides it."""
        value = self.read(name, suffix="")
        if value is None:
            with self._os_errors(), self._temporary(proposal) as path, contextlib.suppress(FileExistsError):
                os.link(path, self._path(name))
            value = self.read(name, suffix="")
        if value is None:
            raise self._error(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
        return value

    def disagree(self, name: str) -> None:
        """Drop the shared value of this name."""
        self._unlink(name)

    @contextlib.contextmanager
    def lock(self, name: str, *, timeout: float) -> Iterator[IsHeld]:
        """Hold an flock. The kernel frees it when its holder ends in any way."""
        deadline = time.monotonic() + timeout
        with self._os_errors():
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._path(_LOCKS), 0o700)
            handle = os.open(self._path(os.path.join(_LOCKS, name)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            while not self._flock(handle):
                if time.monotonic() > deadline:
                    raise LockTimeout
                time.sleep(_POLL)
            yield always_held
        finally:
            os.close(handle)

    def entries(self) -> Iterable[tuple[str, bytes]]:
        """Return name and beginning of every entry. An entry that cannot be read is empty."""
        with self._os_errors(), os.scandir(self._folder) as found:
            names = sorted(file.name.removesuffix(_SUFFIX) for file in found if file.name.endswith(_SUFFIX) and not file.is_dir(follow_symlinks=False))
        return [(name, self._read_or_empty(name)) for name in names]

    def _flock(self, handle: int) -> bool:
        """Take the lock if it is free; return whether it was."""
        with self._os_errors(), contextlib.suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _read_or_empty(self, name: str) -> bytes:
        with contextlib.suppress(BackendError):
            return self.read(name, most=LONGEST_HEADER) or b""
        return b""

    def _unlink(self, name: str) -> None:
        with self._os_errors(), contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(name))

    @contextlib.contextmanager
    def _temporary(self, content: bytes) -> Iterator[str]:
        """Yield the path of a temporary file with this content. It is removed afterwards unless it was moved."""
        handle, path = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                if self.durable:
                    os.fsync(file.fileno())
            yield path
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    @contextlib.contextmanager
    def _os_errors(self) -> Iterator[None]:
        """Turn an error of the file system into a BackendError."""
        try:
            yield
        except OSError as exc:
            raise self._error(exc) from None

    def _error(self, exc: OSError) -> BackendError:
        return BackendError(f"{self.where} cannot be used: {exc.strerror or type(exc).__name__}")


def _make_folders(folder: str) -> None:
    """Make a folder and those above it that do not exist, each with mode 0700: os.makedirs gives the upper ones what the umask leaves."""
    if not os.path.isdir(folder):
        _make_folders(os.path.dirname(folder))
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)


class RunBackend(FilesBackend):
    """The backend of one run. Whatever changes an entry replaces the generation file, too."""

    def __init__(self, folder: str | None = None) -> None:
        super().__init__(folder or run_folder(), where="the temporary folder of this run")

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Write an entry."""
        super().write(name, entry, keep_until=keep_until)
        self._new_generation()

    def remove(self, name: str) -> None:
        """Remove an entry."""
        super().remove(name)
        self._new_generation()

    def _new_generation(self) -> None:
        self.generation = os.urandom(32)
        with self._os_errors(), self._temporary(self.generation) as path:
            os.replace(path, self._path(GENERATION))


class DirectoryBackend(FilesBackend):
    """A directory that keeps entries between the runs of one user on one machine."""

    private = False
    durable = True

    def __init__(self, folder: str) -> None:
        super().__init__(folder, where=f"the directory {folder}")
        with self._os_errors():
            self._check()

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Write an entry, and remove those that are over."""
        super().write(name, entry, keep_until=keep_until)
        with self._os_errors(), os.scandir(self._folder) as found:
            for file in found:
                with contextlib.suppress(OSError):  # such as a file that another run has just removed, or a folder of somebody else
                    if file.name.endswith(_SUFFIX) and _FOREVER < file.stat(follow_symlinks=False).st_mtime < time.time():
                        os.unlink(file.path)

    def _check(self) -> None:
        """Check that nobody else can get at the directory."""
        status = os.lstat(self._folder)
        if stat.S_ISLNK(status.st_mode) or not stat.S_ISDIR(status.st_mode):
            raise BackendError(f"{self.where} is not used: it is a symbolic link or no directory. Name the directory itself.")
        if status.st_uid != os.geteuid():
            raise BackendError(f"{self.where} is not used: it belongs to another user. Choose one of your own.")
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise BackendError(f"{self.where} is not used: others may get at it. Give it to yourself alone (chmod 0700).")
