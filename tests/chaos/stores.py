# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to the stores while runs use them, by a process of its own."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import read_header

from tests.chaos.disk import Disk
from tests.chaos.plan import DIRECTORY, KEYS, REDIS, disturbances
from tests.chaos.redis import OUTAGE, Redis
from tests.chaos.service import Line

_OF_ENTRIES = ("cut", "remove", "swap")
_BY_SERVER = {key.server: key.number for key in KEYS}


class Disturber:
    """Breaks the directory and the Redis, each in a thread, as the seed says."""

    def __init__(self, seed: str, line: str, *, directory: pathlib.Path, disk: Disk, redis: Redis | None, clock: Any) -> None:
        self._seed, self._path, self._directory, self._disk, self._redis, self._clock = seed, line, directory, disk, redis, clock
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._disturb, args=(store,)) for store in (DIRECTORY, REDIS) if redis or store == DIRECTORY]

    def __enter__(self) -> Disturber:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _disturb(self, store: str) -> None:
        line = Line(self._path)
        breaks = self._entries() if store == DIRECTORY or not self._redis else self._redis.breaks()
        for wait, what, dice in disturbances(self._seed, store, list(breaks)):
            if self._over.wait(wait):
                return
            paths = self._chosen(dice) if what in _OF_ENTRIES else []
            if paths or what not in _OF_ENTRIES:
                with _told(line, store, what, _keys(paths)), contextlib.suppress(OSError, subprocess.SubprocessError, TimeoutError):
                    breaks[what](dice, *paths)
            endless = self._redis.endless() if self._redis and store == REDIS else []
            line.tell("left behind", run=None, number=len(endless), problem=f"keys without an end: {endless[:5]}" if endless else "")

    def _entries(self) -> dict[str, Callable[..., Any]]:
        return {
            "cut": lambda _dice, path, _other: _overwrite(path, path.read_bytes()[:40]),
            "remove": lambda _dice, path, _other: path.unlink(),
            "swap": _swap,
            "salt": lambda _dice: (self._directory / "salt").write_bytes(b"damaged"),
            "file": self._file,
            "clock": self._jump,
            "full": lambda _dice: self._disk.fill(OUTAGE),
        }

    def _chosen(self, dice: int) -> list[pathlib.Path]:
        """Return two entries, which may be the same."""
        paths = sorted(self._directory.glob("*.token"))
        return [paths[dice % len(paths)], paths[dice // 7 % len(paths)]] if paths else []

    def _file(self, _dice: int) -> None:
        """Put a file where the directory was. It vanishes in one step: no lock of it before the entries."""
        away = self._directory.with_name("away")
        self._directory.rename(away)
        with contextlib.suppress(OSError):
            self._directory.write_text("a file")
        shutil.rmtree(away)
        time.sleep(OUTAGE)
        self._directory.unlink()

    def _jump(self, dice: int) -> None:
        self._clock.value = (60.0, -60.0, 0.0)[dice % 3]


def _keys(paths: list[pathlib.Path]) -> list[int]:
    """Return the keys that entries belong to."""
    found: list[int] = []
    for path in paths:
        with contextlib.suppress(OSError, KeyError):  # one that is gone meanwhile, or was cut before
            found.append(_BY_SERVER[(read_header(path.read_bytes()) or {})["server"]])
    return sorted(set(found))


def _swap(_dice: int, one: pathlib.Path, other: pathlib.Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    _overwrite(one, second)
    _overwrite(other, first)


def _overwrite(path: pathlib.Path, content: bytes) -> None:
    """Change an entry, but not the time until which it is kept."""
    at = path.stat().st_mtime
    path.write_bytes(content)
    os.utime(path, (at, at))


@contextlib.contextmanager
def _told(line: Line, store: str, what: str, keys: list[int]) -> Iterator[None]:
    """Tell the judge before and afterwards."""
    line.tell("store", store=store, action=what, keys=keys, begins=True)
    try:
        yield
    finally:
        line.tell("store", store=store, action=what, keys=keys, begins=False)
