# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backends of files, the run's own and a directory: what is stored, who may look into it, what fails."""

from __future__ import annotations

import errno
import os
import pathlib
import stat
from collections.abc import Callable
from typing import Any, Union

import pytest
from ansible import constants as C
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend

NAME, OTHER = "0a" * 16, "0b" * 16
LOOP = os.strerror(errno.ELOOP)
FULL = "No space left on device"
Files = Union[RunBackend, DirectoryBackend]
Opened = Callable[[], Files]
Work = Callable[[Files], Any]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "in" / "store"


@pytest.fixture(params=[RunBackend, DirectoryBackend])
def open_backend(request: pytest.FixtureRequest, folder: pathlib.Path) -> Opened:
    return lambda: request.param(str(folder))


@pytest.fixture
def backend(open_backend: Opened) -> Files:
    return open_backend()


def write(backend: Files, name: str = NAME, entry: bytes = b"one") -> None:
    backend.write(name, entry, keep_until=None)


def hold(backend: Files) -> None:
    with backend.lock(NAME, timeout=0):
        pass


def modes(folder: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): oct(stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))}


def test_an_entry_is_written_and_removed(backend: Files, open_backend: Opened) -> None:
    assert backend.read(NAME) is None
    write(backend)
    write(backend, entry=b"two")
    assert open_backend().read(NAME) == b"two"
    assert backend.read(OTHER) is None
    backend.remove(NAME)
    backend.remove(NAME)
    assert backend.read(NAME) is None


def test_entries_lists_names_and_contents(backend: Files) -> None:
    write(backend, OTHER, b"other")
    write(backend, NAME)
    hold(backend)
    backend.agree("salt", b"s")
    assert backend.entries() == [(NAME, b"one"), (OTHER, b"other")]
    backend.write(NAME, b"x" * 5000, keep_until=None)
    assert backend.entries() == [(NAME, b"x" * 4096), (OTHER, b"other")]
    assert backend.read(NAME) == b"x" * 5000


def test_the_users_of_a_folder_agree_on_the_first_proposal(backend: Files, open_backend: Opened, tmp_path: pathlib.Path) -> None:
    assert [backend.agree("salt", b"first"), open_backend().agree("salt", b"second")] == [b"first", b"first"]
    assert type(backend)(str(tmp_path / "other")).agree("salt", b"second") == b"second"
    backend.disagree("salt", b"second")
    assert open_backend().agree("salt", b"third") == b"first"
    backend.disagree("salt", b"first")
    backend.disagree("salt", b"first")
    assert open_backend().agree("salt", b"third") == b"third"


def test_every_change_makes_a_new_generation(folder: pathlib.Path) -> None:
    backend = RunBackend(str(folder))
    assert backend.generation == b""
    generations = []
    for change in (lambda: write(backend), lambda: write(backend), lambda: backend.remove(NAME)):
        change()
        assert (folder / "generation").read_bytes() == backend.generation
        generations.append(backend.generation)
    assert len(set(generations)) == 3
    assert {len(generation) for generation in generations} == {32}
    backend.remove(NAME)  # there is nothing any more, so nothing changes
    assert (folder / "generation").read_bytes() == generations[-1]


def test_reading_and_locking_keep_the_generation(folder: pathlib.Path) -> None:
    write(RunBackend(str(folder)))
    before = (folder / "generation").read_bytes()
    backend = RunBackend(str(folder))
    backend.read(NAME)
    hold(backend)
    backend.agree("salt", b"s")
    assert (folder / "generation").read_bytes() == before
    assert backend.generation == b""


def test_the_run_has_its_store_in_its_temporary_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    write(RunBackend())
    assert (tmp_path / "forti_oauth" / f"{NAME}.token").read_bytes() == b"one"


@pytest.mark.parametrize("umask", [0, 0o022, 0o077], ids=oct)
def test_nobody_else_can_look_into_it(open_backend: Opened, folder: pathlib.Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        backend = open_backend()
        write(backend)
        backend.agree("salt", b"s")
        with backend.lock(NAME, timeout=0):
            held = modes(folder)
    finally:
        os.umask(before)
    own = {"generation": "0o600"} if isinstance(backend, RunBackend) else {"swept": "0o600"}
    stored = {".": "0o700", "salt": "0o600", f"{NAME}.token": "0o600", "locks": "0o700", **own}
    assert held == {**stored, f"locks/{NAME}": "0o600"}
    assert modes(folder) == stored


def full(*_arguments: Any) -> None:
    raise OSError(28, FULL)


def test_the_runs_backend_does_not_wait_for_the_disk(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = RunBackend(str(folder))
    monkeypatch.setattr(os, "fsync", full)
    write(backend)
    assert backend.read(NAME) == b"one"


@pytest.mark.parametrize(("kind", "call"), [(RunBackend, "replace"), (DirectoryBackend, "replace"), (DirectoryBackend, "fsync")])
def test_a_write_that_fails_leaves_what_was_there(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, kind: type[Files], call: str) -> None:
    backend = kind(str(folder))
    write(backend)
    before = sorted(folder.rglob("*"))
    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        with pytest.raises(BackendError) as caught:
            write(backend, entry=b"two")
    assert str(caught.value) == f"{backend.where} cannot be used: {FULL}"
    assert backend.read(NAME) == b"one"
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("target", ["there", "gone"])
def test_a_symlinked_entry_is_not_followed(backend: Files, folder: pathlib.Path, target: str) -> None:
    (folder.parent / "there").write_bytes(b"of somebody else")
    (folder / f"{NAME}.token").symlink_to(folder.parent / target)
    with pytest.raises(BackendError) as caught:
        backend.read(NAME)
    assert str(caught.value) == f"{backend.where} cannot be used: {LOOP}"
    assert backend.entries() == [(NAME, b"")]


def test_a_symlinked_entry_is_replaced_and_not_written_through(backend: Files, folder: pathlib.Path) -> None:
    target = folder.parent / "target"
    target.write_bytes(b"of somebody else")
    (folder / f"{NAME}.token").symlink_to(target)
    write(backend)
    assert backend.read(NAME) == b"one"
    assert target.read_bytes() == b"of somebody else"


def test_a_symlinked_salt_is_refused(backend: Files, open_backend: Opened, folder: pathlib.Path) -> None:
    (folder.parent / "salt").write_bytes(b"of somebody else")
    (folder / "salt").symlink_to(folder.parent / "salt")
    with pytest.raises(BackendError) as caught:
        open_backend().agree("salt", b"s")
    assert str(caught.value) == f"{backend.where} cannot be used: {LOOP}"


def test_a_symlinked_lock_is_refused(backend: Files, folder: pathlib.Path) -> None:
    (folder / "locks").mkdir()
    (folder / "locks" / NAME).symlink_to(folder.parent / "made")
    with pytest.raises(BackendError) as caught:
        hold(backend)
    assert str(caught.value) == f"{backend.where} cannot be used: {LOOP}"
    assert not (folder.parent / "made").exists()


def test_what_a_killed_writer_left_is_harmless(backend: Files, open_backend: Opened, folder: pathlib.Path) -> None:
    write(backend)
    backend.agree("salt", b"s")
    (folder / ".new-abcdefgh").write_bytes(b"half an ent")
    again = open_backend()
    write(again, OTHER)
    assert [name for name, _entry in again.entries()] == [NAME, OTHER]
    assert again.agree("salt", b"t") == b"s"


@pytest.mark.parametrize("work", [write, hold, lambda backend: backend.entries()], ids=["write", "lock", "entries"])
def test_a_folder_that_is_gone_is_a_failure(open_backend: Opened, folder: pathlib.Path, work: Work) -> None:
    backend = open_backend()
    folder.rmdir()
    with pytest.raises(BackendError) as caught:
        work(backend)
    assert str(caught.value) == f"{backend.where} cannot be used: No such file or directory"
    assert backend.read(NAME) is None
