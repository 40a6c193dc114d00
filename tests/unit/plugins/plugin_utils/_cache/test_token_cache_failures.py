# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broker remembers a refusal for a minute, and shares another failure with those who wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import (
    BadAnswer,
    ChallengeRequired,
    FortiError,
    LibraryMissing,
    Refused,
    RemoteFailure,
    ServerFailed,
    Unreachable,
)

from tests.unit.desk import LOGIN, Desk

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
    BadAnswer("HTML.", status=200),
    LibraryMissing("No requests."),
    RemoteFailure("x", rc=1),
]
After = Callable[[float], None]


def kind(value: Any) -> str:
    return type(value).__name__


def failure(desk: Desk, identity: Mapping[str, str] = LOGIN, **more: Any) -> FortiError:
    with pytest.raises(FortiError) as caught:
        desk.ask(identity, shared="shared", **more)
    return caught.value


@pytest.fixture
def refused(desk: Desk) -> Desk:
    """A desk where a login was just refused, and the next would not be."""
    desk.login_fails = REFUSALS[0]
    failure(desk)
    desk.login_fails = None
    return desk


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_a_refusal_is_remembered_word_by_word(desk: Desk, refusal: FortiError) -> None:
    desk.login_fails = refusal
    first = failure(desk)
    desk.login_fails = None
    for run in ("run", "another"):
        again = failure(desk, run=run)
        assert again.as_result() == first.as_result() == refusal.as_result()
        assert isinstance(again, ChallengeRequired) is isinstance(refusal, ChallengeRequired)
    assert desk.asked == ["login"]


def test_a_refusal_is_remembered_for_a_minute(refused: Desk, after: After) -> None:
    after(58)
    assert str(failure(refused)) == str(failure(refused, run="another")) == "Wrong password."
    after(3)
    assert refused.token(shared="shared") == "A2"


def test_a_refusal_from_the_future_is_none(refused: Desk, after: After) -> None:
    after(-301)
    assert refused.token(shared="shared") == "A2"


def test_a_refusal_of_a_machine_whose_clock_is_ahead_counts(refused: Desk, after: After) -> None:
    after(-10)
    assert str(failure(refused)) == "Wrong password."


@pytest.mark.parametrize("other", [{**LOGIN, "password": "q"}, {**LOGIN, "client_secret": "s"}], ids=["password", "client_secret"])
def test_other_options_ask_anew(refused: Desk, other: dict[str, str]) -> None:
    assert refused.token(other, shared="shared") == "A2"
    assert str(failure(refused)) == "Wrong password."


@pytest.mark.parametrize("once", [{"challenge_response": "1"}, {"code": "k"}, {"method": "ftm", "challenge_response": "2"}], ids=str)
def test_another_answer_asks_anew_and_is_remembered_for_itself(refused: Desk, once: dict[str, str]) -> None:
    refused.login_fails = Refused("Wrong code.", status=401)
    assert [str(failure(refused, once=once)) for _each in range(2)] == ["Wrong code."] * 2
    assert str(failure(refused)) == "Wrong password."
    assert refused.asked == ["login", "login"]
    refused.login_fails = None
    assert refused.token(once={"challenge_response": "3"}, shared="shared") == "A3"


def test_force_asks_anew_once_for_a_task(refused: Desk) -> None:
    refused.login_fails = Refused("Still wrong.", status=401)
    assert [str(failure(refused, forced_by=task)) for task in ("one", "one", "two", "two")] == ["Still wrong."] * 4
    assert refused.asked == ["login"] * 3
    assert str(failure(refused)) == "Still wrong."
    refused.login_fails = None
    assert [refused.token(forced_by="three", shared="shared") for _each in range(2)] == ["A4", "A4"]
    assert refused.token(shared="shared") == "A4"


def test_a_token_that_still_serves_is_handed_out_all_the_same(desk: Desk) -> None:
    desk.ask(shared="shared")
    desk.login_fails = REFUSALS[0]
    failure(desk, forced_by="task")
    assert desk.token(shared="shared") == "A1"


def test_a_refusal_after_a_refused_refresh_is_remembered(desk: Desk, after: After) -> None:
    desk.ask(shared="shared")
    after(3550)
    desk.refresh_fails = desk.login_fails = REFUSALS[0]
    assert [str(failure(desk)) for _each in range(2)] == ["Wrong password."] * 2
    assert desk.asked == ["login", "refresh R1", "login"]


@pytest.mark.parametrize("fault", FAULTS, ids=kind)
def test_another_failure_is_shared_with_those_who_waited_for_it_alone(desk: Desk, fault: FortiError) -> None:
    desk.login_fails = fault
    earlier = time.time() - 0.01
    failure(desk)
    waited = failure(desk, asked_at=earlier)
    assert waited.as_result() == fault.as_result()
    assert desk.asked == ["login"]
    assert failure(desk).as_result() == fault.as_result()
    assert desk.asked == ["login", "login"]
    desk.login_fails = None
    assert desk.token(shared="shared") == "A3"


def test_another_failure_is_not_shared_with_other_runs(desk: Desk) -> None:
    desk.login_fails = Unreachable("No connection.")
    earlier = time.time() - 0.01
    failure(desk)
    desk.login_fails = None
    assert desk.token(run="another", shared="shared", asked_at=earlier) == "A2"


def test_20_processes_fail_with_one_fault(desk: Desk, in_processes: Callable[[int, Callable[[], Any]], list[Any]]) -> None:
    desk.takes, desk.login_fails = 0.5, ServerFailed("It answered 503.", status=503)
    assert {str(result) for result in in_processes(20, lambda: failure(desk).as_result())} == {"{'msg': 'It answered 503.', 'status': 503}"}
    assert desk.asked == ["login"]
