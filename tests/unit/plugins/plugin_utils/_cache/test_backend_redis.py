# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens in a real Redis: what is kept and for how long, and the lock between real processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pathlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.plugin_utils import _store_redis
from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import quick_keyring, slow_keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._sealing import Seal
from ansible_collections.forti.oauth.plugins.plugin_utils._store_redis import RedisStore

from tests.tools.redis_server import RedisServer, program

NAME, OTHER = "0a" * 16, "0b" * 16
DAYS_30 = 30 * 86400
SEAL = quick_keyring({"server": "s"}, b"salt").seal("token")
FORK = multiprocessing.get_context("fork")
Processes = Callable[[int, Callable[[], Any]], list[Any]]

pytestmark = pytest.mark.skipif(program() is None, reason="there is no redis-server and no valkey-server on this machine")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def client(running: RedisServer) -> Any:
    """A client of the tests' own, at a server without keys."""
    running.flush()
    return redis.Redis.from_url(running.url)


@pytest.fixture
def store(running: RedisServer, client: Any) -> RedisStore:
    return RedisStore(running.url)


@contextlib.contextmanager
def holder(url: str) -> Iterator[Any]:
    """Another process that holds the lock."""
    here, there = FORK.Pipe()

    def hold() -> None:
        with RedisStore(url).lock(NAME, patience=5):
            there.send("held")
            there.poll(60)

    process = FORK.Process(target=hold, daemon=True)
    process.start()
    try:
        assert here.poll(10)
        yield process
    finally:
        process.kill()
        process.join(10)


def test_an_entry_is_kept_and_forgotten(store: RedisStore, running: RedisServer) -> None:
    assert store.read(NAME) is None
    store.write(NAME, b"one", keep_until=None)
    store.write(NAME, b"\xfftwo\n", keep_until=None)
    assert RedisStore(running.url).read(NAME) == b"\xfftwo\n"
    assert store.read(OTHER) is None
    store.remove(NAME)
    store.remove(NAME)
    assert store.read(NAME) is None


def test_what_stands_in_clear_is_listed_and_only_of_entries(store: RedisStore, client: Any) -> None:
    assert store.entries() == []
    client.set("somebody-elses", "x")
    store.write(OTHER, SEAL.close({}, server="https://s", keep_until=5.5), keep_until=None)
    store.write(NAME, b"corrupt", keep_until=None)
    with store.lock(NAME, patience=0):
        assert store.entries() == [(NAME, {}), (OTHER, {"format": 1, "server": "https://s", "keep_until": 5.5})]


def test_more_entries_than_one_answer_holds(store: RedisStore) -> None:
    for number in range(1200):
        store._client.set(f"forti_oauth:token:{number:032x}", b"x")
    assert [name for name, _about in store.entries()] == [f"{number:032x}" for number in range(1200)]


@pytest.mark.parametrize(
    ("keep_for", "lives"),
    [
        pytest.param(3600, 3600, id="an hour"),
        pytest.param(None, DAYS_30, id="never ends"),
        pytest.param(10**9, DAYS_30, id="ends in 30 years"),
        pytest.param(0.5, 1, id="half a second"),
        pytest.param(-5, 1, id="over"),
    ],
)
def test_every_key_ends_by_itself(store: RedisStore, client: Any, keep_for: float | None, lives: int) -> None:
    store.write(NAME, b"one", keep_until=None if keep_for is None else time.time() + keep_for)
    with store.lock(NAME, patience=0):
        left = {key.decode(): client.pttl(key) / 1000 for key in client.scan_iter()}
    assert left == {
        "forti_oauth:salt": pytest.approx(DAYS_30, abs=5),
        f"forti_oauth:token:{NAME}": pytest.approx(lives, abs=2),
        f"forti_oauth:lock:{NAME}": pytest.approx(15, abs=2),
    }
    assert all(seconds > 0 for seconds in left.values())
    assert client.keys("*lock*") == []


def test_an_entry_whose_time_is_over_is_gone(store: RedisStore) -> None:
    store.write(NAME, b"one", keep_until=time.time() - 1)
    time.sleep(1.1)
    assert store.read(NAME) is None


def test_each_use_prolongs_the_salt(store: RedisStore, running: RedisServer, client: Any) -> None:
    client.expire("forti_oauth:salt", 60)
    again = RedisStore(running.url)
    assert client.ttl("forti_oauth:salt") > 86400
    assert again.keyring({"password": "p"}) == store.keyring({"password": "p"}) == slow_keyring({"password": "p"}, client.get("forti_oauth:salt"))


def test_a_salt_whose_maker_was_killed_ends_too(running: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_arguments: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(redis.Redis, "expire", killed)
    with pytest.raises(KeyboardInterrupt):
        RedisStore(running.url)
    assert 0 < client.ttl("forti_oauth:salt") <= DAYS_30


def test_processes_that_race_agree_on_one_salt(running: RedisServer, client: Any, in_processes: Processes) -> None:
    salts = in_processes(8, lambda: RedisStore(running.url)._salt)
    assert set(salts) == {client.get("forti_oauth:salt")}
    assert len(salts[0]) == 32


def test_no_key_holds_a_secret(store: RedisStore, running: RedisServer) -> None:
    seal: Seal = store.keyring({"username": "user-name", "password": "hunter2"}).seal("token")
    store.write(seal.name, seal.close({"access_token": "A30-A30"}, server="https://s"), keep_until=None)
    kept = running.dump()
    assert seal.name in kept
    assert not [secret for secret in ("hunter2", "user-name", "A30-A30") if secret in kept]


def test_one_process_at_a_time(store: RedisStore, running: RedisServer, tmp_path: pathlib.Path, in_processes: Processes) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        own = RedisStore(running.url)
        for _each in range(3):
            with own.lock(NAME, patience=20):
                number = int(counter.read_text())
                time.sleep(0.02)
                counter.write_text(str(number + 1))

    in_processes(4, count)
    assert counter.read_text() == "12"


def test_who_waits_too_long_is_told_and_other_tokens_are_free(store: RedisStore, running: RedisServer) -> None:
    with holder(running.url):
        with store.lock(OTHER, patience=0):
            store.write(NAME, b"one", keep_until=None)
        with pytest.raises(FortiError) as caught, store.lock(NAME, patience=0.5):
            pytest.fail("Two hold it.")
    assert str(caught.value) == "Another task or run has been getting the same token for 0 seconds. Look for one that hangs."


def test_a_failure_in_it_frees_it(store: RedisStore, running: RedisServer) -> None:
    with pytest.raises(ZeroDivisionError), store.lock(NAME, patience=0):
        1 / 0  # noqa: B018  (any failure)
    with RedisStore(running.url).lock(NAME, patience=0):
        pass


def test_a_lock_lives_as_long_as_its_holder(store: RedisStore, running: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_store_redis, "_LOCK_LIVES", 1)
    with holder(running.url), pytest.raises(FortiError), store.lock(NAME, patience=3):
        pytest.fail("Its time was not prolonged.")


def test_a_lock_that_was_lost_is_not_taken_from_its_next_holder(store: RedisStore, running: RedisServer, client: Any) -> None:
    with contextlib.ExitStack() as stack:
        with store.lock(NAME, patience=0):
            client.delete(f"forti_oauth:lock:{NAME}")
            stack.enter_context(RedisStore(running.url).lock(NAME, patience=0))
        assert client.exists(f"forti_oauth:lock:{NAME}") == 1


def test_a_killed_holder_frees_it_within_20_seconds(store: RedisStore, running: RedisServer) -> None:
    with holder(running.url) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.join(10)
        began = time.monotonic()
        with store.lock(NAME, patience=25):
            assert time.monotonic() - began <= 20
