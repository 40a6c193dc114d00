# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clocks that differ, and work that takes long: what is new and what is over is not decided by the clock of another machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, Refused
from ansible_collections.forti.oauth.plugins.plugin_utils._cache import encrypted

from tests.unit.plugins.plugin_utils._cache.harness import CacheHarness
from tests.unit.plugins.plugin_utils._cache.sharing import FORK, SharedStore, elsewhere

After = Callable[[float], None]


def refused(harness: CacheHarness, run: str) -> bool:
    """Return whether a run is refused. If not, it gets a token."""
    try:
        harness.ask(run=run, shared="shared")
    except Refused as exc:
        assert str(exc).startswith("Wrong password.")
        return True
    return False


def failure_keys(store: SharedStore) -> list[bytes]:
    keys: list[bytes] = [key for key in store.client.keys("forti_oauth:token:*") if b'"failure"' in store.client.get(key)]
    return keys


@pytest.mark.parametrize("behind", [0, 100, -100], ids=["as fast", "behind", "ahead"])
def test_a_forced_token_is_new_whatever_the_clock_says(harness: CacheHarness, store: SharedStore, after: After, behind: float) -> None:
    harness.ask(shared="shared")
    after(-behind)
    forced = [harness.ask(run=run, shared="shared", request_id=task) for run, task in (("other", "one"), ("other", "one"), ("other", "two"), ("third", "x"))]
    assert [(result["access_token"], result["source"]) for result in forced] == [("A2", "login"), ("A2", "cache"), ("A3", "login"), ("A4", "login")]
    assert harness.token(run="fourth", shared="shared") == "A4"
    assert store.warnings == []


def test_a_forced_ask_takes_what_another_run_got_while_it_waited(harness: CacheHarness, store: SharedStore, after: After) -> None:
    """The clock of the one that waits is ahead, so by its clock the token is older than its question."""
    harness.ask(shared="shared")
    asks, waits = FORK.Event(), FORK.Event()

    def first() -> None:
        harness.meanwhile = lambda: (asks.set(), waits.wait(20))
        harness.ask(run="first", shared="shared", request_id="one")

    process = FORK.Process(target=first, daemon=True)
    process.start()
    assert asks.wait(20)
    after(100)
    store.at_lock = waits.set
    result = harness.ask(run="second", shared="shared", request_id="two")
    process.join(20)
    assert (process.exitcode, result["access_token"], result["source"]) == (0, "A2", "cache")
    assert harness.requests == ["login", "login"]


@pytest.mark.parametrize("ahead", [200, -200, 0], ids=["ahead", "behind", "as fast"])
def test_a_refusal_ends_with_its_key_and_not_by_its_writers_clock(harness: CacheHarness, redis_store: SharedStore, after: After, ahead: float) -> None:
    harness.login_fails = Refused("Wrong password.", status=401)
    after(ahead)
    assert refused(harness, "writer")
    after(-ahead)
    harness.login_fails = None
    (key,) = failure_keys(redis_store)
    assert 50 < redis_store.client.ttl(key) <= 60
    assert [refused(harness, run) for run in ("reader", "other")] == [True, True]
    assert harness.requests == ["login"]
    redis_store.client.delete(key)  # as Redis does after a minute
    assert refused(harness, "reader")  # by the copy of its run
    after(9)
    assert refused(harness, "reader")
    after(2)
    assert not refused(harness, "reader")
    assert not refused(harness, "third")
    assert harness.requests == ["login", "login"]


def test_the_copy_of_a_refusal_in_a_run_is_not_prolonged_by_those_who_find_it(harness: CacheHarness, redis_store: SharedStore, after: After) -> None:
    harness.login_fails = Refused("Wrong password.", status=401)
    assert refused(harness, "writer")
    harness.login_fails = None
    assert refused(harness, "reader")
    redis_store.client.delete(*failure_keys(redis_store))
    for seconds in (4, 4):
        after(seconds)
        assert refused(harness, "reader")
    after(3)
    assert not refused(harness, "reader")


def test_who_forces_is_not_refused_by_what_another_machine_stored_ahead(harness: CacheHarness, store: SharedStore, after: After) -> None:
    harness.login_fails = Refused("Wrong password.", status=401)
    after(200)
    assert refused(harness, "writer")
    after(-200)
    harness.login_fails = None
    assert harness.token(run="reader", shared="shared", request_id="task") == "A2"
    assert store.warnings == []


def test_a_fault_that_another_machine_stored_is_not_shared_by_its_clock(harness: CacheHarness, store: SharedStore, after: After) -> None:
    harness.login_fails = FortiError("It failed.")
    after(200)
    with pytest.raises(FortiError):
        harness.ask(run="writer", shared="shared")
    after(-200)
    harness.login_fails = None
    assert harness.token(run="reader", shared="shared") == "A2"
    assert store.warnings == []


def test_what_a_slow_store_takes_is_not_added_to_the_life_of_a_token(harness: CacheHarness, store: SharedStore, after: After) -> None:
    """A write that takes 4 seconds, in each of the two tiers."""
    store.at_check = lambda: after(4)
    result = harness.ask(shared="shared")
    store.at_check = lambda: None
    kept = harness.ask(shared="shared")
    assert result["expires_at"] == kept["expires_at"]
    assert result["expires_in"] - 1 <= kept["expires_in"] <= result["expires_in"] < 3600


def test_a_forced_ask_does_not_take_the_copy_of_a_token_that_a_machine_ahead_got(harness: CacheHarness, store: SharedStore, after: After) -> None:
    """By its times the token is newer than the question, but it was there before."""
    after(200)
    harness.ask(run="ahead", shared="shared")
    after(-200)
    asked_at = time.time()
    assert harness.token(shared="shared") == "A1"  # another task of the run copies it meanwhile
    assert harness.token(shared="shared", request_id="task", asked_at=asked_at) == "A2"
    assert store.warnings == []


def test_a_forced_ask_does_not_fail_with_the_copy_of_a_refusal_that_a_machine_ahead_got(harness: CacheHarness, store: SharedStore, after: After) -> None:
    harness.login_fails = Refused("Wrong password.", status=401)
    after(200)
    assert refused(harness, "ahead")
    after(-200)
    asked_at = time.time()
    assert refused(harness, "run")
    harness.login_fails = None
    assert harness.token(shared="shared", request_id="task", asked_at=asked_at) == "A2"
    assert store.warnings == []


def test_a_damaged_entry_is_not_removed_if_another_run_has_replaced_it(harness: CacheHarness, store: SharedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.ask(shared="shared")
    for name, _beginning in list(store.backend.entries()):
        store.backend.write(name, store.backend.read(name)[:-1] + b"x", keep_until=None)  # type: ignore[index]
    decrypt = encrypted.decrypt

    def slow(*arguments: Any) -> Any:
        content = decrypt(*arguments)
        if content is None:
            monkeypatch.setattr(encrypted, "decrypt", decrypt)
            elsewhere(lambda: harness.ask(run="b", shared="shared"))
        return content

    monkeypatch.setattr(encrypted, "decrypt", slow)
    assert harness.token(run="a", shared="shared") == "A2"
    assert harness.requests == ["login", "login"]
