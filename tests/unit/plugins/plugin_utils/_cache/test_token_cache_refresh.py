# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token cache refreshes before it logs in, keeps a good token if that fails, and follows tokens that a task has refreshed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import (
    BadResponse,
    ChallengeRequired,
    FortiError,
    NotConnected,
    Refused,
    RemoteFailure,
    ServerFailed,
    Unreachable,
)

from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, CacheHarness, by_task

REFUSALS = [Refused("Used.", status=400), RemoteFailure("Used.", status=401), ChallengeRequired("Answer it.", {"challenge": "otp"})]
FAULTS = [ServerFailed("It answered 503.", status=503), Unreachable("No connection."), BadResponse("HTML."), RemoteFailure("It answered 502.", status=502)]
After = Callable[[float], None]


def kind(error: FortiError) -> str:
    return type(error).__name__


def test_a_token_that_ran_down_is_refreshed_with_the_newest_refresh_token(harness: CacheHarness, after: After) -> None:
    results = [harness.ask(shared="shared")]
    for _each in range(2):
        after(3550)
        results += [harness.ask(shared="shared"), harness.ask(shared="shared")]
    assert [(result["access_token"], result["source"]) for result in results] == [
        ("A1", "login"),
        ("A2", "refresh"),
        ("A2", "cache"),
        ("A3", "refresh"),
        ("A3", "cache"),
    ]
    assert harness.requests == ["login", "refresh R1", "refresh R2"]


@pytest.mark.parametrize("late", [0, 8 * 3600 - 60], ids=["just over", "over for 8 hours"])
def test_a_token_that_is_over_is_refreshed_by_the_next_run(harness: CacheHarness, after: After, late: float) -> None:
    harness.ask(shared="shared")
    after(3600 + late)
    assert harness.ask(run="another", shared="shared")["source"] == "refresh"


def test_without_a_refresh_token_there_is_a_login(harness: CacheHarness, after: After) -> None:
    harness.refresh_token = None
    harness.ask()
    after(3550)
    assert harness.ask()["source"] == "login"


def test_force_logs_in(harness: CacheHarness) -> None:
    harness.ask()
    assert harness.ask(request_id="task")["source"] == "login"
    assert harness.requests == ["login", "login"]


@pytest.mark.parametrize("refusal", REFUSALS, ids=kind)
def test_a_refused_refresh_becomes_a_login(harness: CacheHarness, after: After, refusal: FortiError) -> None:
    harness.ask(shared="shared")
    after(3550)
    harness.refresh_fails = refusal
    assert harness.ask(shared="shared")["source"] == "login"
    assert harness.token(shared="shared") == harness.token(run="another", shared="shared") == "A3"
    after(3550)
    harness.refresh_fails = None
    assert harness.ask(shared="shared")["source"] == "refresh"
    assert harness.requests == ["login", "refresh R1", "login", "refresh R3"]


@pytest.mark.parametrize("fault", FAULTS, ids=kind)
def test_a_refresh_that_fails_keeps_a_token_that_is_still_good(harness: CacheHarness, after: After, fault: FortiError) -> None:
    warnings: list[str] = []
    harness.warn = warnings.append
    harness.ask(shared="shared")
    harness.refresh_fails = fault
    after(3550.5)
    results = [harness.ask(shared="shared", run=run) for run in ("run", "run", "another")]
    assert {(result["access_token"], result["source"]) for result in results} == {("A1", "cache")}
    assert harness.requests == ["login", "refresh R1"]
    assert warnings == [f"The token was not renewed. {fault} The kept token is valid for 49 more seconds, and is used."]


@pytest.mark.parametrize(
    ("fault", "again", "then"),
    [
        pytest.param(NotConnected("No connection."), "refresh R1", "refresh R1", id="nothing was sent"),
        pytest.param(Unreachable("No answer."), "login", "login", id="the answer was lost"),
    ],
)
def test_a_renewal_that_failed_is_tried_again_after_a_minute(harness: CacheHarness, after: After, fault: FortiError, again: str, then: str) -> None:
    warnings: list[str] = []
    harness.warn = warnings.append
    harness.ask(shared="shared")
    harness.refresh_fails = harness.login_fails = fault
    after(3500)
    for seconds in (0, 58, 3):
        after(seconds)
        assert harness.token(shared="shared", min_validity=600) == "A1"
    assert harness.requests == ["login", "refresh R1", again]
    assert len(warnings) == 2
    harness.refresh_fails = harness.login_fails = None
    after(30)
    assert harness.token(shared="shared") == "A1"
    after(31)
    assert harness.token(shared="shared") == "A4"
    assert harness.requests[3:] == [then]


@pytest.mark.parametrize("left", [0.5, -10], ids=["half a second left", "over"])
def test_a_refresh_that_fails_becomes_a_login_if_the_token_is_not_good(harness: CacheHarness, after: After, left: float) -> None:
    harness.ask(shared="shared")
    after(3600 - left)
    harness.refresh_fails = ServerFailed("It answered 503.")
    result = harness.ask(shared="shared")
    assert (result["access_token"], result["source"]) == ("A3", "login")
    assert harness.requests == ["login", "refresh R1", "login"]


def test_a_token_issued_more_than_300_seconds_ahead_is_rejected(harness: CacheHarness, after: After) -> None:
    harness.ask(shared="shared")
    after(-290)
    assert harness.token(shared="shared") == "A1"
    after(-20)
    assert [harness.token(shared="shared") for _each in range(2)] == ["A2", "A2"]
    assert harness.token(run="another", shared="shared") == "A2"
    after(3600)
    assert [harness.token(shared="shared") for _each in range(2)] == ["A3", "A3"]


def test_after_a_refresh_by_a_task_the_newest_is_handed_out(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    assert [harness.token(by_task(refresh_token), shared="shared") for refresh_token in ("R1", "R2")] == ["A2", "A3"]
    for run in ("run", "another"):
        assert {harness.token(key, run=run, shared="shared") for key in (LOGIN, by_task("R1"), by_task("R2"))} == {"A3"}
    assert len(harness.requests) == 3


def test_a_refresh_by_a_task_that_keeps_its_refresh_token(harness: CacheHarness) -> None:
    harness.refresh_token = "R1"
    harness.ask()
    harness.ask(by_task("R1"))
    assert harness.token() == "A2"


def test_refreshes_by_tasks_that_go_round_in_a_circle(harness: CacheHarness) -> None:
    for refresh_token, key in (("R1", LOGIN), ("R2", by_task("R1")), ("R1", by_task("R2"))):
        harness.refresh_token = refresh_token
        harness.ask(key)
    assert harness.token() == "A3"
    assert len(harness.requests) == 3


def test_what_was_refreshed_by_a_task_before_is_not_handed_out(harness: CacheHarness, after: After) -> None:
    harness.refresh_token = "R1"
    harness.ask()
    harness.ask(by_task("R1"))
    after(10)
    assert [harness.token(request_id="task"), harness.token()] == ["A3", "A3"]


@pytest.mark.parametrize(("secret", "token"), [("s", "A2"), ("other", "A1")])
def test_a_refresh_is_followed_if_the_client_is_the_same(harness: CacheHarness, secret: str, token: str) -> None:
    login = {**LOGIN, "client_secret": "s"}
    harness.ask(login)
    harness.ask(by_task("R1", client_secret=secret))
    assert harness.token(login) == token


def test_a_token_that_was_refreshed_by_a_task_is_refreshed_when_it_runs_down(harness: CacheHarness, after: After) -> None:
    harness.ask()
    harness.ask(by_task("R1"))
    after(3550)
    assert [harness.token() for _each in range(2)] == ["A3", "A3"]
    assert harness.requests[2:] == ["refresh R2"]
