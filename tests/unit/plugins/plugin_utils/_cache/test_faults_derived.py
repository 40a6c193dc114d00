# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The salt that several processes find damaged, and the slow derivation of a key: one process of a run does it for the others."""

from __future__ import annotations

import hashlib
import os
import pathlib
import time
from collections.abc import Callable

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import encrypted
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache

from tests.unit.conftest import Processes
from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, CacheHarness
from tests.unit.plugins.plugin_utils._cache.sharing import SharedStore, elsewhere

Counted = Callable[[], int]


@pytest.fixture
def derivations(tmp_path: pathlib.Path, quick: None, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Return how often a key was derived slowly, by any process."""
    log = tmp_path / "derivations"
    log.touch()

    def scrypt(secret: bytes, salt: bytes) -> bytes:
        with log.open("a") as file:
            file.write("derived\n")
        time.sleep(0.2)  # as long as it takes
        return hashlib.sha256(secret + salt).digest()

    monkeypatch.setattr(encrypted, "scrypt", scrypt)
    return lambda: len(log.read_text().splitlines())


@pytest.mark.daily("directory-short", "redis-empty")
@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 33], ids=["empty", "short", "long"])
def test_a_damaged_salt_that_several_find_at_once_makes_nobody_give_the_store_up(store: SharedStore, in_processes: Processes, damage: bytes) -> None:
    store.backend.agree("salt", b"s" * 32)

    def stored() -> list[str]:
        warnings: list[str] = []
        cache, key = EncryptedCache(lambda: store.backend, warn=warnings.append), {"server": "https://s", "refresh_token": str(os.getpid())}
        kept = cache.put({"access_token": "A1"}, key, "token", keep_until=time.time() + 3600) and cache.get(key, "token")
        return warnings or [str(kept)]

    for _round in range(30):
        store.salt(damage)
        assert in_processes(4, stored) == [[str({"access_token": "A1"})]] * 4
        assert len(store.backend.agree("salt", b"s" * 32)) == 32


def test_a_sound_salt_that_somebody_agreed_on_meanwhile_is_left(store: SharedStore) -> None:
    backend = store.backend
    backend.agree("salt", b"damaged")
    damaged = backend.agree("salt", b"t" * 32)
    store.salt(b"u" * 32)
    backend.disagree("salt", damaged)
    assert backend.agree("salt", b"t" * 32) == b"u" * 32


def test_a_salt_that_another_process_drops_between_two_questions_is_agreed_on_again(store: SharedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took the sound one for the damaged one that it had read before."""
    dropped: list[str] = []

    def watched(real: Callable[..., object]) -> Callable[..., object]:
        def propose(*arguments: object, **more: object) -> object:
            result = real(*arguments, **more)
            if not dropped:
                dropped.append("salt")
                other.disagree("salt", b"t" * 32)
            return result

        return propose

    backend, other = store.backend, store.backend
    with monkeypatch.context() as changed:
        changed.setattr(os, "link", watched(os.link))
        if isinstance(backend, RedisBackend):
            import redis

            changed.setattr(redis.Redis, "set", watched(redis.Redis.set))
        assert backend.agree("salt", b"t" * 32) == b"t" * 32
    assert dropped == ["salt"]
    assert store.backend.agree("salt", b"u" * 32) == b"t" * 32


def test_one_process_of_a_run_derives_a_key_for_all_that_ask_at_once(
    harness: CacheHarness, store: SharedStore, derivations: Counted, in_processes: Processes
) -> None:
    harness.takes = 0.2
    results = in_processes(6, lambda: harness.token(shared="shared"))
    assert (set(results), harness.requests, derivations()) == ({"A1"}, ["login"], 1)
    assert store.warnings == []


def test_one_process_of_a_run_derives_a_key_for_all_that_force_at_once(
    harness: CacheHarness, store: SharedStore, derivations: Counted, in_processes: Processes
) -> None:
    results = in_processes(6, lambda: harness.token(shared="shared", request_id="task"))
    assert (set(results), harness.requests, derivations()) == ({"A1"}, ["login"], 1)
    assert store.warnings == []


def test_a_second_process_of_the_run_derives_nothing(harness: CacheHarness, store: SharedStore, derivations: Counted) -> None:
    elsewhere(lambda: harness.ask(shared="shared"))
    assert derivations() == 1
    elsewhere(lambda: harness.ask(shared="shared", request_id="task"))
    elsewhere(lambda: harness.revoke(None, shared="shared"))
    elsewhere(lambda: harness.ask(shared="shared"))
    assert derivations() == 1
    assert harness.requests == ["login"] * 3
    assert store.warnings == []


def test_each_run_and_each_key_derive_once(harness: CacheHarness, store: SharedStore, derivations: Counted) -> None:
    for _each in range(2):
        for run in ("run", "another", "third"):
            for username in ("u", "v"):
                elsewhere(lambda run=run, username=username: harness.ask({**LOGIN, "username": username}, run=run, shared="shared"))  # type: ignore[misc]
    assert derivations() == 6
    assert harness.requests == ["login"] * 2


def test_another_salt_is_another_key(harness: CacheHarness, store: SharedStore, derivations: Counted) -> None:
    assert [harness.token(run="run", shared="shared"), derivations()] == ["A1", 1]
    store.salt(b"t" * 32)
    assert harness.token(shared="shared", request_id="task") == "A2"
    assert harness.token(run="another", shared="shared") == "A2"
    assert derivations() == 3
    assert store.warnings == []


def test_the_run_alone_derives_nothing_slowly(harness: CacheHarness, derivations: Counted) -> None:
    harness.ask()
    harness.revoke(None)
    assert derivations() == 0


def test_a_derived_key_is_kept_in_the_run_only_and_not_in_plain_text(harness: CacheHarness, store: SharedStore, derivations: Counted) -> None:
    harness.ask(shared="shared")
    assert sorted(header["kind"] for header in harness.headers("run") if header) == ["derived", "token"]
    assert [header["kind"] for header in harness.headers("shared") if header] == ["token"]
    cache = harness.encrypted("shared")
    _backend, _name, _key = cache._slot(LOGIN, "token", {})
    (master,) = cache._masters.values()
    stored = b"".join(path.read_bytes() for path in (harness.folder / "run").iterdir() if path.is_file())
    assert master not in stored
    assert master.hex().encode() not in stored


def test_a_derived_key_that_is_damaged_is_derived_again(harness: CacheHarness, store: SharedStore, derivations: Counted) -> None:
    harness.ask(shared="shared")
    for path in (harness.folder / "run").glob("*.token"):
        path.write_bytes(b"\x01garbage")
    assert harness.token(shared="shared") == "A1"
    assert derivations() == 2
    assert store.warnings == []
