# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong in the process of an asker: kills, stops and jumps of the clock, at named points.

request   before a request to the service            write     before a store writes an entry
answer    the service has answered, nothing is kept   replace   a file is written, and not yet at its place
written   a store has written an entry
"""

from __future__ import annotations

import collections
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.forti.oauth.plugins.plugin_utils._cache import backend_redis, entry_cipher
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import FilesBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend

from tests.chaos.plan import LOCK_LIFE, Fault

real_time = time.time
_CONTINUES, _AGAIN = 20, 0.2  # a signal may come before the stop


class Faults:
    """Does the fault of the ask that is going on. There is one for each asker."""

    def __init__(self, tell: Callable[..., Any]) -> None:
        """:arg tell: hears what is going to be done."""
        self._tell = tell
        self._fault: Fault | None = None
        self._left = 0
        self.stopped = 0.0  # seconds for which this ask was stopped
        self.used: collections.Counter[str] = collections.Counter()  # what this ask has used of the stores: locks, and a shared store at all

    def arm(self, fault: Fault | None) -> None:
        """A new ask begins."""
        self._fault, self._left, self.stopped = fault, fault.number if fault else 0, 0.0
        self.used.clear()

    def at(self, point: str) -> None:
        """The ask has come to a point."""
        if self._fault is None or self._fault.point != point:
            return
        self._left -= 1
        if self._left:
            return
        fault, self._fault = self._fault, None
        self._tell("fault", point=point, action=fault.action, seconds=fault.seconds)
        if fault.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        self._stop(fault.seconds)

    def answer(self) -> str | None:
        """Return what happens to a request: unsent, failed, lost, drips or refused; None if nothing does."""
        if self._fault is None or self._fault.point != "service":
            return None
        fault, self._fault = self._fault, None
        self._tell("fault", point="service", action=fault.action)
        return fault.action

    def _stop(self, seconds: float) -> None:
        """Stop this process, such as a machine that sleeps; another process wakes it."""
        mine, since = os.getpid(), time.monotonic()
        if not os.fork():
            try:
                _wake(mine, seconds)
            finally:
                os._exit(0)
        os.kill(mine, signal.SIGSTOP)
        self.stopped += time.monotonic() - since
        self._tell("fault", point="", action="goes on")


def install(faults: Faults, clock: Callable[[], float]) -> None:
    """Let the stores of this process come to the points, with locks that do not live long and a quick scrypt.

    :arg clock: how far the clock of this process is ahead.
    """
    time.time = lambda: real_time() + clock()
    backend_redis._LOCK_LIFE = LOCK_LIFE
    entry_cipher._SCRYPT = {"n": 2**4, "r": 8, "p": 1}  # what it derives is not tested here, and the processors are needed
    replace = os.replace

    def replaces(*paths: Any) -> None:
        faults.at("replace")
        replace(*paths)

    os.replace = replaces  # type: ignore[assignment]
    for kind in (FilesBackend, RedisBackend):
        kind.write = _writes(kind.write, faults)  # type: ignore[method-assign]
        kind.lock = _counted(kind.lock, faults, lambda backend: f"{'run' if backend.private else 'shared'} lock")  # type: ignore[method-assign]
    for shared in (DirectoryBackend, RedisBackend):
        shared.__init__ = _counted(shared.__init__, faults, lambda _backend: "shared")  # type: ignore[method-assign]


def _writes(write: Callable[..., None], faults: Faults) -> Callable[..., None]:
    def writes(*arguments: Any, **more: Any) -> None:
        faults.at("write")
        write(*arguments, **more)
        faults.at("written")

    return writes


def _counted(does: Callable[..., Any], faults: Faults, name: Callable[[Any], str]) -> Callable[..., Any]:
    def counted(backend: Any, *arguments: Any, **more: Any) -> Any:
        faults.used[name(backend)] += 1
        return does(backend, *arguments, **more)

    return counted


def _wake(process: int, seconds: float) -> None:
    os.closerange(3, 256)  # a lock of a file is held as long as anybody has the file open
    time.sleep(seconds)
    for _time in range(_CONTINUES):
        try:
            os.kill(process, signal.SIGCONT)
        except ProcessLookupError:
            return
        time.sleep(_AGAIN)
