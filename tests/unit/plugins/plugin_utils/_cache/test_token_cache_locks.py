# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock that hangs, and a lock that is lost: a shared store can cost a login, never a play, and no refresh token is used twice."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, Refused
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, BackendError, IsHeld
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend

from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, CacheHarness

GOES_ON = "The play goes on without it; tokens are not shared by it."
After = Callable[[float], None]


class Stopped:
    """Stands for the moment in which a process was stopped for longer than its locks live, as they do in Redis."""

    def __init__(self) -> None:
        self.held = True
        self.fails = False

    def stop(self) -> None:
        self.held = False

    def is_held(self) -> bool:
        if self.fails:
            raise BackendError("the directory cannot be used: no connection")
        return self.held


class LosesLock(DirectoryBackend):
    """A shared backend whose locks are lost at that moment."""

    def __init__(self, folder: str, stopped: Stopped) -> None:
        super().__init__(folder)
        self._stopped = stopped

    @contextlib.contextmanager
    def lock(self, name: str, *, timeout: float) -> Iterator[IsHeld]:
        with super().lock(name, timeout=timeout):
            yield self._stopped.is_held


@pytest.fixture
def stopped() -> Stopped:
    return Stopped()


@pytest.fixture
def warnings(harness: CacheHarness, stopped: Stopped) -> list[str]:
    """The warnings of a harness whose shared store is a directory. Its locks can be lost."""
    told: list[str] = []

    def opened(folder: str) -> Backend:
        return LosesLock(folder, stopped) if folder.endswith("shared") else RunBackend(folder)

    harness.warn, harness.open_backend = told.append, opened
    return told


def shared_files(harness: CacheHarness) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (harness.folder / "shared").glob("*.token")}


def lost(harness: CacheHarness) -> str:
    return f"The directory {harness.folder / 'shared'}: the lock was lost meanwhile. {GOES_ON}"


def test_a_lock_that_is_held_costs_nothing(harness: CacheHarness, warnings: list[str], after: After) -> None:
    harness.ask(shared="shared")
    after(3550)
    assert harness.ask(shared="shared")["source"] == "refresh"
    assert harness.token(run="another", shared="shared") == "A2"
    assert warnings == []


def test_who_loses_the_lock_during_a_login_hands_out_the_token_and_does_not_write_it_there(
    harness: CacheHarness, warnings: list[str], stopped: Stopped
) -> None:
    harness.meanwhile = stopped.stop
    assert [harness.ask(shared="shared")["source"] for _each in range(2)] == ["login", "cache"]
    assert shared_files(harness) == {}
    assert warnings == [lost(harness)]


def test_who_loses_the_lock_does_not_write_over_the_token_of_another_run(harness: CacheHarness, warnings: list[str], stopped: Stopped, after: After) -> None:
    harness.refresh_token = None
    harness.ask(shared="shared")
    before = shared_files(harness)
    after(3550)
    harness.meanwhile = stopped.stop
    assert harness.token(run="another", shared="shared") == "A2"
    assert shared_files(harness) == before
    assert warnings == [lost(harness)]


def test_who_lost_the_lock_sends_no_refresh_token_and_logs_in(harness: CacheHarness, warnings: list[str], stopped: Stopped, after: After) -> None:
    harness.ask(shared="shared")
    before = shared_files(harness)
    after(3550)
    stopped.stop()
    result = harness.ask(run="another", shared="shared")
    assert (result["access_token"], result["source"]) == ("A2", "login")
    assert harness.requests == ["login", "login"]
    assert shared_files(harness) == before
    assert warnings == [lost(harness)]


def test_a_store_that_does_not_tell_whether_the_lock_is_held_counts_as_lost(harness: CacheHarness, warnings: list[str], stopped: Stopped, after: After) -> None:
    harness.ask(shared="shared")
    after(3550)
    stopped.fails = True
    assert harness.ask(run="another", shared="shared")["source"] == "login"
    assert harness.requests == ["login", "login"]
    assert warnings == [f"The directory cannot be used: no connection. {GOES_ON}"]


def test_who_loses_the_lock_during_a_refresh_keeps_the_token_for_the_run(harness: CacheHarness, warnings: list[str], stopped: Stopped, after: After) -> None:
    harness.ask(shared="shared")
    before = shared_files(harness)
    after(3550)
    harness.meanwhile = stopped.stop
    assert [harness.ask(shared="shared")["source"] for _each in range(2)] == ["refresh", "cache"]
    assert harness.requests == ["login", "refresh R1"]
    assert list(shared_files(harness)) == list(before)
    assert harness.encrypted("shared").get(LOGIN, "token")["refresh_token"] is None  # type: ignore[index]  # the token that was there, and is spent
    assert warnings == [lost(harness)]
    assert harness.ask(run="another", shared="shared")["source"] == "login"
    assert harness.requests == ["login", "refresh R1", "login"]


def test_who_loses_the_lock_keeps_a_refusal_for_the_run(harness: CacheHarness, warnings: list[str], stopped: Stopped) -> None:
    harness.login_fails, harness.meanwhile = Refused("Wrong password.", status=401), stopped.stop
    for _each in range(2):
        with pytest.raises(FortiError, match=r"^Wrong password\."):
            harness.ask(shared="shared")
    assert harness.requests == ["login"]
    assert shared_files(harness) == {}
    assert warnings == [lost(harness)]


def test_a_run_with_no_shared_store_has_no_lock_to_lose(harness: CacheHarness, warnings: list[str], stopped: Stopped, after: After) -> None:
    stopped.stop()
    harness.ask()
    after(3550)
    assert harness.ask()["source"] == "refresh"
    assert warnings == []


def test_a_lock_of_a_shared_store_that_hangs_is_a_warning_that_names_it_and_the_seconds(harness: CacheHarness, warnings: list[str]) -> None:
    started = time.monotonic()
    with harness.encrypted("shared").lock(LOGIN, timeout=1):
        results = [harness.ask(shared="shared", lock_timeout=1) for _each in range(2)]
    assert [(result["access_token"], result["source"]) for result in results] == [("A1", "login"), ("A1", "cache")]
    assert time.monotonic() - started < 5
    assert warnings == [
        f"The directory {harness.folder / 'shared'}: another run has been getting the same token for 1 seconds; look for one that hangs. {GOES_ON}"
    ]
    assert shared_files(harness) == {}


def test_who_goes_on_without_the_lock_logs_in_and_never_refreshes(harness: CacheHarness, warnings: list[str], after: After) -> None:
    harness.ask(shared="shared")
    before = shared_files(harness)
    after(3550)
    with harness.encrypted("shared").lock(LOGIN, timeout=1):
        assert [harness.ask(run=run, shared="shared", lock_timeout=1)["source"] for run in ("run", "another")] == ["login", "login"]
    assert harness.requests == ["login"] * 3
    assert shared_files(harness) == before
    assert len(warnings) == 2


def test_a_token_that_the_shared_store_has_is_taken_without_its_lock(harness: CacheHarness, warnings: list[str]) -> None:
    harness.ask(shared="shared")
    with harness.encrypted("shared").lock(LOGIN, timeout=1):
        assert harness.token(run="another", shared="shared", lock_timeout=1) == "A1"
    assert warnings == []


def test_a_revocation_goes_on_without_a_lock_that_hangs(harness: CacheHarness, warnings: list[str]) -> None:
    harness.ask(shared="shared")
    cache = harness.cache("run", "shared")
    with harness.encrypted("shared").lock(LOGIN, timeout=1):
        assert cache.revoke(LOGIN, None, lock_timeout=1, revoke=lambda _token: True, check_mode=False) is True
    assert len(set(warnings)) == 1  # core shows the same text once
    assert harness.ask()["source"] == "login"


def test_a_lock_of_the_run_that_hangs_is_an_error_within_the_same_bound(harness: CacheHarness) -> None:
    started = time.monotonic()
    with harness.encrypted("run").lock(LOGIN, timeout=1), pytest.raises(FortiError) as caught:
        harness.ask(lock_timeout=1)
    assert str(caught.value) == "Another task of this run has been getting the same token for 1 seconds. Look for one that hangs."
    assert time.monotonic() - started < 4
    assert harness.requests == []
    assert harness.token() == "A1"


def test_a_token_of_the_run_is_taken_without_its_lock(harness: CacheHarness) -> None:
    harness.ask()
    with harness.encrypted("run").lock(LOGIN, timeout=1):
        assert harness.token(lock_timeout=0) == "A1"
