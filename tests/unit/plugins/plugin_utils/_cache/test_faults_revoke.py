# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ending and forgetting a token under faults: an ended one is never handed out, and a newer one that was got meanwhile is never forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse, FortiError, NotConnected, OptionError, Refused, ServerFailed, Unreachable
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import LockTimeout
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tombstones import NOT_MARKED

from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, SERVER, CacheHarness
from tests.unit.plugins.plugin_utils._cache.sharing import SharedStore, die, elsewhere, killed

LOST = [Unreachable("No answer."), BadResponse("HTML."), ServerFailed("It answered 503.", status=503)]
NOT_ENDED = [NotConnected("No connection."), OptionError("No such file."), Refused("Denied.", status=403)]
Revoke = Callable[[str], bool]


@pytest.fixture
def kept(harness: CacheHarness, store: SharedStore) -> SharedStore:
    """The store with the token A1. Two runs have taken it out."""
    assert tokens(harness, "run", "another") == ["A1", "A1"]
    return store


def tokens(harness: CacheHarness, *runs: str) -> list[str]:
    return [harness.token(run=run, shared="shared") for run in runs]


def end(harness: CacheHarness, revoke: Revoke, run: str = "run") -> bool:
    return harness.cache(run, "shared").revoke(LOGIN, None, lock_timeout=20, revoke=revoke, check_mode=False)


def failing(problem: FortiError) -> Revoke:
    def fails(_token: str) -> bool:
        raise problem

    return fails


def test_a_process_that_is_killed_before_the_answer_to_a_revocation(harness: CacheHarness, kept: SharedStore) -> None:
    """The server may have ended the token. The tombstone is there from before it was asked."""
    killed(lambda: end(harness, lambda _token: die()))
    assert tokens(harness, "run", "run", "third") == ["A2"] * 3
    assert harness.requests == ["login", "login"]  # the refresh token of the ended one was not sent
    assert kept.warnings == []


def test_a_process_that_is_killed_between_the_tombstone_and_the_end_of_the_entry(
    harness: CacheHarness, kept: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as changed:
        changed.setattr(EncryptedCache, "delete", lambda *_arguments, **_more: die())
        killed(lambda: end(harness, lambda _token: True))
    assert tokens(harness, "run", "third") == ["A2"] * 2
    assert kept.warnings == []


@pytest.mark.parametrize("problem", LOST, ids=str)
def test_an_answer_to_a_revocation_that_is_lost(harness: CacheHarness, kept: SharedStore, problem: FortiError) -> None:
    with pytest.raises(FortiError) as caught:
        end(harness, failing(problem))
    assert caught.value is problem
    assert tokens(harness, "run", "third") == ["A2"] * 2
    assert harness.requests == ["login", "login"]
    assert kept.warnings == []


@pytest.mark.parametrize("given", [None, "A1"], ids=["by its options", "by its text"])
def test_a_revocation_whose_answer_was_lost_can_be_tried_again(harness: CacheHarness, kept: SharedStore, given: str | None) -> None:
    """The token may be alive. A task that is repeated (until, retries) must not say that there is nothing to do."""
    with pytest.raises(FortiError):
        end(harness, failing(ServerFailed("It answered 503.", status=503)))
    assert harness.revoke(given, shared="shared") is True
    assert harness.revoked == ["A1"]
    assert kept.warnings == []


@pytest.mark.parametrize("problem", NOT_ENDED, ids=str)
def test_a_revocation_that_did_not_happen_leaves_the_token_to_all(harness: CacheHarness, kept: SharedStore, problem: FortiError) -> None:
    with pytest.raises(FortiError) as caught:
        end(harness, failing(problem))
    assert caught.value is problem
    assert tokens(harness, "run", "another", "third") == ["A1"] * 3
    assert harness.revoke(None, shared="shared") is True
    assert tokens(harness, "run", "fourth") == ["A2"] * 2
    assert kept.warnings == []


def test_check_mode_marks_nothing(harness: CacheHarness, kept: SharedStore) -> None:
    def looks(_token: str) -> bool:
        assert tokens(harness, "third") == ["A1"]
        return True

    assert harness.cache("run", "shared").revoke(LOGIN, None, lock_timeout=20, revoke=looks, check_mode=True) is True
    assert tokens(harness, "run", "third") == ["A1"] * 2
    assert kept.warnings == []


def force(harness: CacheHarness, run: str = "run") -> None:
    """Get a newer token, in another process."""
    elsewhere(lambda: harness.ask(run=run, shared="shared", request_id="task"))


def test_a_newer_token_that_was_got_during_a_revocation_stays(harness: CacheHarness, kept: SharedStore) -> None:
    def revoke(token: str) -> bool:
        force(harness)
        return token == "A1"

    assert end(harness, revoke) is True
    assert tokens(harness, "run", "third") == ["A2"] * 2
    assert harness.requests == ["login", "login"]
    assert kept.warnings == []


@pytest.mark.parametrize("state", ["revoked", "forgotten"])
def test_a_newer_token_that_was_got_while_the_lock_was_waited_for_stays(harness: CacheHarness, kept: SharedStore, state: str) -> None:
    """The point is the last one before the entry is compared: somebody looked which token it is, and waits for the lock of the shared store."""
    points = {"revoked": 3, "forgotten": 1}  # to look, to end, to forget

    def at_lock() -> None:
        points[state] -= 1
        if points[state] == 0:
            elsewhere(lambda: harness.ask(run="another", shared="shared", request_id="task"))

    kept.at_lock = at_lock
    cache = harness.cache("run", "shared")
    if state == "revoked":
        assert cache.revoke(LOGIN, None, lock_timeout=20, revoke=lambda _token: True, check_mode=False) is True
    else:
        cache.forget(LOGIN, lock_timeout=20)
    assert points[state] == 0
    kept.at_lock = lambda: None
    assert tokens(harness, "another", "run", "third") == ["A2"] * 3
    assert harness.requests == ["login", "login"]
    assert kept.warnings == []


def test_a_token_is_forgotten_under_the_lock_of_its_key(harness: CacheHarness, kept: SharedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[str] = []
    delete = EncryptedCache.delete

    def watched(cache: EncryptedCache, *arguments: object, **more: object) -> None:
        for name in ("run", "shared"):
            with pytest.raises(LockTimeout):
                locked(harness, name)
        removed.append("under the lock")
        delete(cache, *arguments, **more)  # type: ignore[arg-type]

    def locked(harness: CacheHarness, name: str) -> None:
        other = harness.encrypted(name)
        backend, slot, _key = other._slot(LOGIN, "lock", {})
        with backend.lock(slot, timeout=0):
            pass

    with monkeypatch.context() as changed:
        changed.setattr(EncryptedCache, "delete", watched)
        harness.cache("run", "shared").forget(LOGIN, lock_timeout=20)
    assert removed == ["under the lock"] * 2
    assert tokens(harness, "run", "third") == ["A2"] * 2
    assert kept.warnings == []


def test_two_tokens_that_stand_under_one_key_are_both_ended(harness: CacheHarness, kept: SharedStore) -> None:
    """This run has not seen the newer one, which another run got. Afterwards nobody is given either."""
    force(harness, run="another")
    assert harness.revoke(None, shared="shared") is True
    assert harness.revoked == ["A1", "A2"]
    assert tokens(harness, "run", "third") == ["A3"] * 2
    assert kept.warnings == []


def test_a_token_that_is_over_is_not_ended_beside_one_that_is_live(harness: CacheHarness, kept: SharedStore, after: Callable[[float], None]) -> None:
    after(3590)
    assert tokens(harness, "another") == ["A2"]
    after(20)
    assert harness.revoke(None, shared="shared") is True
    assert harness.revoked == ["A2"]
    assert tokens(harness, "run") == ["A3"]
    assert harness.requests == ["login", "refresh R1", "login"]
    assert kept.warnings == []


def test_who_ends_a_token_while_the_store_fails_is_told(harness: CacheHarness, kept: SharedStore) -> None:
    kept.fails = True
    assert harness.revoke("A1", shared="shared") is True
    assert kept.warnings[-1] == NOT_MARKED
    assert len(kept.warnings) == 2


def test_a_refusal_of_a_second_try_does_not_take_the_mark_back(harness: CacheHarness, kept: SharedStore) -> None:
    problem = Refused("Denied.", status=401)
    problem.repeated = True
    with pytest.raises(Refused):
        end(harness, failing(problem))
    assert tokens(harness, "run", "third") == ["A2"] * 2
    assert kept.warnings == []


def test_a_forced_ask_does_not_take_the_token_whose_revocation_is_refused_meanwhile(harness: CacheHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tombstone stands when the ask looks which token it replaces, and is taken back before it looks for a new one."""
    assert harness.token(run="first", shared="shared") == "A1"
    cache = harness.cache("run", "shared")
    shared = cache._tiers[1]
    shared.put_tombstone(SERVER, "A1", confirmed=False)
    get = shared.get

    def taken_back_after(*arguments: Any, **more: Any) -> Any:
        found = get(*arguments, **more)
        shared.remove_tombstone(SERVER, "A1")
        return found

    monkeypatch.setattr(shared, "get", taken_back_after)
    monkeypatch.setattr(harness, "cache", lambda *_names: cache)
    assert harness.token(shared="shared", request_id="task") == "A2"
