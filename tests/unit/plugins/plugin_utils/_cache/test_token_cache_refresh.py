# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broker refreshes before it logs in, keeps a good token when that fails, and follows what was refreshed by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import (
    BadAnswer,
    ChallengeRequired,
    FortiError,
    Refused,
    RemoteFailure,
    ServerFailed,
    Unreachable,
)

from tests.unit.desk import LOGIN, Desk, by_hand

REFUSALS = [Refused("Used.", status=400), RemoteFailure("Used.", status=401), ChallengeRequired("Answer it.", {"challenge": "otp"})]
FAULTS = [ServerFailed("It answered 503.", status=503), Unreachable("No connection."), BadAnswer("HTML."), RemoteFailure("It answered 502.", status=502)]
After = Callable[[float], None]


def kind(error: FortiError) -> str:
    return type(error).__name__


def test_a_token_that_ran_down_is_refreshed_with_the_newest_refresh_token(desk: Desk, after: After) -> None:
    results = [desk.ask(shared="shared")]
    for _each in range(2):
        after(3550)
        results += [desk.ask(shared="shared"), desk.ask(shared="shared")]
    assert [(result["access_token"], result["source"]) for result in results] == [
        ("A1", "login"),
        ("A2", "refresh"),
        ("A2", "cache"),
        ("A3", "refresh"),
        ("A3", "cache"),
    ]
    assert desk.asked == ["login", "refresh R1", "refresh R2"]


@pytest.mark.parametrize("late", [0, 8 * 3600 - 60], ids=["just over", "over for 8 hours"])
def test_a_token_that_is_over_is_refreshed_by_the_next_run(desk: Desk, after: After, late: float) -> None:
    desk.ask(shared="shared")
    after(3600 + late)
    assert desk.ask(run="another", shared="shared")["source"] == "refresh"


def test_without_a_refresh_token_there_is_a_login(desk: Desk, after: After) -> None:
    desk.refresh_token = None
    desk.ask()
    after(3550)
    assert desk.ask()["source"] == "login"


def test_force_logs_in(desk: Desk) -> None:
    desk.ask()
    assert desk.ask(forced_by="task")["source"] == "login"
    assert desk.asked == ["login", "login"]


@pytest.mark.parametrize("refusal", REFUSALS, ids=kind)
def test_a_refused_refresh_becomes_a_login(desk: Desk, after: After, refusal: FortiError) -> None:
    desk.ask(shared="shared")
    after(3550)
    desk.refresh_fails = refusal
    assert desk.ask(shared="shared")["source"] == "login"
    assert desk.token(shared="shared") == desk.token(run="another", shared="shared") == "A3"
    after(3550)
    desk.refresh_fails = None
    assert desk.ask(shared="shared")["source"] == "refresh"
    assert desk.asked == ["login", "refresh R1", "login", "refresh R3"]


@pytest.mark.parametrize("fault", FAULTS, ids=kind)
def test_a_refresh_that_fails_keeps_a_token_that_is_still_good(desk: Desk, after: After, fault: FortiError) -> None:
    warnings: list[str] = []
    desk.warn = warnings.append
    desk.ask(shared="shared")
    desk.refresh_fails = fault
    after(3550.5)
    results = [desk.ask(shared="shared", run=run) for run in ("run", "run", "another")]
    assert {(result["access_token"], result["source"]) for result in results} == {("A1", "cache")}
    assert desk.asked == ["login", "refresh R1"]
    assert warnings == [f"The token was not refreshed. {fault} The one that is kept is good for 49 more seconds, and is used."]


def test_a_refresh_that_failed_is_tried_again_after_a_minute(desk: Desk, after: After) -> None:
    warnings: list[str] = []
    desk.warn = warnings.append
    desk.ask(shared="shared")
    desk.refresh_fails = Unreachable("No connection.")
    after(3500)
    for seconds in (0, 58, 3):
        after(seconds)
        assert desk.token(shared="shared", min_validity=600) == "A1"
    assert desk.asked == ["login", "refresh R1", "refresh R1"]
    assert len(warnings) == 2
    desk.refresh_fails = None
    after(30)
    assert desk.token(shared="shared") == "A1"
    after(31)
    assert desk.token(shared="shared") == "A4"


@pytest.mark.parametrize("left", [0.5, -10], ids=["half a second left", "over"])
def test_a_refresh_that_fails_becomes_a_login_where_the_token_is_not_good(desk: Desk, after: After, left: float) -> None:
    desk.ask(shared="shared")
    after(3600 - left)
    desk.refresh_fails = ServerFailed("It answered 503.")
    result = desk.ask(shared="shared")
    assert (result["access_token"], result["source"]) == ("A3", "login")
    assert desk.asked == ["login", "refresh R1", "login"]


def test_a_token_from_the_future_is_none(desk: Desk, after: After) -> None:
    desk.ask(shared="shared")
    after(-290)
    assert desk.token(shared="shared") == "A1"
    after(-20)
    assert [desk.token(shared="shared") for _each in range(2)] == ["A2", "A2"]
    assert desk.token(run="another", shared="shared") == "A2"
    after(3600)
    assert [desk.token(shared="shared") for _each in range(2)] == ["A3", "A3"]


def test_after_a_refresh_by_hand_the_newest_is_handed_out(desk: Desk) -> None:
    desk.ask(shared="shared")
    assert [desk.token(by_hand(refresh_token), shared="shared") for refresh_token in ("R1", "R2")] == ["A2", "A3"]
    for run in ("run", "another"):
        assert {desk.token(identity, run=run, shared="shared") for identity in (LOGIN, by_hand("R1"), by_hand("R2"))} == {"A3"}
    assert len(desk.asked) == 3


def test_a_refresh_by_hand_that_keeps_its_refresh_token(desk: Desk) -> None:
    desk.refresh_token = "R1"
    desk.ask()
    desk.ask(by_hand("R1"))
    assert desk.token() == "A2"


def test_refreshes_by_hand_that_go_round_in_a_circle(desk: Desk) -> None:
    for refresh_token, identity in (("R1", LOGIN), ("R2", by_hand("R1")), ("R1", by_hand("R2"))):
        desk.refresh_token = refresh_token
        desk.ask(identity)
    assert desk.token() == "A3"
    assert len(desk.asked) == 3


def test_what_was_refreshed_by_hand_before_is_not_handed_out(desk: Desk, after: After) -> None:
    desk.refresh_token = "R1"
    desk.ask()
    desk.ask(by_hand("R1"))
    after(10)
    assert [desk.token(forced_by="task"), desk.token()] == ["A3", "A3"]


@pytest.mark.parametrize(("secret", "token"), [("s", "A2"), ("other", "A1")])
def test_a_refresh_is_followed_where_the_client_is_the_same(desk: Desk, secret: str, token: str) -> None:
    login = {**LOGIN, "client_secret": "s"}
    desk.ask(login)
    desk.ask(by_hand("R1", client_secret=secret))
    assert desk.token(login) == token


def test_a_token_that_was_refreshed_by_hand_is_refreshed_when_it_runs_down(desk: Desk, after: After) -> None:
    desk.ask()
    desk.ask(by_hand("R1"))
    after(3550)
    assert [desk.token() for _each in range(2)] == ["A3", "A3"]
    assert desk.asked[2:] == ["refresh R2"]
