# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backends of files: real processes that race, wait, and are killed."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pathlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any, Union

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import LockTimeout
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend

NAME, OTHER = "0a" * 16, "0b" * 16
FORK = multiprocessing.get_context("fork")
Processes = Callable[[int, Callable[[], Any]], list[Any]]
Files = Union[RunBackend, DirectoryBackend]
Opened = Callable[[], Files]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "store"


@pytest.fixture(params=[RunBackend, DirectoryBackend])
def open_backend(request: pytest.FixtureRequest, folder: pathlib.Path) -> Opened:
    return lambda: request.param(str(folder))


@pytest.fixture
def backend(open_backend: Opened) -> Files:
    return open_backend()


def hold(backend: Files, pipe: Any) -> None:
    with backend.lock(NAME, timeout=5):
        pipe.send("held")
        pipe.poll(20)


@contextlib.contextmanager
def holder(backend: Files) -> Iterator[tuple[Any, Callable[[], None]]]:
    """Another process that holds the lock; yield it, and what lets it go."""
    here, there = FORK.Pipe()
    process = FORK.Process(target=hold, args=(backend, there), daemon=True)
    process.start()
    try:
        assert here.poll(10)
        yield process, lambda: here.send("done")
    finally:
        process.kill()
        process.join(10)


def test_no_reader_sees_a_part_of_an_entry(backend: Files) -> None:
    entries = [letter * 300_000 for letter in (b"a", b"b")]
    backend.write(NAME, entries[0], keep_until=None)

    def write() -> None:
        for turn in range(200):
            backend.write(NAME, entries[turn % 2], keep_until=None)

    writer = FORK.Process(target=write, daemon=True)
    writer.start()
    seen = set()
    while writer.is_alive():
        seen.add(backend.read(NAME))
    assert writer.exitcode == 0
    assert seen <= set(entries)


def test_processes_that_race_agree_on_one_salt(open_backend: Opened, folder: pathlib.Path, in_processes: Processes) -> None:
    salts = in_processes(16, lambda: open_backend().agree("salt", os.urandom(32)))
    assert set(salts) == {(folder / "salt").read_bytes()}
    assert [path.name for path in folder.iterdir()] == ["salt"]


def test_one_process_at_a_time(backend: Files, folder: pathlib.Path, in_processes: Processes) -> None:
    counter = folder / "counter"
    counter.write_text("0")

    def count() -> None:
        for _each in range(3):
            with backend.lock(NAME, timeout=20):
                number = int(counter.read_text())
                time.sleep(0.005)
                counter.write_text(str(number + 1))

    in_processes(6, count)
    assert counter.read_text() == "18"


@pytest.mark.parametrize("timeout", [0, 1.2])
def test_a_lock_that_is_not_freed_ends_the_wait(backend: Files, timeout: float) -> None:
    with holder(backend):
        began = time.monotonic()
        with pytest.raises(LockTimeout), backend.lock(NAME, timeout=timeout):
            pytest.fail("Two hold it.")
        assert time.monotonic() - began >= timeout


def test_another_token_and_its_entry_are_free(backend: Files) -> None:
    with holder(backend):
        with backend.lock(OTHER, timeout=0):
            backend.write(OTHER, b"other", keep_until=None)
        backend.write(NAME, b"one", keep_until=None)
        assert (backend.read(NAME), backend.read(OTHER)) == (b"one", b"other")
        backend.remove(NAME)
        with pytest.raises(LockTimeout), backend.lock(NAME, timeout=0):
            pytest.fail("To forget an entry freed its lock.")


def test_who_waits_gets_it_when_it_is_free(backend: Files) -> None:
    with holder(backend) as (process, let_go):
        let_go()
        with backend.lock(NAME, timeout=10):
            pass
        process.join(10)
        assert process.exitcode == 0


def test_a_killed_holder_frees_it(backend: Files) -> None:
    with holder(backend) as (process, _let_go):
        os.kill(process.pid, signal.SIGKILL)
        with backend.lock(NAME, timeout=5):
            pass
        process.join(10)
        assert process.exitcode == -signal.SIGKILL


def test_a_failure_in_it_frees_it(backend: Files) -> None:
    with pytest.raises(ZeroDivisionError), backend.lock(NAME, timeout=1):
        1 / 0  # noqa: B018  (any failure)
    with backend.lock(NAME, timeout=0):
        pass


def test_a_command_that_its_holder_started_does_not_hold_it(backend: Files) -> None:
    with backend.lock(NAME, timeout=0):
        left = os.posix_spawn("/bin/sleep", ["sleep", "20"], {})
    try:
        with backend.lock(NAME, timeout=5):
            pass
    finally:
        os.kill(left, signal.SIGKILL)
        os.waitpid(left, 0)
