# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory as a backend: which one is trusted, and what is removed from it."""

from __future__ import annotations

import os
import pathlib
import stat
import time
from collections.abc import Callable

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import FilesBackend, RunBackend

from tests.unit.conftest import Processes

NO_DIRECTORY = "is not used: it is a symbolic link or not a directory. Name the directory itself."


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "tokens"


def linked(folder: pathlib.Path) -> None:
    real = folder.with_name("real")
    real.mkdir(mode=0o700)
    folder.symlink_to(real)


def of_mode(mode: int) -> Callable[[pathlib.Path], None]:
    def make(folder: pathlib.Path) -> None:
        folder.mkdir()
        folder.chmod(mode)

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(linked, NO_DIRECTORY, id="link"),
        pytest.param(lambda folder: folder.symlink_to("gone"), NO_DIRECTORY, id="link to nothing"),
        pytest.param(lambda folder: folder.write_text(""), NO_DIRECTORY, id="file"),
        *(
            pytest.param(of_mode(mode), "is not used: other users have access to it. Make it private (chmod 0700).", id=oct(mode))
            for mode in (0o755, 0o750, 0o701, 0o770, 0o702, 0o1777)
        ),
    ],
)
def test_what_is_not_trusted_is_left_as_it_is(folder: pathlib.Path, make: Callable[[pathlib.Path], None], said: str) -> None:
    make(folder)
    with pytest.raises(BackendError) as caught:
        DirectoryBackend(str(folder))
    assert str(caught.value) == f"the directory {folder} {said}"
    assert not folder.is_dir() or list(folder.iterdir()) == []


def test_a_directory_of_another_user_is_not_trusted(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(BackendError) as caught:
        DirectoryBackend(str(folder))
    assert str(caught.value) == f"the directory {folder} is not used: it belongs to another user. Choose one of your own."
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o700, 0o1700])
def test_a_directory_of_ones_own_is_used(folder: pathlib.Path, mode: int) -> None:
    of_mode(mode)(folder)
    backend = DirectoryBackend(str(folder))
    backend.write("name", b"entry", keep_until=None)
    assert (backend.where, backend.private) == (f"the directory {folder}", False)
    assert DirectoryBackend(str(folder)).read("name") == b"entry"


def test_the_folders_above_it_are_made(folder: pathlib.Path) -> None:
    DirectoryBackend(str(folder / "a" / "b")).write("name", b"entry", keep_until=None)
    assert (folder / "a" / "b" / "name.token").read_bytes() == b"entry"


@pytest.mark.parametrize("umask", [0, 0o022, 0o077], ids=oct)
@pytest.mark.parametrize("kind", [DirectoryBackend, RunBackend])
def test_every_folder_that_is_made_is_for_its_user_alone(folder: pathlib.Path, kind: type[FilesBackend], umask: int) -> None:
    before = os.umask(umask)
    try:
        kind(str(folder / "a" / "b" / "c")).write("name", b"entry", keep_until=None)  # type: ignore[call-arg]
    finally:
        os.umask(before)
    made = [path for path in (folder, *folder.rglob("*")) if path.is_dir()]
    assert [path.name for path in made] == ["tokens", "a", "b", "c"]
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in made} == {"0o700"}


def test_a_folder_above_that_exists_is_left_as_it_is(folder: pathlib.Path) -> None:
    of_mode(0o755)(folder)
    DirectoryBackend(str(folder / "own"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_file_in_the_way_is_a_backend_error(folder: pathlib.Path) -> None:
    folder.write_text("")
    with pytest.raises(BackendError) as caught:
        DirectoryBackend(str(folder / "own"))
    assert str(caught.value) == f"the directory {folder / 'own'} cannot be used: Not a directory"


def test_20_processes_make_the_same_folders(folder: pathlib.Path, in_processes: Processes) -> None:
    in_processes(20, lambda: DirectoryBackend(str(folder / "a" / "b")).write("name", b"entry", keep_until=None))
    assert DirectoryBackend(str(folder / "a" / "b")).read("name") == b"entry"


def test_a_write_removes_the_entries_whose_time_is_over_at_most_once_a_minute(folder: pathlib.Path, after: Callable[[float], None]) -> None:
    backend, now = DirectoryBackend(str(folder)), time.time()
    for name, keep_until in (("later", now + 3600), ("never", None), ("over", now - 10)):
        backend.write(name, b"entry", keep_until=keep_until)
    assert backend.entries() == [("later", b"entry"), ("never", b"entry"), ("over", b"")]  # nobody gets it, but it takes its place
    for seconds, names in ((58, ["later", "never", "over"]), (3, ["later", "never"])):
        after(seconds)
        DirectoryBackend(str(folder)).write("never", b"entry", keep_until=None)
        assert [name for name, _entry in backend.entries()] == names


def test_a_clock_that_is_set_back_does_not_end_the_removals(folder: pathlib.Path, after: Callable[[float], None]) -> None:
    backend, now = DirectoryBackend(str(folder)), time.time()
    after(86400)
    backend.write("never", b"entry", keep_until=None)
    after(-86400)
    backend.write("over", b"entry", keep_until=now - 10)
    assert not (folder / "over.token").exists()


def test_the_clock_decides_what_is_over(folder: pathlib.Path, after: Callable[[float], None]) -> None:
    backend, now = DirectoryBackend(str(folder)), time.time()
    backend.write("an hour", b"entry", keep_until=now + 3600)
    after(3590)
    backend.write("other", b"entry", keep_until=None)
    assert backend.read("an hour") == b"entry"
    after(20)
    backend.write("other", b"entry", keep_until=None)
    assert backend.read("an hour") is None


def test_the_runs_backend_removes_nothing_by_itself(folder: pathlib.Path) -> None:
    backend, now = RunBackend(str(folder)), time.time()
    backend.write("over", b"entry", keep_until=now - 10)
    backend.write("new", b"entry", keep_until=now)
    assert (folder / "over.token").read_bytes() == b"entry"


@pytest.mark.parametrize("kind", [DirectoryBackend, RunBackend])
def test_an_entry_whose_time_is_over_is_not_handed_out(folder: pathlib.Path, kind: type[FilesBackend], after: Callable[[float], None]) -> None:
    backend, now = kind(str(folder)), time.time()  # type: ignore[call-arg]
    for name, keep_until in (("over", now + 10), ("never", None)):
        backend.write(name, b"entry", keep_until=keep_until)
    assert [backend.read(name) for name in ("over", "never")] == [b"entry"] * 2
    after(11)
    assert [backend.read(name) for name in ("over", "never")] == [None, b"entry"]


def test_what_cannot_be_removed_is_left_and_the_directory_stays_in_use(folder: pathlib.Path) -> None:
    backend = DirectoryBackend(str(folder))
    (folder / "backup.token").mkdir()
    os.utime(folder / "backup.token", (1, 1))
    backend.write("over", b"entry", keep_until=time.time() - 10)
    os.utime(folder / "swept", (1, 1))
    backend.write("new", b"entry", keep_until=None)
    assert [(folder / f"{name}.token").exists() for name in ("over", "new")] == [False, True]
    assert backend.read("new") == b"entry"
    assert (folder / "backup.token").is_dir()
