# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stores of files, the run's own and a directory's: what is kept, who may look into it, what fails."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import stat
from collections.abc import Callable
from typing import Any, Union

import pytest
from ansible import constants as C
from ansible_collections.forti.oauth.plugins.plugin_utils._store import StoreFailed
from ansible_collections.forti.oauth.plugins.plugin_utils._store_directory import DirectoryStore
from ansible_collections.forti.oauth.plugins.plugin_utils._store_run import RunStore

NAME, OTHER = "0a" * 16, "0b" * 16
IDENTITY = {"username": "user-name", "password": "hunter2"}
LOOP = os.strerror(errno.ELOOP)
FULL = "No space left on device"
Files = Union[RunStore, DirectoryStore]
Opened = Callable[[], Files]
Work = Callable[[Files], Any]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "in" / "store"


@pytest.fixture(params=[RunStore, DirectoryStore])
def opened(request: pytest.FixtureRequest, folder: pathlib.Path) -> Opened:
    return lambda: request.param(str(folder))


@pytest.fixture
def store(opened: Opened) -> Files:
    return opened()


def write(store: Files, name: str = NAME, entry: bytes = b"one") -> None:
    store.write(name, entry, keep_until=None)


def hold(store: Files) -> None:
    with store.lock(NAME, patience=0):
        pass


def modes(folder: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): oct(stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))}


def test_an_entry_is_kept_and_forgotten(store: Files, opened: Opened) -> None:
    assert store.read(NAME) is None
    write(store)
    write(store, entry=b"two")
    assert opened().read(NAME) == b"two"
    assert store.read(OTHER) is None
    store.remove(NAME)
    store.remove(NAME)
    assert store.read(NAME) is None


def test_what_stands_in_clear_is_listed(store: Files) -> None:
    about = {"format": 1, "server": "https://s", "keep_until": None}
    write(store, OTHER, json.dumps(about).encode() + b"\nsealed")
    write(store, NAME, b"corrupt")
    hold(store)
    assert store.entries() == [(NAME, {}), (OTHER, about)]


def test_two_stores_of_a_folder_agree_and_two_folders_do_not(store: Files, opened: Opened, tmp_path: pathlib.Path) -> None:
    assert opened().keyring(IDENTITY) == store.keyring(IDENTITY)
    assert type(store)(str(tmp_path / "other")).keyring(IDENTITY) != store.keyring(IDENTITY)


def test_the_run_has_its_store_in_its_temporary_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    write(RunStore())
    assert (tmp_path / "forti_oauth" / f"{NAME}.token").read_bytes() == b"one"


@pytest.mark.parametrize("umask", [0, 0o022, 0o077], ids=oct)
def test_nobody_else_can_look_into_it(opened: Opened, folder: pathlib.Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = opened()
        write(store)
        hold(store)
    finally:
        os.umask(before)
    assert modes(folder) == {".": "0o700", "salt": "0o600", f"{NAME}.token": "0o600", "locks": "0o700", f"locks/{NAME}": "0o600"}


def test_no_name_and_no_file_holds_a_secret(store: Files, folder: pathlib.Path) -> None:
    seal = store.keyring(IDENTITY).seal("token")
    write(store, seal.name, seal.close({"access_token": "A30-A30"}))
    with store.lock(seal.name, patience=0):
        files = [path for path in folder.rglob("*") if path.is_file()]
        kept = b"".join(path.name.encode() + path.read_bytes() for path in files)
    assert len(files) == 3
    assert not [secret for secret in (b"hunter2", b"user-name", b"A30-A30") if secret in kept]


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_write_that_fails_leaves_what_was_there(store: Files, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, FULL)

    write(store)
    before = sorted(folder.rglob("*"))
    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        if call == "fsync" and not store.lasting:
            write(store)  # does not wait for the disk
            return
        with pytest.raises(StoreFailed) as caught:
            write(store, entry=b"two")
    assert str(caught.value) == f"{store.where} cannot be used: {FULL}"
    assert store.read(NAME) == b"one"
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("target", ["there", "gone"])
def test_a_symlinked_entry_is_not_followed(store: Files, folder: pathlib.Path, target: str) -> None:
    (folder.parent / "there").write_bytes(b"of somebody else")
    (folder / f"{NAME}.token").symlink_to(folder.parent / target)
    with pytest.raises(StoreFailed) as caught:
        store.read(NAME)
    assert str(caught.value) == f"{store.where} cannot be used: {LOOP}"
    assert store.entries() == [(NAME, {})]


def test_a_symlinked_entry_is_replaced_and_not_written_through(store: Files, folder: pathlib.Path) -> None:
    target = folder.parent / "target"
    target.write_bytes(b"of somebody else")
    (folder / f"{NAME}.token").symlink_to(target)
    write(store)
    assert store.read(NAME) == b"one"
    assert target.read_bytes() == b"of somebody else"


def test_a_symlinked_salt_is_refused(store: Files, opened: Opened, folder: pathlib.Path) -> None:
    (folder / "salt").rename(folder.parent / "salt")
    (folder / "salt").symlink_to(folder.parent / "salt")
    with pytest.raises(StoreFailed) as caught:
        opened()
    assert str(caught.value) == f"{store.where} cannot be used: {LOOP}"


def test_a_symlinked_lock_is_refused(store: Files, folder: pathlib.Path) -> None:
    (folder / "locks" / NAME).symlink_to(folder.parent / "made")
    with pytest.raises(StoreFailed) as caught:
        hold(store)
    assert str(caught.value) == f"{store.where} cannot be used: {LOOP}"
    assert not (folder.parent / "made").exists()


def test_what_a_killed_writer_left_is_harmless(store: Files, opened: Opened, folder: pathlib.Path) -> None:
    write(store)
    (folder / ".new-abcdefgh").write_bytes(b"half an ent")
    again = opened()
    write(again, OTHER)
    assert [name for name, _about in again.entries()] == [NAME, OTHER]
    assert again.keyring(IDENTITY) == store.keyring(IDENTITY)


@pytest.mark.parametrize("work", [write, hold, lambda store: store.entries()], ids=["write", "lock", "entries"])
def test_a_folder_that_is_gone_is_a_failure(store: Files, folder: pathlib.Path, work: Work) -> None:
    (folder / "salt").unlink()
    (folder / "locks").rmdir()
    folder.rmdir()
    with pytest.raises(StoreFailed) as caught:
        work(store)
    assert str(caught.value) == f"{store.where} cannot be used: No such file or directory"
    assert store.read(NAME) is None
    store.remove(NAME)
