# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The negative cache: a refusal is remembered for a minute, and another failure is shared with those who wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import (
    BadResponse,
    ChallengeRequired,
    FortiError,
    LibraryMissing,
    Refused,
    RemoteFailure,
    ServerFailed,
    Unreachable,
)

from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, CacheHarness, without_memory

CHALLENGE = {"challenge": "otp", "method": "ftm-push", "session": "480dccc0"}
REFUSALS = [
    Refused("Wrong password.", status=401, error="invalid_grant", error_description="no"),
    Refused("Denied.", error="access_denied"),
    RemoteFailure("Wrong password.", status=400),
    ChallengeRequired("Answer it.", CHALLENGE),
]
FAULTS = [
    ServerFailed("It answered 503.", status=503),
    Unreachable("No."),
    BadResponse("HTML.", status=200),
    LibraryMissing("No requests."),
    RemoteFailure("x", rc=1),
]
After = Callable[[float], None]


def kind(value: Any) -> str:
    return type(value).__name__


def failure(harness: CacheHarness, key: Mapping[str, str] = LOGIN, **more: Any) -> FortiError:
    with pytest.raises(FortiError) as caught:
        harness.ask(key, shared="shared", **more)
    return caught.value


@pytest.fixture
def refused(harness: CacheHarness) -> CacheHarness:
    """A harness where a login was just refused, and the next would not be."""
    harness.login_fails = REFUSALS[0]
    failure(harness)
    harness.login_fails = None
    return harness


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_a_refusal_is_remembered_word_by_word(harness: CacheHarness, refusal: FortiError) -> None:
    harness.login_fails = refusal
    first = failure(harness)
    harness.login_fails = None
    for run in ("run", "another"):
        again = failure(harness, run=run)
        assert {**again.as_result(), "msg": without_memory(str(again))} == first.as_result() == refusal.as_result()
        assert first.remembered is None
        assert again.remembered is not None
        assert isinstance(again, ChallengeRequired) is isinstance(refusal, ChallengeRequired)
    assert harness.requests == ["login"]


def test_a_refusal_is_remembered_for_a_minute(refused: CacheHarness, after: After) -> None:
    after(58)
    assert [without_memory(str(failure(refused, run=run)), ago=58) for run in ("run", "another", "another")] == ["Wrong password."] * 3
    after(3)
    assert refused.token(shared="shared") == "A2"
    assert without_memory(str(failure(refused, run="another")), ago=60) == "Wrong password."  # it looked into the shared store 3 s ago
    after(8)
    assert refused.token(run="another", shared="shared") == "A2"


def test_a_refusal_from_more_than_300_seconds_ahead_is_ignored(refused: CacheHarness, after: After) -> None:
    after(-301)
    assert refused.token(shared="shared") == "A2"


def test_a_refusal_of_a_machine_whose_clock_is_ahead_counts(refused: CacheHarness, after: After) -> None:
    after(-10)
    assert without_memory(str(failure(refused))) == "Wrong password."


@pytest.mark.parametrize("other", [{**LOGIN, "password": "q"}, {**LOGIN, "client_secret": "s"}], ids=["password", "client_secret"])
def test_other_options_ask_anew(refused: CacheHarness, other: dict[str, str]) -> None:
    assert refused.token(other, shared="shared") == "A2"
    assert without_memory(str(failure(refused))) == "Wrong password."


@pytest.mark.parametrize("once", [{"challenge_response": "1"}, {"code_verifier": "k"}, {"method": "ftm", "challenge_response": "2"}], ids=str)
def test_another_answer_asks_anew_and_is_remembered_for_itself(refused: CacheHarness, once: dict[str, str]) -> None:
    refused.login_fails = Refused("Wrong code.", status=401)
    assert str(failure(refused, one_time=once)) == "Wrong code."
    assert without_memory(str(failure(refused, one_time=once))) == "Wrong code."
    assert without_memory(str(failure(refused))) == "Wrong password."
    assert refused.requests == ["login", "login"]
    refused.login_fails = None
    assert refused.token(one_time={"challenge_response": "3"}, shared="shared") == "A3"


def test_force_asks_anew_once_for_a_task(refused: CacheHarness) -> None:
    refused.login_fails = Refused("Still wrong.", status=401)
    for task in ("one", "two"):
        assert str(failure(refused, request_id=task)) == "Still wrong."
        assert without_memory(str(failure(refused, request_id=task))) == "Still wrong."
    assert refused.requests == ["login"] * 3
    assert without_memory(str(failure(refused))) == "Still wrong."
    refused.login_fails = None
    assert [refused.token(request_id="three", shared="shared") for _each in range(2)] == ["A4", "A4"]
    assert refused.token(shared="shared") == "A4"


def test_a_token_that_still_serves_is_handed_out_all_the_same(harness: CacheHarness) -> None:
    harness.ask(shared="shared")
    harness.login_fails = REFUSALS[0]
    failure(harness, request_id="task")
    assert harness.token(shared="shared") == "A1"


def test_a_refusal_after_a_refused_refresh_is_remembered(harness: CacheHarness, after: After) -> None:
    harness.ask(shared="shared")
    after(3550)
    harness.refresh_fails = harness.login_fails = REFUSALS[0]
    assert str(failure(harness)) == "Wrong password."
    assert without_memory(str(failure(harness))) == "Wrong password."
    assert harness.requests == ["login", "refresh R1", "login"]


@pytest.mark.parametrize("fault", FAULTS, ids=kind)
def test_another_failure_is_shared_with_those_who_waited_for_it_alone(harness: CacheHarness, fault: FortiError) -> None:
    harness.login_fails = fault
    earlier = time.time() - 0.01
    failure(harness)
    waited = failure(harness, asked_at=earlier)
    assert {**waited.as_result(), "msg": without_memory(str(waited), refused=False)} == fault.as_result()
    assert harness.requests == ["login"]
    assert failure(harness).as_result() == fault.as_result()
    assert harness.requests == ["login", "login"]
    harness.login_fails = None
    assert harness.token(shared="shared") == "A3"


def test_another_failure_is_not_shared_with_other_runs(harness: CacheHarness) -> None:
    harness.login_fails = Unreachable("No connection.")
    earlier = time.time() - 0.01
    failure(harness)
    harness.login_fails = None
    assert harness.token(run="another", shared="shared", asked_at=earlier) == "A2"


def test_20_processes_fail_with_one_fault(harness: CacheHarness, in_processes: Callable[[int, Callable[[], Any]], list[Any]]) -> None:
    harness.takes, harness.login_fails = 0.5, ServerFailed("It answered 503.", status=503)
    results = in_processes(20, lambda: failure(harness).as_result())
    assert [result["status"] for result in results] == [503] * 20
    messages = [result["msg"] for result in results if result["msg"] != "It answered 503."]
    assert [without_memory(message, refused=False) for message in messages] == ["It answered 503."] * 19
    assert harness.requests == ["login"]
