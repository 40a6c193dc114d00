# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token cache revokes a token once, forgets it in both tiers, and never hands it out again."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, NotConnected, Refused
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend

from tests.unit.plugins.plugin_utils._cache.harness import CLIENT, LOGIN, CacheHarness, by_task


@pytest.mark.parametrize("given", [None, "A1"], ids=["kept", "given"])
def test_a_token_is_revoked_once_and_not_handed_out_again(harness: CacheHarness, given: str | None) -> None:
    harness.ask(shared="shared")
    assert [harness.revoke(given, shared="shared") for _each in range(2)] == [True, False]
    assert harness.revoked == ["A1"]
    assert harness.token(shared="shared") == harness.token(run="another", shared="shared") == "A2"
    assert harness.revoke(None, shared="shared") is True
    assert harness.revoked == ["A1", "A2"]


def test_another_run_revokes_the_shared_token(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    assert harness.revoke(None, run="another", shared="shared") is True
    assert harness.token(run="third", shared="shared") == "A2"


def test_the_entry_is_gone_from_both_tiers(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    harness.revoke(None, shared="shared")
    for name in ("run", "shared"):
        assert [header and header["kind"] for header in harness.headers(name)] == ["ended"]


@pytest.mark.parametrize("life", [3600, None], ids=["an hour", "never expires"])
def test_a_dead_token_does_not_come_back_when_its_tombstone_is_over(harness: CacheHarness, life: float | None, after: Callable[[float], None]) -> None:
    harness.open_backend = lambda folder: DirectoryBackend(folder) if folder.endswith("shared") else RunBackend(folder)
    harness.life = life
    harness.ask(shared="shared")
    harness.revoke(None, shared="shared")
    after(86400 + 10)
    harness.ask({**LOGIN, "username": "other"}, run="another", shared="shared")  # a write removes what is over
    assert harness.token(run="third", shared="shared") == "A3"


def test_a_tombstone_of_the_run_hides_the_token_of_the_shared_store(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    assert harness.revoke("A1", CLIENT, run="another") is True  # with cache: run
    assert [harness.token(run="another", shared="shared") for _each in range(2)] == ["A2", "A2"]
    assert harness.requests == ["login", "login"]  # the dead token's refresh token was not sent


def test_a_tombstone_of_a_run_is_none_of_another_runs(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    harness.revoke("A1", CLIENT, run="another")
    assert harness.token(run="third", shared="shared") == "A1"


def test_a_tombstone_is_in_every_store_even_if_tokens_are_kept_for_the_run_only(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    harness.for_run_only = True
    assert harness.revoke("A1", CLIENT, run="another", shared="shared") is True
    assert sorted(header["kind"] for header in harness.headers("shared") if header) == ["ended", "token"]
    assert harness.revoke("A1", CLIENT, run="third", shared="shared") is False
    harness.for_run_only = False
    assert harness.token(run="fourth", shared="shared") == "A2"
    assert harness.revoked == ["A1"]


def test_tokens_that_are_kept_for_the_run_only_are_nowhere_else(harness: CacheHarness) -> None:
    harness.for_run_only = True
    assert [harness.token(shared="shared") for _each in range(2)] == ["A1", "A1"]
    assert not (harness.folder / "shared").exists()
    harness.for_run_only = False
    harness.ask({**LOGIN, "username": "other"}, run="another", shared="shared")
    harness.for_run_only = True
    assert harness.token({**LOGIN, "username": "other"}, run="third", shared="shared") == "A3"  # and none comes from there


@pytest.mark.parametrize("given", [None, "A1"], ids=["by its options", "by its text"])
def test_ended_and_got_again_a_live_one_is_handed_out_here_and_in_a_later_run(harness: CacheHarness, given: str | None) -> None:
    harness.ask(shared="shared")
    harness.revoke(given, LOGIN if given is None else CLIENT, shared="shared")
    assert [harness.token(run=run, shared="shared") for run in ("run", "run", "later", "later")] == ["A2"] * 4
    assert harness.requests == ["login", "login"]


def test_a_revoked_token_has_a_tombstone_for_every_cache_key(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    assert [harness.revoke("A1", CLIENT, shared="shared") for _each in range(2)] == [True, False]
    assert harness.token(shared="shared") == harness.token(run="another", shared="shared") == "A2"


def test_revoking_a_token_leaves_another_one_in_the_cache(harness: CacheHarness) -> None:
    harness.ask()
    assert harness.revoke("A9") is True
    assert harness.revoked == ["A9"]
    assert harness.token() == "A1"


def test_a_token_that_a_task_refreshed_is_revoked_under_the_login(harness: CacheHarness) -> None:
    harness.ask()
    harness.ask(by_task("R1"))
    assert harness.revoke(None) is True
    assert harness.revoked == ["A2"]
    assert harness.token() == "A3"


def test_check_mode_revokes_nothing(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    assert [harness.revoke(given, shared="shared", check_mode=True) for given in (None, "A1", None)] == [True] * 3
    assert harness.token(shared="shared") == harness.token(run="another", shared="shared") == "A1"


def test_an_empty_cache_has_nothing_to_revoke(harness: CacheHarness) -> None:
    assert harness.revoke(None, shared="shared") is False
    assert harness.revoked == []


def test_a_token_that_was_dead_already_is_forgotten_too(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    assert harness.revoke(None, shared="shared", live=False) is False
    assert harness.token(shared="shared") == "A2"


@pytest.mark.parametrize("problem", [NotConnected("No connection."), Refused("Denied.", status=403)], ids=["nothing was sent", "refused"])
def test_a_revocation_that_did_not_happen_leaves_the_token(harness: CacheHarness, problem: FortiError) -> None:
    def fails(_token: str) -> bool:
        raise problem

    harness.ask(shared="shared")
    with pytest.raises(FortiError) as caught:
        harness.cache("run", "shared").revoke(LOGIN, None, lock_timeout=20, revoke=fails, check_mode=False)
    assert caught.value is problem
    assert [harness.token(run=run, shared="shared") for run in ("run", "another")] == ["A1", "A1"]
    assert harness.revoke(None, shared="shared") is True


def test_a_token_that_no_server_can_revoke_is_forgotten(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    harness.cache(shared="shared").forget(LOGIN, lock_timeout=20)
    assert harness.token(shared="shared") == "A2"
    harness.cache(shared="shared").forget({**LOGIN, "password": "q"}, lock_timeout=20)
    assert harness.token(run="another", shared="shared") == "A2"


@pytest.mark.parametrize("given", [None, "A1"], ids=["kept", "given"])
def test_20_processes_revoke_it_once(harness: CacheHarness, given: str | None, in_processes: Callable[[int, Callable[[], Any]], list[Any]]) -> None:
    harness.ask(shared="shared")
    assert sorted(in_processes(20, lambda: harness.revoke(given, shared="shared"))) == [False] * 19 + [True]


@pytest.mark.parametrize("for_run_only", [False, True], ids=["kept in the store", "kept for the run only"])
def test_5_runs_that_name_the_same_store_revoke_it_once(
    harness: CacheHarness, for_run_only: bool, in_processes: Callable[[int, Callable[[], Any]], list[Any]]
) -> None:
    harness.takes, harness.for_run_only = 0.2, for_run_only
    assert sorted(in_processes(5, lambda: harness.revoke("A1", CLIENT, run=f"run-{os.getpid()}", shared="shared"))) == [False] * 4 + [True]
