# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A shelf: contents in a store that is opened when it is needed, and left alone once it failed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import Keyring, quick_keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._shelf import Shelf
from ansible_collections.forti.oauth.plugins.plugin_utils._store import StoreFailed

IDENTITY, OTHER = {"server": "https://s", "password": "p"}, {"server": "https://s", "password": "q"}
CONTENT = {"access_token": "A1", "expires_at": 12.5}
WARNING = "Redis at host:1 cannot be used: no connection. The play goes on without it; tokens are not shared by it."
Use = Callable[[Shelf], Any]


class MemoryStore:
    """A store in a dictionary that writes down what it is asked, and fails where it is told to."""

    def __init__(self) -> None:
        self.where = "memory"
        self.kept: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.fails_at = ""

    def keyring(self, identity: Mapping[str, str]) -> Keyring:
        self._ask("keyring")
        return quick_keyring(identity, b"salt")

    def read(self, name: str) -> bytes | None:
        self._ask("read")
        return self.kept.get(name)

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        self._ask(f"write {keep_until}")
        self.kept[name] = entry

    def remove(self, name: str) -> None:
        self._ask("remove")
        self.kept.pop(name, None)

    @contextlib.contextmanager
    def lock(self, name: str, *, patience: float) -> Iterator[None]:
        self._ask(f"lock {patience}")
        yield
        self.asked.append("free")

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        raise NotImplementedError

    def opened(self) -> MemoryStore:
        self._ask("open")
        return self

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if question.partition(" ")[0] == self.fails_at:
            raise StoreFailed("redis at host:1 cannot be used: no connection")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def shelf(store: MemoryStore) -> Shelf:
    return Shelf(store.opened, warn=pytest.fail)


def lock(shelf: Shelf) -> None:
    with shelf.locked(IDENTITY, patience=5):
        pass


def keep(shelf: Shelf, kind: str = "token", **of: str) -> None:
    shelf.keep(CONTENT, IDENTITY, kind, keep_until=99.5, **of)


USES = [
    pytest.param("open", lambda shelf: shelf.read(IDENTITY, "token"), id="open"),
    pytest.param("keyring", lambda shelf: shelf.read(IDENTITY, "token"), id="keyring"),
    pytest.param("read", lambda shelf: shelf.read(IDENTITY, "token"), id="read"),
    pytest.param("write", keep, id="write"),
    pytest.param("remove", lambda shelf: shelf.forget(IDENTITY, "token"), id="remove"),
    pytest.param("lock", lock, id="lock"),
]


def test_a_content_is_kept_and_forgotten(shelf: Shelf) -> None:
    assert shelf.read(IDENTITY, "token") is None
    keep(shelf)
    assert shelf.read(IDENTITY, "token") == CONTENT
    assert [shelf.read(*other) for other in ((OTHER, "token"), (IDENTITY, "failure"))] == [None, None]
    assert shelf.read(IDENTITY, "token", code="k") is None
    shelf.forget(IDENTITY, "token")
    assert shelf.read(IDENTITY, "token") is None


def test_what_stands_in_clear_is_no_secret(shelf: Shelf, store: MemoryStore) -> None:
    keep(shelf)
    (entry,) = store.kept.values()
    assert entry.partition(b"\n")[0] == b'{"expires_at": 12.5, "format": 1, "keep_until": 99.5, "kind": "token", "server": "https://s"}'
    assert "write 99.5" in store.asked


def test_a_shelf_that_keeps_nothing() -> None:
    shelf = Shelf(None, warn=pytest.fail)
    keep(shelf)
    lock(shelf)
    shelf.forget(IDENTITY, "token")
    assert shelf.read(IDENTITY, "token") is None


def test_a_store_is_opened_at_its_first_use_and_a_keyring_derived_once(shelf: Shelf, store: MemoryStore) -> None:
    assert store.asked == []
    for _each in range(2):
        keep(shelf)
        lock(shelf)
        shelf.read(dict(reversed(IDENTITY.items())), "failure", code="k")
    shelf.read(OTHER, "token")
    assert store.asked.count("open") == 1
    assert store.asked.count("keyring") == 2


def test_a_lock_is_held_for_as_long_as_it_is_wanted(shelf: Shelf, store: MemoryStore) -> None:
    with shelf.locked(IDENTITY, patience=5):
        assert store.asked[-1] == "lock 5"
        keep(shelf)
    assert store.asked[-1] == "free"


def test_to_wait_too_long_is_no_failure_of_the_store(shelf: Shelf, store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(_name: str, *, patience: float) -> Any:
        raise FortiError("Waited too long.")

    with monkeypatch.context() as changed:
        changed.setattr(store, "lock", waits)
        with pytest.raises(FortiError, match=r"^Waited too long\.$"):
            lock(shelf)
    keep(shelf)
    assert shelf.read(IDENTITY, "token") == CONTENT


@pytest.mark.parametrize(("fails_at", "use"), USES)
def test_a_store_that_fails_costs_one_warning_and_is_left_alone(store: MemoryStore, fails_at: str, use: Use) -> None:
    warnings: list[str] = []
    shelf = Shelf(store.opened, warn=warnings.append)
    store.fails_at = fails_at
    assert use(shelf) is None
    assert warnings == [WARNING]
    asked = list(store.asked)
    store.fails_at = ""
    for _fails_at, again in (case.values for case in USES):
        assert again(shelf) is None  # type: ignore[operator]
    assert store.asked == asked
    assert warnings == [WARNING]


def test_a_store_that_fails_under_a_lock_still_frees_it(store: MemoryStore) -> None:
    warnings: list[str] = []
    shelf = Shelf(store.opened, warn=warnings.append)
    with shelf.locked(IDENTITY, patience=5):
        store.fails_at = "write"
        keep(shelf)
    assert store.asked[-1] == "free"
    assert warnings == [WARNING]


def test_what_fails_in_a_lock_is_not_the_stores_fault(shelf: Shelf, store: MemoryStore) -> None:
    with pytest.raises(ZeroDivisionError), shelf.locked(IDENTITY, patience=5):
        1 / 0  # noqa: B018  (any failure)
    assert shelf.read(IDENTITY, "token") is None


@pytest.mark.parametrize("garbage", [b"", b"\xff", b'{"format": 1}\nshort', b'{"format": 2}\n' + b"x" * 40])
def test_an_entry_that_is_corrupt_is_removed(shelf: Shelf, store: MemoryStore, garbage: bytes) -> None:
    keep(shelf)
    store.kept = dict.fromkeys(store.kept, garbage)
    assert shelf.read(IDENTITY, "token") is None
    assert store.kept == {}
