# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""single_flight: one caller fetches, and the others take what it has stored. The callers are real processes."""

from __future__ import annotations

import multiprocessing
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import LockTimeout, NullBackend, single_flight
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend

NAME = "0a" * 16
FORK = multiprocessing.get_context("fork")
LONG = 30  # seconds; a test waits that long only if something is wrong


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path


class Caller:
    """A process that asks by single_flight. It fetches only when it is told to, and stores its result or fails."""

    def __init__(self, folder: pathlib.Path, *, fails: bool = False) -> None:
        self.pipe, there = FORK.Pipe()
        self._process = FORK.Process(target=self._ask, args=(folder, there, fails), daemon=True)
        self._process.start()

    def says(self) -> Any:
        """Return what the process says next."""
        assert self.pipe.poll(LONG)
        return self.pipe.recv()

    def end(self) -> None:
        self._process.join(LONG)
        assert self._process.exitcode == 0

    @staticmethod
    def _ask(folder: pathlib.Path, pipe: Any, fails: bool) -> None:
        backend = RunBackend(str(folder))

        def fetch() -> bytes:
            pipe.send("fetching")
            assert pipe.poll(LONG)
            pipe.recv()
            if fails:
                raise ValueError
            backend.write(NAME, b"result", keep_until=None)
            return b"result"

        pipe.send("asking")
        try:
            pipe.send(single_flight(backend.lock(NAME, timeout=LONG), lambda: backend.read(NAME), fetch))
        except ValueError:
            pipe.send("failed")


@pytest.fixture
def caller(folder: pathlib.Path) -> Iterator[Callable[..., Caller]]:
    callers: list[Caller] = []

    def start(**more: Any) -> Caller:
        callers.append(Caller(folder, **more))
        assert callers[-1].says() == "asking"
        return callers[-1]

    yield start
    for known in callers:
        known.end()


def test_one_fetches_and_the_others_take_its_result(caller: Callable[..., Caller]) -> None:
    first = caller()
    assert first.says() == "fetching"
    others = [caller() for _other in range(3)]
    first.pipe.send("go on")
    assert [known.says() for known in (first, *others)] == [b"result"] * 4


def test_after_a_fetch_that_failed_the_next_caller_fetches(caller: Callable[..., Caller]) -> None:
    first = caller(fails=True)
    assert first.says() == "fetching"
    second = caller()
    first.pipe.send("go on")
    assert first.says() == "failed"
    assert second.says() == "fetching"
    second.pipe.send("go on")
    assert second.says() == b"result"


def test_a_result_that_is_there_by_now_is_taken(folder: pathlib.Path) -> None:
    backend = RunBackend(str(folder))
    backend.write(NAME, b"result", keep_until=None)
    assert single_flight(backend.lock(NAME, timeout=0), lambda: backend.read(NAME), pytest.fail) == b"result"


def test_whoever_cannot_have_the_lock_does_not_fetch(caller: Callable[..., Caller], folder: pathlib.Path) -> None:
    holder, backend = caller(), RunBackend(str(folder))
    assert holder.says() == "fetching"
    with pytest.raises(LockTimeout):
        single_flight(backend.lock(NAME, timeout=0), lambda: backend.read(NAME), pytest.fail)
    holder.pipe.send("go on")
    assert holder.says() == b"result"


def test_a_null_backend_keeps_nothing_and_locks_nothing() -> None:
    backend = NullBackend("nowhere")
    backend.write(NAME, b"one", keep_until=None)
    with backend.lock(NAME, timeout=0), backend.lock(NAME, timeout=0):
        assert (backend.read(NAME), list(backend.entries()), backend.where) == (None, [], "nowhere")
    assert [backend.agree("salt", proposal) for proposal in (b"a", b"b")] == [b"a", b"b"]
    backend.remove(NAME)
    backend.disagree("salt", b"a")
