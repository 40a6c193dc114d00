# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Redis that is slow each time, or silent: one budget for all its questions in an ask. A holder that hangs: one wait for a run."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import backend_redis, run_memory
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tombstones import NOT_MARKED

from tests.tools.redis_server import PASSWORD, RedisServer
from tests.unit.conftest import Processes
from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, CacheHarness
from tests.unit.plugins.plugin_utils._cache.sharing import SharedStore

LONGEST = 5.5  # seconds for an ask that finds its store too slow
pytestmark = pytest.mark.usefixtures("quick")


class Proxy:
    """A proxy before a Redis that delays each answer."""

    def __init__(self, port: int, delay: float) -> None:
        self.answers = 0
        self._is_silent = False
        self._port = port
        self._delay = delay
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self) -> None:
        """Pass no answer on any more."""
        self._is_silent = True

    def speak(self) -> None:
        """Pass answers on again."""
        self._is_silent = False

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                threading.Thread(target=self._pass_on, args=(near, far, 0), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(far, near, self._delay), daemon=True).start()

    def _pass_on(self, here: socket.socket, there: socket.socket, delay: float) -> None:
        with contextlib.suppress(OSError), here, there:
            while data := here.recv(65536):
                time.sleep(delay)
                self.answers += bool(delay)
                if not self._is_silent:
                    there.sendall(data)


@contextlib.contextmanager
def slow(server: RedisServer, delay: float) -> Iterator[Proxy]:
    proxy = Proxy(server.port, delay)
    try:
        yield proxy
    finally:
        proxy.close()


def at(harness: CacheHarness, port: int) -> list[str]:
    """Let the runs of the harness share the Redis at this port; return the warnings."""
    warnings: list[str] = []

    def opened(folder: str) -> Backend:
        return RedisBackend(f"redis://:{PASSWORD}@127.0.0.1:{port}/0", budget=3) if folder.endswith("shared") else RunBackend(folder)

    harness.warn, harness.open_backend = warnings.append, opened
    return warnings


@pytest.mark.parametrize("delay", [0.6, 2.0, 2.9])
def test_a_redis_that_is_slow_each_time_has_one_budget_for_an_ask(harness: CacheHarness, redis_server: RedisServer, delay: float) -> None:
    redis_server.flush()
    with slow(redis_server, delay) as proxy:
        warnings, began = at(harness, proxy.port), time.monotonic()
        assert harness.token(shared="shared") == "A1"
        took = time.monotonic() - began
    assert proxy.answers
    assert took <= LONGEST, proxy.answers
    assert warnings == [
        f"Redis at 127.0.0.1:{proxy.port} cannot be used: no answer within 3 seconds. The play goes on without it; tokens are not shared by it."
    ]
    began = time.monotonic()
    assert harness.token(shared="shared") == "A1"  # the run has it
    assert time.monotonic() - began <= 1


@pytest.mark.parametrize("forced", [False, True])
def test_a_silent_redis_costs_an_ask_one_patience(harness: CacheHarness, forced: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        warnings, began = at(harness, silent.getsockname()[1]), time.monotonic()
        assert harness.token(shared="shared", request_id="task" if forced else None) == "A1"
        assert time.monotonic() - began <= LONGEST
    assert len(warnings) == 1


def test_a_silent_redis_costs_a_revocation_one_patience(harness: CacheHarness) -> None:
    harness.ask()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        warnings, began = at(harness, silent.getsockname()[1]), time.monotonic()
        assert harness.revoke(None, shared="shared") is True
        assert time.monotonic() - began <= LONGEST
    assert warnings[1:] == [NOT_MARKED]


def test_a_silent_redis_costs_all_asks_of_a_run_one_patience_and_is_asked_again_after_a_while(
    harness: CacheHarness, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two services of the role, the hosts one after the other, and their revocations."""
    others = [{**LOGIN, "username": name} for name in ("v", "w")]
    redis_server.flush()
    with slow(redis_server, 0.001) as proxy:
        proxy.silence()
        warnings, began = at(harness, proxy.port), time.monotonic()
        assert harness.token(shared="shared") == "A1"
        assert harness.token(others[0], shared="shared") == "A2"
        assert harness.revoke(None, others[0], shared="shared") is True
        assert time.monotonic() - began <= LONGEST
        assert len(set(warnings) - {NOT_MARKED}) == 1  # core shows it once
        proxy.speak()
        asked = proxy.answers
        assert harness.token({**LOGIN, "username": "x"}, shared="shared") == "A3"
        assert len(warnings) == 5
        assert proxy.answers == asked
        monkeypatch.setattr(time, "time", lambda now=time.time: now() + run_memory._SILENCE)
        assert harness.token(others[1], shared="shared") == "A4"
        assert proxy.answers > asked
    assert len(warnings) == 5
    assert harness.token(others[1], run="another", shared="shared") == "A4"


def test_a_url_that_is_wrong_does_not_switch_off_the_right_one(harness: CacheHarness, redis_server: RedisServer) -> None:
    """Such as that of TLS for a port without it, which is silent."""
    redis_server.flush()
    warnings = at(harness, redis_server.port)
    right = harness.open_backend

    def wrong(folder: str) -> Backend:
        return RedisBackend(redis_server.url.replace("redis:", "rediss:"), budget=3) if folder.endswith("shared") else right(folder)

    harness.open_backend = wrong
    assert harness.token(shared="shared") == "A1"
    (warning,) = warnings
    assert "no answer within 3 seconds; if its port speaks no TLS, write redis in place of rediss in the URL." in warning
    harness.open_backend, harness.warn = right, pytest.fail
    assert harness.token({**LOGIN, "username": "v"}, shared="shared") == "A2"
    assert redis_server.keys()


def test_a_run_does_not_remember_a_redis_that_is_down(harness: CacheHarness, redis_server: RedisServer) -> None:
    """That costs no time, and it may be back at once."""
    redis_server.flush()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    warnings = at(harness, port)
    assert harness.token(shared="shared") == "A1"
    assert len(warnings) == 1
    at(harness, redis_server.port)
    opened = harness.open_backend

    def back(folder: str) -> Backend:
        backend = opened(folder)
        backend.address = backend.address.replace(str(redis_server.port), str(port))
        return backend

    harness.open_backend, harness.warn = back, pytest.fail
    assert harness.token({**LOGIN, "username": "v"}, shared="shared") == "A2"


def test_a_redis_that_gets_silent_under_a_lock_costs_an_ask_one_patience(harness: CacheHarness, redis_server: RedisServer) -> None:
    redis_server.flush()
    with slow(redis_server, 0) as proxy:
        warnings, began = at(harness, proxy.port), time.monotonic()
        harness.answered = proxy.silence
        assert harness.token(shared="shared") == "A1"
        assert time.monotonic() - began <= LONGEST
    assert len(warnings) == 1


def test_the_budget_is_that_of_an_ask_and_not_of_who_empties_a_large_store(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, redis_store: SharedStore
) -> None:
    """Each answer takes a hundredth of what a slow one may take."""
    monkeypatch.setattr(backend_redis, "TIMEOUT", 1)
    for number in range(150):
        redis_store.client.set(f"forti_oauth:token:{number:032x}", b"x")
    with slow(redis_server, 0.01) as proxy:
        backend = RedisBackend(f"redis://:{PASSWORD}@127.0.0.1:{proxy.port}/0")
        for name, _entry in backend.entries():
            backend.remove(name)
    assert redis_store.client.keys("forti_oauth:token:*") == []


def test_to_wait_for_another_run_is_not_the_fault_of_redis(harness: CacheHarness, redis_store: SharedStore, in_processes: Processes) -> None:
    """A login that takes longer than the budget, in one of several runs that wait for it."""
    harness.takes = 4

    def ask() -> tuple[str, list[str]]:
        return harness.token(run=f"run-{os.getpid()}", shared="shared"), redis_store.warnings

    assert in_processes(3, ask) == [("A1", [])] * 3
    assert harness.requests == ["login"]


def test_a_holder_that_hangs_costs_the_hosts_of_a_play_one_wait(harness: CacheHarness, store: SharedStore, in_processes: Processes) -> None:
    with harness.encrypted("shared").lock(LOGIN, timeout=1):
        began = time.monotonic()
        results = in_processes(5, lambda: (harness.ask(shared="shared", lock_timeout=2)["source"], len(store.warnings)))
        took = time.monotonic() - began
    assert sorted(results) == [*[("cache", 0)] * 4, ("login", 1)]
    assert harness.requests == ["login"]
    assert took < 8  # five waits would be ten


def test_an_error_of_the_runs_own_lock_names_the_time_that_was_waited(harness: CacheHarness, directory_store: SharedStore) -> None:
    with harness.encrypted("run").lock(LOGIN, timeout=1), pytest.raises(FortiError) as caught:
        began = time.monotonic()
        harness.ask(shared="shared", lock_timeout=1)
    assert time.monotonic() - began >= 2
    assert str(caught.value) == "Another task of this run has been getting the same token for 2 seconds. Look for one that hangs."
    assert directory_store.warnings == []


def test_a_run_waits_once_for_a_holder_that_hangs(harness: CacheHarness, store: SharedStore) -> None:
    """Each of its later tasks takes the lock only if it is free."""

    def force(task: str) -> float:
        began = time.monotonic()
        assert harness.ask(shared="shared", request_id=task, lock_timeout=2)["source"] == "login"
        return time.monotonic() - began

    with harness.encrypted("shared").lock(LOGIN, timeout=1):
        assert force("one") >= 1.8
        assert [force(task) < 1.8 for task in ("two", "three")] == [True, True]
        assert harness.revoke(None, shared="shared") is True
    assert [warning.partition(": ")[2].partition(";")[0] for warning in store.warnings] == ["another run has been getting the same token for 2 seconds"] * 5
    store.warnings.clear()
    assert force("four") < 1.8
    with harness.encrypted("shared").lock(LOGIN, timeout=1):
        assert force("five") >= 1.8  # it was free meanwhile, so its holder is another one
    assert harness.requests == ["login"] * 5


def test_a_run_waits_once_for_its_own_task_that_hangs(harness: CacheHarness) -> None:
    def ask() -> tuple[str, float]:
        began = time.monotonic()
        with pytest.raises(FortiError) as caught:
            harness.ask(lock_timeout=2)
        return str(caught.value), time.monotonic() - began

    with harness.encrypted("run").lock(LOGIN, timeout=1):
        (first, waited), (second, waited_again) = ask(), ask()
    assert first == second == "Another task of this run has been getting the same token for 2 seconds. Look for one that hangs."
    assert waited >= 2
    assert waited_again < 1.8
    assert harness.token() == "A1"
