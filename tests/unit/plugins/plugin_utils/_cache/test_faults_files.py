# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What piles up in a directory and in the folder of a run, and what a write there opens."""

from __future__ import annotations

import contextlib
import os
import pathlib
import time
from collections.abc import Callable

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import FilesBackend, RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tombstones import NOT_MARKED

from tests.unit.conftest import Processes
from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, CacheHarness
from tests.unit.plugins.plugin_utils._cache.sharing import FORK, SharedStore, die, elsewhere, killed

NAME = "0a" * 16
After = Callable[[float], None]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "tokens"


def names(folder: pathlib.Path, pattern: str = "*") -> list[str]:
    """Return the names of the files in a folder, and in those below."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(pattern) if path.is_file())


def killed_at(monkeypatch: pytest.MonkeyPatch, name: str, work: Callable[[], object]) -> None:
    """Do some work in a process that is killed when it calls a function of the system."""
    with monkeypatch.context() as changed:
        changed.setattr(os, name, lambda *_arguments, **_more: die())
        killed(work)


def test_what_200_asks_and_some_that_were_killed_leave_is_bounded(
    harness: CacheHarness, directory_store: SharedStore, monkeypatch: pytest.MonkeyPatch, after: After
) -> None:
    users = [{**LOGIN, "username": f"user-{number}"} for number in range(5)]
    for number in range(200):
        harness.ask(users[number % 5], shared="shared", request_id=f"task-{number % 50}")
    for number in range(4):
        for name in ("replace", "utime", "unlink", "fsync"):
            killed_at(monkeypatch, name, lambda number=number: harness.ask(users[number], shared="shared", request_id="killed"))  # type: ignore[misc]
    run, shared = harness.folder / "run", harness.folder / "shared"
    assert len(names(run, "*.token")) <= 2 * 5  # a token and a derived key for each user
    assert len(names(shared, "*.token")) == 5
    assert len(names(run)) <= 2 * 5 + 2 + 16 + 5  # salt, generation, what the killed wrote, and their locks
    assert len(names(shared)) <= 5 + 2 + 16 + 5
    assert all(len(names(known, "locks/*")) <= 5 for known in (run, shared))
    after(3700)
    harness.ask(users[0], shared="shared")
    assert names(shared, ".new-*") == names(shared, "locks/*") == []
    assert len(names(shared, "*.token")) <= 5
    assert directory_store.warnings == []


@pytest.mark.parametrize("kind", [DirectoryBackend, RunBackend])
def test_a_lock_that_was_freed_has_no_file(folder: pathlib.Path, kind: Callable[[str], FilesBackend]) -> None:
    backend = kind(str(folder))
    for number in range(51):
        with backend.lock(f"{number:032x}", timeout=0):
            assert names(folder / "locks") == [f"{number:032x}"]
    with pytest.raises(ZeroDivisionError), backend.lock(NAME, timeout=0):
        1 / 0  # noqa: B018  (any failure)
    assert names(folder / "locks") == []


@pytest.mark.parametrize("kind", [DirectoryBackend, RunBackend])
def test_one_process_at_a_time_though_the_file_goes_each_time(folder: pathlib.Path, kind: Callable[[str], FilesBackend], in_processes: Processes) -> None:
    backend, counter = kind(str(folder)), folder / "counter"
    counter.write_text("0")

    def count() -> None:
        for _each in range(40):
            with backend.lock(NAME, timeout=20):
                number = int(counter.read_text())
                os.sched_yield()
                counter.write_text(str(number + 1))

    in_processes(6, count)
    assert counter.read_text() == "240"
    assert names(folder / "locks") == []


def test_who_waits_for_a_file_that_is_removed_takes_the_new_one(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The holder removes it after the other one has opened it, and before that one locks it."""
    backend = RunBackend(str(folder))
    open_, opened = os.open, list[str]()
    holder = contextlib.ExitStack()
    holder.enter_context(backend.lock(NAME, timeout=0))

    def watched(path: str, *arguments: int, **more: int) -> int:
        handle = open_(path, *arguments, **more)
        opened.append(path)
        holder.close()
        return handle

    monkeypatch.setattr(os, "open", watched)
    with backend.lock(NAME, timeout=5):
        assert [path.rpartition("/")[2] for path in opened] == [NAME, NAME]
        assert names(folder / "locks") == [NAME]
        monkeypatch.undo()
        third = FORK.Process(target=lambda: take(folder), daemon=True)
        third.start()
        third.join(20)
        assert third.exitcode == 3
    assert names(folder / "locks") == []


def take(folder: pathlib.Path) -> None:
    """End with code 3 if another process has the lock."""
    try:
        with RunBackend(str(folder)).lock(NAME, timeout=0):
            pass
    except Exception:  # pylint: disable=broad-except  # LockTimeout, or whatever else ends it
        os._exit(3)


@pytest.mark.parametrize("keep_for", [8 * 3600, None], ids=["8 hours", "never ends"])
@pytest.mark.parametrize("point", ["utime", "replace"])
def test_what_killed_processes_left_goes_after_an_hour_and_a_lock_that_is_held_stays(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, after: After, point: str, keep_for: float | None
) -> None:
    backend = DirectoryBackend(str(folder))
    backend.write(NAME, b"one", keep_until=None)
    keep_until = None if keep_for is None else time.time() + keep_for
    killed_at(monkeypatch, point, lambda: backend.write(NAME, b"two", keep_until=keep_until))
    killed_at(monkeypatch, "unlink", lambda: take(folder))
    with backend.lock("held", timeout=0):
        assert [len(names(folder, pattern)) for pattern in (".new-*", "locks/*")] == [1, 2]
        after(3500)
        backend.write(NAME, b"three", keep_until=None)
        assert [len(names(folder, pattern)) for pattern in (".new-*", "locks/*")] == [1, 2]
        after(200)
        backend.write(NAME, b"four", keep_until=None)
        assert [names(folder, pattern) for pattern in (".new-*", "locks/*")] == [[], ["locks/held"]]
    assert names(folder) == [f"{NAME}.token", "swept"]
    assert backend.read(NAME) == b"four"


@pytest.mark.parametrize("sweeps", [False, True], ids=["within a minute", "that sweeps"])
def test_a_write_opens_no_other_entry(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, sweeps: bool) -> None:
    opened: list[str] = []
    open_, counts = os.open, []
    backend = DirectoryBackend(str(folder))

    def watched(path: str, *arguments: int, **more: int) -> int:
        opened.append(str(path))
        return open_(path, *arguments, **more)

    for known in (10, 1000):
        for number in range(known):
            (folder / f"{number:032x}.token").write_bytes(b"entry")
            os.utime(folder / f"{number:032x}.token", (time.time() + 3600,) * 2)
        backend.write(NAME, b"one", keep_until=None)
        os.utime(folder / "swept", (1, 1) if sweeps else None)
        opened.clear()
        with monkeypatch.context() as changed:
            changed.setattr(os, "open", watched)
            backend.write(NAME, b"two", keep_until=None)
        assert not [path for path in opened if path.endswith(".token")]
        counts.append(len(opened))
    assert counts[0] == counts[1] <= 2  # the new file, and the marker of a sweep
    assert len(names(folder, "*.token")) == 1001


def test_a_write_within_a_minute_does_not_look_through_the_directory(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    DirectoryBackend(str(folder)).write(NAME, b"one", keep_until=None)
    for listed in ("scandir", "listdir"):
        monkeypatch.setattr(os, listed, pytest.fail)
    DirectoryBackend(str(folder)).write(NAME, b"two", keep_until=None)


def test_processes_that_write_at_once_lose_nothing_to_the_sweeps_of_each_other(folder: pathlib.Path, in_processes: Processes) -> None:
    def write() -> bytes | None:
        backend, name = DirectoryBackend(str(folder)), f"{os.getpid():032x}"
        for _each in range(20):
            with contextlib.suppress(FileNotFoundError):
                os.utime(folder / "swept", (1, 1))
            with backend.lock(name, timeout=5):
                backend.write(name, b"entry", keep_until=time.time() + 60)
        return backend.read(name)

    assert in_processes(8, write) == [b"entry"] * 8
    assert names(folder, ".new-*") == names(folder, "locks/*") == []


@pytest.mark.parametrize("keep_for", [3600, None, -7200], ids=["an hour", "never ends", "over for long"])
def test_a_sweep_leaves_what_another_process_is_writing_just_now(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, keep_for: float | None) -> None:
    """It comes at the last moment, when the new file has the modification time of its entry already."""
    backend, replace = DirectoryBackend(str(folder)), os.replace

    def sweep_first(*arguments: str) -> None:
        with monkeypatch.context() as real:
            real.setattr(os, "replace", replace)
            with contextlib.suppress(FileNotFoundError):
                os.utime(folder / "swept", (1, 1))
            elsewhere(lambda: DirectoryBackend(str(folder)).write("other", b"entry", keep_until=None))
        replace(*arguments)

    with monkeypatch.context() as changed:
        changed.setattr(os, "replace", sweep_first)
        backend.write(NAME, b"one", keep_until=None if keep_for is None else time.time() + keep_for)
    assert f"{NAME}.token" in names(folder)


def test_a_file_in_the_place_of_the_directory_is_a_warning(harness: CacheHarness, directory_store: SharedStore) -> None:
    (harness.folder / "shared").write_text("of somebody else")
    assert [harness.token(run=run, shared="shared") for run in ("run", "run", "another")] == ["A1", "A1", "A2"]
    assert harness.revoke(None, shared="shared") is True
    assert harness.token(shared="shared") == "A3"
    said = "is not used: it is a symbolic link or not a directory. Name the directory itself. The play goes on without it; tokens are not shared by it."
    assert set(directory_store.warnings) == {f"The directory {harness.folder / 'shared'} {said}", NOT_MARKED}
    assert (harness.folder / "shared").read_text() == "of somebody else"
