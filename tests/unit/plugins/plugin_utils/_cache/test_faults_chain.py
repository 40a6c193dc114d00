# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One refresh token under two cache keys, and so under two locks: a task has refreshed by itself what a login got."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, NotConnected
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier

from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, CacheHarness, by_task
from tests.unit.plugins.plugin_utils._cache.sharing import FORK, SharedStore, elsewhere, sent_twice

After = Callable[[float], None]
BY_TASK = by_task("R1")


@pytest.fixture
def chain(harness: CacheHarness, store: SharedStore, after: After) -> SharedStore:
    """The store with the token A1 of a login, and with A2, which a task got with its refresh token. Both are over."""
    harness.ask(shared="shared")
    harness.ask(BY_TASK, shared="shared")
    after(3700)
    return store


def test_two_who_hold_the_locks_of_two_keys_do_not_send_one_refresh_token_twice(
    harness: CacheHarness, chain: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, spend = FORK.Barrier(2), Tier.spend

    def together(tier: Tier, *arguments: Any, **more: Any) -> Any:
        both.wait(20)
        return spend(tier, *arguments, **more)

    monkeypatch.setattr(Tier, "spend", together)
    asks = [functools.partial(_ask, harness, key, run) for key, run in ((LOGIN, "a"), (BY_TASK, "b"))]
    processes = [FORK.Process(target=ask, daemon=True) for ask in asks]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0]
    assert harness.requests.count("refresh R2") == 1
    assert chain.warnings == []


def _ask(harness: CacheHarness, key: dict[str, str], run: str) -> None:
    """The task that comes second has nothing left that it may send."""
    try:
        harness.ask(key, run=run, shared="shared")
    except FortiError as exc:
        assert str(exc).startswith("The refresh token in the options was used before")


def test_who_looked_before_another_key_refreshed_does_not_send_it(harness: CacheHarness, chain: SharedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    spend = Tier.spend

    def late(tier: Tier, *arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(Tier, "spend", spend)
        elsewhere(lambda: harness.ask(BY_TASK, run="b", shared="shared"))
        return spend(tier, *arguments, **more)

    monkeypatch.setattr(Tier, "spend", late)
    assert harness.ask(shared="shared")["source"] == "login"
    assert sent_twice(harness) == []
    assert harness.token(BY_TASK, run="third", shared="shared") == "A3"
    assert chain.warnings == []


def test_to_forget_the_token_of_one_key_leaves_what_another_key_got_meanwhile(
    harness: CacheHarness, chain: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = EncryptedCache.delete

    def late(cache: EncryptedCache, *arguments: Any, **more: Any) -> None:
        monkeypatch.setattr(EncryptedCache, "delete", delete)
        elsewhere(lambda: harness.ask(BY_TASK, run="b", shared="shared"))
        delete(cache, *arguments, **more)

    monkeypatch.setattr(EncryptedCache, "delete", late)
    harness.cache("run", "shared").forget(LOGIN, lock_timeout=20)
    assert harness.token(BY_TASK, run="third", shared="shared") == "A3"
    assert chain.warnings == []


def test_a_refresh_token_that_was_not_sent_is_given_back_to_each_key(harness: CacheHarness, chain: SharedStore) -> None:
    harness.refresh_fails = harness.login_fails = NotConnected("No connection.")
    with pytest.raises(NotConnected):
        harness.ask(shared="shared")
    harness.refresh_fails = harness.login_fails = None
    result = harness.ask(BY_TASK, run="b", shared="shared")
    assert (result["source"], harness.requests[-1]) == ("refresh", "refresh R2")
    assert chain.warnings == []
