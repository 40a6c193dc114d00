# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A challenge that a task did not wait for refuses nobody who does: he goes on with it, or asks anew if the server knows its session no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import (
    ChallengeRequired,
    FortiError,
    Refused,
    RemoteFailure,
    ServerFailed,
    Unreachable,
)

from tests.unit.conftest import Processes
from tests.unit.plugins.plugin_utils._cache.harness import CacheHarness, without_memory

PUSH = {"challenge": "otp", "method": "ftm-push", "session": "480dccc0"}
TYPED = {"challenge": "otp", "method": "ftm"}
EXPIRED = [
    Refused("Unknown session.", status=404, error="expired_token"),
    ServerFailed("Gone.", error="expired_token"),
    RemoteFailure("x", error="expired_token"),
]
FAULTS = [
    Refused("Denied.", error="access_denied"),
    RemoteFailure("Denied.", error="access_denied"),
    Unreachable("No."),
    ServerFailed("It answered 503.", status=503),
]


def waits(challenge: Mapping[str, str]) -> bool:
    return challenge.get("method") == "ftm-push" and "session" in challenge


def waiting(harness: CacheHarness, **more: Any) -> dict[str, Any]:
    """Ask as a task with push_timeout does."""
    return harness.ask(shared="shared", **{"resumes": waits, "waits": 60, **more})


def failure(ask: Callable[[], Any]) -> FortiError:
    with pytest.raises(FortiError) as caught:
        ask()
    return caught.value


def challenge(harness: CacheHarness, asked_for: dict[str, str], **more: Any) -> FortiError:
    """A task that does not wait meets a challenge. The next login would meet none."""
    harness.login_fails = ChallengeRequired("Answer it.", asked_for)
    found = failure(lambda: harness.ask(shared="shared", **more))
    harness.login_fails = None
    return found


@pytest.fixture
def pushed(harness: CacheHarness) -> CacheHarness:
    """A harness where a task did not wait for a push."""
    assert str(challenge(harness, PUSH)) == "Answer it."
    return harness


@pytest.mark.parametrize("run", ["run", "another"])
def test_who_waits_goes_on_with_the_session_that_is_live(pushed: CacheHarness, run: str) -> None:
    result = waiting(pushed, run=run)
    assert (result["access_token"], result["source"]) == ("A2", "login")
    assert pushed.requests == ["login", "session 480dccc0"]


def test_who_does_not_wait_is_refused_from_memory_with_the_challenge(pushed: CacheHarness) -> None:
    again = failure(lambda: pushed.ask(shared="shared"))
    assert isinstance(again, ChallengeRequired)
    assert without_memory(str(again)) == "Answer it."
    assert again.details == {"challenge": PUSH}
    assert pushed.requests == ["login"]


def test_after_the_push_all_get_the_token(pushed: CacheHarness) -> None:
    waiting(pushed)
    assert pushed.token(shared="shared") == pushed.token(run="another", shared="shared") == waiting(pushed)["access_token"] == "A2"
    assert pushed.requests == ["login", "session 480dccc0"]


@pytest.mark.parametrize("expired", EXPIRED, ids=lambda error: type(error).__name__)
def test_if_the_session_is_expired_the_login_is_asked_anew(pushed: CacheHarness, expired: FortiError) -> None:
    pushed.session_fails = expired
    assert waiting(pushed)["access_token"] == "A3"
    assert pushed.requests == ["login", "session 480dccc0", "login"]
    assert pushed.token(shared="shared") == "A3"


def test_a_login_that_is_refused_after_an_expired_session_is_what_is_told_and_remembered(pushed: CacheHarness) -> None:
    pushed.session_fails, pushed.login_fails = EXPIRED[0], Refused("Wrong password.", status=401)
    assert str(failure(lambda: waiting(pushed))) == "Wrong password."
    assert without_memory(str(failure(lambda: waiting(pushed)))) == "Wrong password."
    assert pushed.requests == ["login", "session 480dccc0", "login"]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_any_other_failure_of_the_session_is_told_and_there_is_no_login(pushed: CacheHarness, fault: FortiError) -> None:
    pushed.session_fails = fault
    assert failure(lambda: waiting(pushed)).as_result() == fault.as_result()
    assert pushed.requests == ["login", "session 480dccc0"]


@pytest.mark.parametrize("denied", FAULTS[:2], ids=str)
def test_a_push_that_was_denied_refuses_all_for_a_minute(pushed: CacheHarness, denied: FortiError, after: Callable[[float], None]) -> None:
    pushed.session_fails = denied
    failure(lambda: waiting(pushed))
    for ask in (lambda: waiting(pushed), lambda: waiting(pushed, run="another"), lambda: pushed.ask(shared="shared")):
        assert without_memory(str(failure(ask))) == "Denied."
    assert pushed.requests == ["login", "session 480dccc0"]
    after(61)
    assert waiting(pushed)["access_token"] == "A3"
    assert pushed.requests[-1] == "login"


def test_a_challenge_that_is_no_push_refuses_those_who_wait_too(harness: CacheHarness) -> None:
    challenge(harness, TYPED)
    for run in ("run", "another"):
        again = failure(lambda run=run: waiting(harness, run=run))  # type: ignore[misc]
        assert isinstance(again, ChallengeRequired)
        assert without_memory(str(again)) == "Answer it."
    assert harness.requests == ["login"]


@pytest.mark.parametrize("run", ["run", "another"])
def test_who_waited_in_vain_refuses_the_next_who_would(harness: CacheHarness, run: str) -> None:
    harness.login_fails = ChallengeRequired("Nobody approved the push within 45 seconds.", PUSH)
    failure(lambda: waiting(harness))
    harness.login_fails = None
    for ask in (lambda: waiting(harness, run=run), lambda: harness.ask(run=run, shared="shared")):
        assert without_memory(str(failure(ask))) == "Nobody approved the push within 45 seconds."
    assert harness.requests == ["login"]


def test_who_went_on_and_waited_in_vain_refuses_the_next_who_would(pushed: CacheHarness) -> None:
    pushed.session_fails = ChallengeRequired("Nobody approved the push within 45 seconds.", PUSH)
    failure(lambda: waiting(pushed))
    for ask in (lambda: waiting(pushed), lambda: waiting(pushed, run="another"), lambda: pushed.ask(shared="shared")):
        assert without_memory(str(failure(ask))) == "Nobody approved the push within 45 seconds."
    assert pushed.requests == ["login", "session 480dccc0"]


def test_a_challenge_is_gone_on_with_for_a_minute_only(pushed: CacheHarness, after: Callable[[float], None]) -> None:
    after(61)
    assert waiting(pushed)["source"] == "login"
    assert pushed.requests == ["login", "login"]


def test_force_asks_anew(pushed: CacheHarness) -> None:
    assert waiting(pushed, request_id="task")["access_token"] == "A2"
    assert pushed.requests == ["login", "login"]


@pytest.mark.parametrize("other", [{"method": "ftm-push"}, {"challenge_response": "1"}], ids=str)
def test_the_challenge_of_other_one_time_options_is_not_gone_on_with(pushed: CacheHarness, other: dict[str, str]) -> None:
    assert waiting(pushed, one_time=other)["access_token"] == "A2"
    assert pushed.requests == ["login", "login"]


def test_20_processes_that_wait_go_on_with_it_once(pushed: CacheHarness, in_processes: Processes) -> None:
    pushed.takes = 0.3
    results = in_processes(20, lambda: waiting(pushed))
    assert {result["access_token"] for result in results} == {"A2"}
    assert pushed.requests == ["login", "session 480dccc0"]


def test_without_a_store_nothing_is_gone_on_with(harness: CacheHarness) -> None:
    harness.login_fails = ChallengeRequired("Answer it.", PUSH)
    failure(lambda: harness.ask(run=None))
    harness.login_fails = None
    assert harness.ask(run=None, resumes=waits, waits=60)["source"] == "login"
    assert harness.requests == ["login", "login"]
