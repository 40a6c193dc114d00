# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Redis as a backend: what is stored and for how long, and the lock between real processes."""

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
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import backend_redis
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError, LockTimeout
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache

from tests.tools.redis_server import RedisServer

pytest.importorskip("redis", reason="it needs redis, which is not installed")
import redis

NAME, OTHER = "0a" * 16, "0b" * 16
DAYS_30 = 30 * 86400
FORK = multiprocessing.get_context("fork")
Processes = Callable[[int, Callable[[], Any]], list[Any]]


@pytest.fixture
def client(redis_server: RedisServer) -> Any:
    """A client of the tests' own, at a server without keys."""
    redis_server.flush()
    return redis.Redis.from_url(redis_server.url)


@pytest.fixture
def backend(redis_server: RedisServer, client: Any) -> RedisBackend:
    return RedisBackend(redis_server.url)


@contextlib.contextmanager
def holder(url: str) -> Iterator[Any]:
    """Another process that holds the lock."""
    here, there = FORK.Pipe()

    def hold() -> None:
        with RedisBackend(url).lock(NAME, timeout=5):
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


def test_an_entry_is_kept_and_forgotten(backend: RedisBackend, redis_server: RedisServer) -> None:
    assert backend.read(NAME) is None
    backend.write(NAME, b"one", keep_until=None)
    backend.write(NAME, b"\xfftwo\n", keep_until=None)
    assert RedisBackend(redis_server.url).read(NAME) == b"\xfftwo\n"
    assert backend.read(OTHER) is None
    backend.remove(NAME)
    backend.remove(NAME)
    assert backend.read(NAME) is None


def test_entries_lists_only_entries(backend: RedisBackend, client: Any) -> None:
    assert backend.entries() == []
    client.set("somebody-elses", "x")
    backend.agree("salt", b"s")
    backend.write(OTHER, b"other", keep_until=None)
    backend.write(NAME, b"one", keep_until=None)
    with backend.lock(NAME, timeout=0):
        assert backend.entries() == [(NAME, b"one"), (OTHER, b"other")]


def test_entries_lists_only_the_beginning_of_a_long_one(backend: RedisBackend) -> None:
    backend.write(NAME, b"x" * 5000, keep_until=None)
    backend.write(OTHER, b"other", keep_until=None)
    assert backend.entries() == [(NAME, b"x" * 4096), (OTHER, b"other")]
    assert backend.read(NAME) == b"x" * 5000


def test_more_entries_than_one_answer_holds(backend: RedisBackend) -> None:
    for number in range(1200):
        backend._client.set(f"forti_oauth:token:{number:032x}", b"x")
    assert [name for name, _entry in backend.entries()] == [f"{number:032x}" for number in range(1200)]


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
def test_every_key_ends_by_itself(backend: RedisBackend, client: Any, keep_for: float | None, lives: int) -> None:
    backend.agree("salt", b"s")
    backend.write(NAME, b"one", keep_until=None if keep_for is None else time.time() + keep_for)
    with backend.lock(NAME, timeout=0):
        left = {key.decode(): client.pttl(key) / 1000 for key in client.scan_iter()}
    assert left == {
        "forti_oauth:salt": pytest.approx(DAYS_30, abs=5),
        f"forti_oauth:token:{NAME}": pytest.approx(lives, abs=2),
        f"forti_oauth:lock:{NAME}": pytest.approx(15, abs=2),
    }
    assert all(seconds > 0 for seconds in left.values())
    assert client.keys("*lock*") == []


def test_an_entry_whose_time_is_over_is_gone(backend: RedisBackend) -> None:
    backend.write(NAME, b"one", keep_until=time.time() - 1)
    time.sleep(1.1)
    assert backend.read(NAME) is None


def test_each_entry_that_is_written_prolongs_the_life_of_the_shared_value(backend: RedisBackend, redis_server: RedisServer, client: Any) -> None:
    assert backend.agree("salt", b"first") == b"first"
    client.expire("forti_oauth:salt", 60)
    other = RedisBackend(redis_server.url)
    assert other.agree("salt", b"second") == b"first"
    assert client.ttl("forti_oauth:salt") <= 60  # who only reads adds nothing that needs it
    other.write(NAME, b"one", keep_until=time.time() + 10)
    assert client.ttl("forti_oauth:salt") == pytest.approx(DAYS_30, abs=5)


def test_the_shared_value_is_dropped_if_it_is_still_this_one(backend: RedisBackend) -> None:
    backend.agree("salt", b"first")
    backend.disagree("salt", b"second")
    assert backend.agree("salt", b"third") == b"first"
    for _each in range(2):
        backend.disagree("salt", b"first")
    assert backend.agree("salt", b"third") == b"third"


def test_a_salt_that_is_there_costs_one_command(backend: RedisBackend, redis_server: RedisServer, client: Any) -> None:
    backend.agree("salt", b"first")
    other = RedisBackend(redis_server.url)
    other.read(NAME)  # connects
    before = client.info("commandstats")
    other.agree("salt", b"second")
    after = client.info("commandstats")
    calls = {name: after[name]["calls"] - before.get(name, {"calls": 0})["calls"] for name in after}
    assert {name: count for name, count in calls.items() if count and name != "cmdstat_info"} == {"cmdstat_get": 1}


def test_a_salt_whose_maker_was_killed_ends_too(redis_server: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    set_ = redis.Redis.set

    def killed(self: Any, *arguments: Any, **more: Any) -> None:
        set_(self, *arguments, **more)
        raise RuntimeError

    monkeypatch.setattr(redis.Redis, "set", killed)
    with pytest.raises(BackendError):
        RedisBackend(redis_server.url).agree("salt", b"s")
    assert 0 < client.ttl("forti_oauth:salt") <= DAYS_30


def test_processes_that_race_agree_on_one_salt(redis_server: RedisServer, client: Any, in_processes: Processes) -> None:
    salts = in_processes(8, lambda: RedisBackend(redis_server.url).agree("salt", os.urandom(32)))
    assert set(salts) == {client.get("forti_oauth:salt")}
    assert len(salts[0]) == 32


def test_no_key_holds_a_secret(backend: RedisBackend, redis_server: RedisServer) -> None:
    cache = EncryptedCache(lambda: backend, warn=pytest.fail)
    cache.put({"access_token": "A30-A30"}, {"server": "https://s", "username": "user-name", "password": "hunter2"}, "token", keep_until=None)
    stored = redis_server.dump()
    assert "forti_oauth:token:" in stored
    assert not [secret for secret in ("hunter2", "user-name", "A30-A30") if secret in stored]


def test_one_process_at_a_time(backend: RedisBackend, redis_server: RedisServer, tmp_path: pathlib.Path, in_processes: Processes) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        own = RedisBackend(redis_server.url)
        for _each in range(3):
            with own.lock(NAME, timeout=20):
                number = int(counter.read_text())
                time.sleep(0.02)
                counter.write_text(str(number + 1))

    in_processes(4, count)
    assert counter.read_text() == "12"


def test_a_lock_that_is_not_freed_ends_the_wait_and_others_are_free(backend: RedisBackend, redis_server: RedisServer) -> None:
    with holder(redis_server.url):
        with backend.lock(OTHER, timeout=0):
            backend.write(NAME, b"one", keep_until=None)
        with pytest.raises(LockTimeout), backend.lock(NAME, timeout=0.5):
            pytest.fail("Two hold it.")


def test_a_failure_in_it_frees_it(backend: RedisBackend, redis_server: RedisServer) -> None:
    with pytest.raises(ZeroDivisionError), backend.lock(NAME, timeout=0):
        1 / 0  # noqa: B018  (any failure)
    with RedisBackend(redis_server.url).lock(NAME, timeout=0):
        pass


def test_a_lock_lives_as_long_as_its_holder(backend: RedisBackend, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_redis, "_LOCK_LIFE", 1)
    with holder(redis_server.url), pytest.raises(LockTimeout), backend.lock(NAME, timeout=3):
        pytest.fail("Its time was not prolonged.")


@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(lambda client: client.delete(f"forti_oauth:lock:{NAME}"), id="it ended"),
        pytest.param(lambda client: client.set(f"forti_oauth:lock:{NAME}", b"another"), id="another one has it"),
        pytest.param(lambda client: client.flushall(), id="the server forgot everything"),
    ],
)
def test_who_lost_a_lock_is_told(backend: RedisBackend, client: Any, lose: Callable[[Any], Any]) -> None:
    with backend.lock(NAME, timeout=1) as is_held:
        assert [is_held(), is_held()] == [True, True]
        lose(client)
        assert is_held() is False


def test_who_cannot_ask_whether_a_lock_is_held_gets_a_backend_error(tmp_path: pathlib.Path) -> None:
    with RedisServer(tmp_path) as server, RedisBackend(server.url).lock(NAME, timeout=1) as is_held:
        assert is_held()
        server.stop()
        with pytest.raises(BackendError, match=r"^Redis at 127\.0\.0\.1:\d+ cannot be used: no connection$"):
            is_held()


def test_a_run_that_lost_its_lock_writes_nothing_over_the_token_of_another(redis_server: RedisServer, client: Any) -> None:
    warnings: list[str] = []
    cache, other = (EncryptedCache(lambda: RedisBackend(redis_server.url), warn=warnings.append) for _each in range(2))
    key = {"server": "https://s", "refresh_token": "R1"}
    with cache.lock(key, timeout=1):
        for lock in client.keys("forti_oauth:lock:*"):
            client.delete(lock)
        with other.lock(key, timeout=1):
            other.put({"access_token": "A2"}, key, "token", keep_until=None)
            cache.put({"access_token": "A1"}, key, "token", keep_until=None)
    assert other.get(key, "token") == {"access_token": "A2"}
    assert [warning.partition(":")[2].partition(". ")[0].partition(": ")[2] for warning in warnings] == ["the lock was lost meanwhile"]


def test_a_lock_that_was_lost_is_not_taken_from_its_next_holder(backend: RedisBackend, redis_server: RedisServer, client: Any) -> None:
    with contextlib.ExitStack() as stack:
        with backend.lock(NAME, timeout=0):
            client.delete(f"forti_oauth:lock:{NAME}")
            stack.enter_context(RedisBackend(redis_server.url).lock(NAME, timeout=0))
        assert client.exists(f"forti_oauth:lock:{NAME}") == 1


def test_a_killed_holder_frees_it_within_20_seconds(backend: RedisBackend, redis_server: RedisServer) -> None:
    with holder(redis_server.url) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.join(10)
        began = time.monotonic()
        with backend.lock(NAME, timeout=25):
            assert time.monotonic() - began <= 20
