# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program that is still running: wait until it has printed something, or until something has happened, and stop it."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import BinaryIO

PATIENCE, LONGEST = 120, 900  # seconds, for one event and for a whole run: bounds for what hangs, not times that a test expects


class Running:
    """A program that runs, and all that it has printed so far, on stdout and stderr. A context manager that kills what still runs at its end."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: pathlib.Path, *, into: pathlib.Path | None = None) -> None:
        """:arg into: the program writes into this file; None for a pipe."""
        self._into = into
        self._printed = bytearray()
        with into.open("wb") if into else contextlib.nullcontext(subprocess.PIPE) as stdout, _started_as_at_a_terminal():
            self._process = subprocess.Popen(command, env=environment, cwd=folder, stdout=stdout, stderr=subprocess.STDOUT, start_new_session=True)
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None) -> None:
        if self._process.poll() is None:
            self.send(signal.SIGKILL)
        self.end()

    @property
    def output(self) -> str:
        """Return what the program has printed so far."""
        printed = self._into.read_bytes() if self._into else bytes(self._printed)
        return printed.decode(errors="replace")

    def wait_for(self, text: str) -> None:
        """Wait until the program has printed this text."""
        self.wait_until(lambda: text in self.output, f"the program prints {text!r}")

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until the condition holds.

        :arg what: the condition in words.
        :raises AssertionError: the program ended before, or it takes too long. The message shows what the program printed.
        """
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if self._process.poll() is not None:
                self._reader.join(PATIENCE)
                assert condition(), f"The program ended with {self._process.returncode} before this: {what}. It printed:\n{self.output[-6000:]}"
                return
            assert time.monotonic() < deadline, f"Not within {PATIENCE} seconds: {what}. The program printed:\n{self.output[-6000:]}"
            time.sleep(0.01)

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGKILL to every process that descends from the program, any other one to its process group, as a terminal does."""
        for process in _family(self._process.pid) if number == signal.SIGKILL else [-self._process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def end(self) -> int:
        """Wait until the program ends; return its exit code."""
        try:
            code = self._process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"The program did not end within {LONGEST} seconds. It printed:\n{self.output[-6000:]}") from None
        self._reader.join(PATIENCE)
        return code

    def _read(self, pipe: BinaryIO | None) -> None:
        if pipe is None:
            return
        with pipe:
            while chunk := os.read(pipe.fileno(), 65536):
                self._printed += chunk


@contextlib.contextmanager
def _started_as_at_a_terminal() -> Iterator[None]:
    """Let SIGINT end a program that is started here.

    A script of a shell makes what it starts with & ignore SIGINT, these tests too. A program inherits that, and ansible-core before 2.19 keeps it.
    """
    before = signal.getsignal(signal.SIGINT)
    if before != signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a program inherits that a signal is ignored, but no handler
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _family(parent: int) -> list[int]:
    """Return a process and all that descend from it: newer versions of core give each worker a session of its own."""
    parents: dict[int, int] = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    family = [parent]
    for member in family:
        family += [child for child, its_parent in parents.items() if its_parent == member]
    return family
