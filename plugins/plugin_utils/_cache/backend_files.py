# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Files in a folder, and the run's own backend, which is one."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from typing import ClassVar

from ansible import constants as C
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import ATTEMPTS, LARGEST_ENTRY, LONGEST_HEADER, BackendError, IsHeld, always_held
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.file_lock import file_lock

GENERATION = "generation"
SUFFIX = ".token"
LOCKS = "locks"  # folder of the locks
NEW = ".new-"  # what the name of a file begins with that is being written
FOREVER = 0  # the modification time of an entry without an end


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
        self.where, self.address = where, folder
        self._folder = folder
        with self._os_errors():
            _make_folders(folder)

    def read(self, name: str, *, suffix: str = SUFFIX, most: int = LARGEST_ENTRY) -> bytes | None:
        """Return an entry, or its first bytes; None if there is none, or its time is over."""
        try:
            # O_NONBLOCK, because opening a named pipe would block.
            handle = os.open(os.path.join(self._folder, name + suffix), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                return None if suffix == SUFFIX and FOREVER < os.fstat(handle).st_mtime < time.time() else file.read(most)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise self._error(exc) from None

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Write an entry in one step, so that no reader sees a part of it."""
        with self._os_errors(), self._temporary(entry) as path:
            end = FOREVER if keep_until is None else keep_until
            os.utime(path, (end, end))
            os.replace(path, self._path(name + SUFFIX))

    def remove(self, name: str) -> None:
        """Remove an entry, if there is one."""
        self._unlink(name + SUFFIX)

    def is_replicated(self) -> bool:
        """Return True: there is no other server."""
        return True

    def agree(self, name: str, proposal: bytes) -> bytes:
        """Return the shared value of this name. The process that links its file first decides it."""
        for _attempt in range(ATTEMPTS):  # another process may disagree between the link and the read
            value = self.read(name, suffix="")
            if value is not None:
                return value
            with self._os_errors(), self._temporary(proposal) as path, contextlib.suppress(FileExistsError):
                os.link(path, self._path(name))
        raise self._error(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))

    def disagree(self, name: str, value: bytes) -> None:
        """Drop the shared value of this name if it is still this one."""
        if self.read(name, suffix="") == value:
            self._unlink(name)

    @contextlib.contextmanager
    def lock(self, name: str, *, timeout: float) -> Iterator[IsHeld]:
        """Hold the lock of a file. Nothing takes it away from its holder."""
        with contextlib.ExitStack() as stack:
            with self._os_errors():
                with contextlib.suppress(FileExistsError):
                    os.mkdir(self._path(LOCKS), 0o700)
                stack.enter_context(file_lock(self._path(os.path.join(LOCKS, name)), timeout=timeout))
            yield always_held

    def entries(self) -> Iterable[tuple[str, bytes]]:
        """Return name and beginning of every entry. An entry that cannot be read is empty."""
        with self._os_errors(), os.scandir(self._folder) as found:
            names = sorted(file.name.removesuffix(SUFFIX) for file in found if file.name.endswith(SUFFIX) and not file.is_dir(follow_symlinks=False))
        return [(name, self._read_or_empty(name)) for name in names]

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _read_or_empty(self, name: str) -> bytes:
        with contextlib.suppress(BackendError):
            return self.read(name, most=LONGEST_HEADER) or b""
        return b""

    def _unlink(self, name: str) -> bool:
        """Remove a file; return whether it was there."""
        with self._os_errors(), contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(name))
            return True
        return False

    @contextlib.contextmanager
    def _temporary(self, content: bytes) -> Iterator[str]:
        """Yield the path of a temporary file with this content. It is removed afterwards unless it was moved."""
        handle, path = tempfile.mkstemp(dir=self._folder, prefix=NEW)
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
        """Remove an entry. If there is none, nothing has changed: after a login there is nearly never an error to remove."""
        if self._unlink(name + SUFFIX):
            self._new_generation()

    def _new_generation(self) -> None:
        self.generation = os.urandom(32)
        with self._os_errors(), self._temporary(self.generation) as path:
            os.replace(path, self._path(GENERATION))
