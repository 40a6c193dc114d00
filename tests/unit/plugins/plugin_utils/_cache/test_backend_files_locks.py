# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stores of files: real processes that race for them, wait for them, and are killed in them."""

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
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.plugin_utils._store_directory import DirectoryStore
from ansible_collections.forti.oauth.plugins.plugin_utils._store_run import RunStore

NAME, OTHER = "0a" * 16, "0b" * 16
FORK = multiprocessing.get_context("fork")
Processes = Callable[[int, Callable[[], Any]], list[Any]]
Files = Union[RunStore, DirectoryStore]
Opened = Callable[[], Files]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "store"


@pytest.fixture(params=[RunStore, DirectoryStore])
def opened(request: pytest.FixtureRequest, folder: pathlib.Path) -> Opened:
    return lambda: request.param(str(folder))


@pytest.fixture
def store(opened: Opened) -> Files:
    return opened()


def hold(store: Files, pipe: Any) -> None:
    with store.lock(NAME, patience=5):
        pipe.send("held")
        pipe.poll(20)


@contextlib.contextmanager
def holder(store: Files) -> Iterator[tuple[Any, Callable[[], None]]]:
    """Another process that holds the lock; yield it, and what lets it go."""
    here, there = FORK.Pipe()
    process = FORK.Process(target=hold, args=(store, there), daemon=True)
    process.start()
    try:
        assert here.poll(10)
        yield process, lambda: here.send("done")
    finally:
        process.kill()
        process.join(10)


def test_no_reader_sees_a_part_of_an_entry(store: Files) -> None:
    entries = [letter * 300_000 for letter in (b"a", b"b")]
    store.write(NAME, entries[0], keep_until=None)

    def write() -> None:
        for turn in range(200):
            store.write(NAME, entries[turn % 2], keep_until=None)

    writer = FORK.Process(target=write, daemon=True)
    writer.start()
    seen = set()
    while writer.is_alive():
        seen.add(store.read(NAME))
    assert writer.exitcode == 0
    assert seen <= set(entries)


def test_processes_that_race_agree_on_one_salt(opened: Opened, folder: pathlib.Path, in_processes: Processes) -> None:
    names = in_processes(16, lambda: opened().keyring({"password": "p"}).seal("token").name)
    assert len(set(names)) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["locks", "salt"]


def test_one_process_at_a_time(store: Files, folder: pathlib.Path, in_processes: Processes) -> None:
    counter = folder / "counter"
    counter.write_text("0")

    def count() -> None:
        for _each in range(3):
            with store.lock(NAME, patience=20):
                number = int(counter.read_text())
                time.sleep(0.005)
                counter.write_text(str(number + 1))

    in_processes(6, count)
    assert counter.read_text() == "18"


@pytest.mark.parametrize(("patience", "said"), [(0, "0 seconds"), (1.2, "1 seconds")])
def test_who_waits_too_long_is_told(store: Files, patience: float, said: str) -> None:
    with holder(store):
        began = time.monotonic()
        with pytest.raises(FortiError) as caught, store.lock(NAME, patience=patience):
            pytest.fail("Two hold it.")
        assert patience <= time.monotonic() - began < patience + 1
    assert str(caught.value) == f"Another task or run has been getting the same token for {said}. Look for one that hangs."


def test_another_token_and_its_entry_are_free(store: Files) -> None:
    with holder(store):
        with store.lock(OTHER, patience=0):
            store.write(OTHER, b"other", keep_until=None)
        store.write(NAME, b"one", keep_until=None)
        assert (store.read(NAME), store.read(OTHER)) == (b"one", b"other")
        store.remove(NAME)
        with pytest.raises(FortiError), store.lock(NAME, patience=0):
            pytest.fail("To forget an entry freed its lock.")


def test_who_waits_gets_it_when_it_is_free(store: Files) -> None:
    with holder(store) as (process, let_go):
        let_go()
        with store.lock(NAME, patience=10):
            pass
        process.join(10)
        assert process.exitcode == 0


def test_a_killed_holder_frees_it(store: Files) -> None:
    with holder(store) as (process, _let_go):
        os.kill(process.pid, signal.SIGKILL)
        with store.lock(NAME, patience=5):
            pass
        process.join(10)
        assert process.exitcode == -signal.SIGKILL


def test_a_failure_in_it_frees_it(store: Files) -> None:
    with pytest.raises(ZeroDivisionError), store.lock(NAME, patience=1):
        1 / 0  # noqa: B018  (any failure)
    with store.lock(NAME, patience=0):
        pass


def test_a_command_that_its_holder_started_does_not_hold_it(store: Files) -> None:
    with store.lock(NAME, patience=0):
        left = os.posix_spawn("/bin/sleep", ["sleep", "20"], {})
    try:
        with store.lock(NAME, patience=5):
            pass
    finally:
        os.kill(left, signal.SIGKILL)
        os.waitpid(left, 0)
