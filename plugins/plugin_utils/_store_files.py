# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""Files in one folder: what the run's store and the directory store share."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from typing import Any, ClassVar

from ansible_collections.forti.oauth.plugins.plugin_utils._sealing import read_about
from ansible_collections.forti.oauth.plugins.plugin_utils._store import StoreFailed, waited_too_long

_SALT = "salt"
_SALT_LENGTH = 32
_TOKEN = ".token"
_LOCKS = "locks"
_ASK_AGAIN = 0.05  # seconds between two looks at a lock


class FileStore:
    """Entries as files of mode 0600, locks as files apart from them. The folder is made, of mode 0700, where it is not there."""

    lasting: ClassVar[bool] = True  # whether an entry must outlive a machine that stops

    def __init__(self, folder: str, *, where: str) -> None:
        self.where = where
        self._folder = folder
        with self._reported():
            os.makedirs(folder, mode=0o700, exist_ok=True)
            self._check()
            os.makedirs(os.path.join(folder, _LOCKS), mode=0o700, exist_ok=True)
            self._salt = self._known_salt() or self._new_salt()

    def read(self, name: str) -> bytes | None:
        """Return an entry, None where there is none."""
        with self._reported():
            return self._read(name + _TOKEN)

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:  # pylint: disable=unused-argument
        """Keep an entry, in one step: no reader ever sees a part of it. Its own text says how long it is good."""
        with self._reported(), self._written(entry) as temporary:
            os.replace(temporary, self._path(name + _TOKEN))

    def remove(self, name: str) -> None:
        """Forget an entry."""
        with self._reported(), contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(name + _TOKEN))

    @contextlib.contextmanager
    def lock(self, name: str, *, patience: float) -> Iterator[None]:
        """Hold the only right to renew this entry. The kernel frees it when its holder ends, however it ends."""
        with self._reported():
            handle = os.open(self._path(os.path.join(_LOCKS, name)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            self._lock_within(handle, patience)
            yield
        finally:
            os.close(handle)

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """Return name and clear text of every entry; of one that is corrupt the text is empty."""
        with self._reported():
            names = sorted(name.removesuffix(_TOKEN) for name in os.listdir(self._folder) if name.endswith(_TOKEN))
            return [(name, self._about(name)) for name in names]

    def _about(self, name: str) -> dict[str, Any]:
        """Return the clear text of an entry, empty where it cannot be read."""
        try:
            return read_about(self._read(name + _TOKEN) or b"") or {}
        except OSError:
            return {}

    def _check(self) -> None:
        """Look whether the folder may be trusted; the run's may."""

    def _lock_within(self, handle: int, patience: float) -> None:
        deadline = time.monotonic() + patience
        while True:
            with self._reported(), contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            if time.monotonic() > deadline:
                raise waited_too_long(patience)
            time.sleep(_ASK_AGAIN)

    def _known_salt(self) -> bytes | None:
        """Return the salt; one that is damaged is none, and makes room for another."""
        salt = self._read(_SALT)
        if salt is not None and len(salt) != _SALT_LENGTH:
            os.unlink(self._path(_SALT))
            return None
        return salt

    def _new_salt(self) -> bytes:
        """Return the salt of this store; the first process to link one decides it for all."""
        with self._written(os.urandom(_SALT_LENGTH)) as temporary, contextlib.suppress(FileExistsError):
            os.link(temporary, self._path(_SALT))
        salt = self._read(_SALT)
        if not salt:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return salt

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _read(self, name: str) -> bytes | None:
        try:
            handle = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)  # the last for a pipe, which would hang
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            return file.read()

    @contextlib.contextmanager
    def _written(self, content: bytes) -> Iterator[str]:
        """Yield a temporary file with the content, on the disk where it shall last; it is gone afterwards if it was not moved."""
        handle, path = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                if self.lasting:
                    os.fsync(file.fileno())
            yield path
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn what the file system says into a failure of this store."""
        problem = None
        try:
            yield
        except OSError as exc:
            problem = exc.strerror or type(exc).__name__
        if problem:
            raise StoreFailed(f"{self.where} cannot be used: {problem}")
