# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory of tokens: which one is trusted, and what is forgotten in it."""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Callable

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import quick_keyring, slow_keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._store import StoreFailed
from ansible_collections.forti.oauth.plugins.plugin_utils._store_directory import DirectoryStore

SEAL = quick_keyring({"server": "s"}, b"salt").seal("token")


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
        pytest.param(linked, "is not used: it is a symbolic link or no directory. Name the directory itself.", id="link"),
        pytest.param(lambda folder: folder.symlink_to("gone"), "cannot be used: File exists", id="link to nothing"),
        pytest.param(lambda folder: folder.write_text(""), "cannot be used: File exists", id="file"),
        *(
            pytest.param(of_mode(mode), "is not used: others may get at it. Give it to yourself alone (chmod 0700).", id=oct(mode))
            for mode in (0o755, 0o750, 0o701, 0o770, 0o702, 0o1777)
        ),
    ],
)
def test_what_is_not_trusted_is_left_as_it_is(folder: pathlib.Path, make: Callable[[pathlib.Path], None], said: str) -> None:
    make(folder)
    with pytest.raises(StoreFailed) as caught:
        DirectoryStore(str(folder))
    assert str(caught.value) == f"the directory {folder} {said}"
    assert not folder.is_dir() or list(folder.iterdir()) == []


def test_a_directory_of_another_user_is_not_trusted(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(StoreFailed) as caught:
        DirectoryStore(str(folder))
    assert str(caught.value) == f"the directory {folder} is not used: it belongs to another user. Choose one of your own."
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", [0o700, 0o1700])
def test_a_directory_of_ones_own_is_used(folder: pathlib.Path, mode: int) -> None:
    of_mode(mode)(folder)
    store = DirectoryStore(str(folder))
    assert store.where == f"the directory {folder}"
    assert store.keyring({"password": "p"}) == slow_keyring({"password": "p"}, (folder / "salt").read_bytes())


def test_the_folders_above_it_are_made(folder: pathlib.Path) -> None:
    DirectoryStore(str(folder / "a" / "b"))
    assert (folder / "a" / "b" / "salt").stat().st_size == 32


def test_what_is_over_is_forgotten_when_another_is_kept(folder: pathlib.Path) -> None:
    store, now = DirectoryStore(str(folder)), time.time()
    for name, keep_until in (("over", now + 0.2), ("later", now + 3600), ("never", None)):
        store.write(name, SEAL.close({}, keep_until=keep_until), keep_until=keep_until)
    store.write("corrupt", b"\xff", keep_until=now)
    store.write("text", SEAL.close({}, keep_until="soon"), keep_until=now)
    time.sleep(0.25)
    assert store.read("over") is not None
    store.write("new", b"x", keep_until=now)
    assert [name for name, _about in store.entries()] == ["corrupt", "later", "never", "new", "text"]
