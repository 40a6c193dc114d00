# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The broker ends a token once, forgets it on both shelves, and never hands it out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import Unreachable

from tests.unit.desk import CLIENT, LOGIN, Desk, by_hand


@pytest.mark.parametrize("given", [None, "A1"], ids=["kept", "given"])
def test_a_token_is_ended_once_and_not_handed_out_again(desk: Desk, given: str | None) -> None:
    desk.ask(shared="shared")
    assert [desk.end(given, shared="shared") for _each in range(2)] == [True, False]
    assert desk.ended == ["A1"]
    assert desk.token(shared="shared") == desk.token(run="another", shared="shared") == "A2"
    assert desk.end(None, shared="shared") is True
    assert desk.ended == ["A1", "A2"]


def test_another_run_ends_what_is_shared(desk: Desk) -> None:
    desk.ask(shared="shared")
    assert desk.end(None, run="another", shared="shared") is True
    assert desk.token(run="third", shared="shared") == "A2"


def test_the_entry_is_gone_from_both_shelves(desk: Desk) -> None:
    desk.ask(shared="shared")
    desk.end(None, shared="shared")
    for name in ("run", "shared"):
        kinds = [about["kind"] for _name, about in desk.opened(str(desk.folder / name)).entries()]
        assert kinds == ["ended"]


def test_a_given_token_is_known_as_ended_under_whatever_identity_it_is_kept(desk: Desk) -> None:
    desk.ask(shared="shared")
    assert [desk.end("A1", CLIENT, shared="shared") for _each in range(2)] == [True, False]
    assert desk.token(shared="shared") == desk.token(run="another", shared="shared") == "A2"


def test_a_given_token_leaves_another_that_is_kept(desk: Desk) -> None:
    desk.ask()
    assert desk.end("A9") is True
    assert desk.ended == ["A9"]
    assert desk.token() == "A1"


def test_what_was_refreshed_by_hand_is_ended_under_the_login(desk: Desk) -> None:
    desk.ask()
    desk.ask(by_hand("R1"))
    assert desk.end(None) is True
    assert desk.ended == ["A2"]
    assert desk.token() == "A3"


def test_check_mode_ends_nothing(desk: Desk) -> None:
    desk.ask(shared="shared")
    assert [desk.end(given, shared="shared", only_look=True) for given in (None, "A1", None)] == [True] * 3
    assert desk.token(shared="shared") == desk.token(run="another", shared="shared") == "A1"


def test_nothing_kept_is_nothing_to_end(desk: Desk) -> None:
    assert desk.end(None, shared="shared") is False
    assert desk.ended == []


def test_a_token_that_was_dead_already_is_forgotten_too(desk: Desk) -> None:
    desk.ask(shared="shared")
    assert desk.end(None, shared="shared", live=False) is False
    assert desk.token(shared="shared") == "A2"


def test_an_end_that_fails_leaves_the_token(desk: Desk) -> None:
    def fails(_token: str) -> bool:
        raise Unreachable("No connection.")

    desk.ask()
    with pytest.raises(Unreachable):
        desk.broker().revoke(LOGIN, None, patience=20, end=fails, only_look=False)
    assert desk.token() == "A1"
    assert desk.end(None) is True


def test_a_token_that_no_server_can_end_is_forgotten(desk: Desk) -> None:
    desk.ask(shared="shared")
    desk.broker(shared="shared").forget(LOGIN)
    assert desk.token(shared="shared") == "A2"
    desk.broker(shared="shared").forget({**LOGIN, "password": "q"})
    assert desk.token(run="another", shared="shared") == "A2"


@pytest.mark.parametrize("given", [None, "A1"], ids=["kept", "given"])
def test_20_processes_end_it_once(desk: Desk, given: str | None, in_processes: Callable[[int, Callable[[], Any]], list[Any]]) -> None:
    desk.ask(shared="shared")
    assert sorted(in_processes(20, lambda: desk.end(given, shared="shared"))) == [False] * 19 + [True]
