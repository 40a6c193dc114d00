# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the broker keeps: when a token serves, which of several is the newest, and what comes back of a failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError, Refused, RemoteFailure, Unreachable
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._kept import Entry, Kept, Request, ended

from tests.unit.desk import CLIENT, LOGIN, SERVER, Desk, by_hand

NOW = 1_700_000_000.0
After = Callable[[float], None]


@pytest.fixture
def kept(desk: Desk) -> Kept:
    return Kept(desk.shelf("run"))


@pytest.fixture
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)


def request(**more: Any) -> Request:
    known: dict[str, Any] = {"identity": LOGIN, "once": {}, "min_validity": 60, "forced_by": None, "patience": 1}
    return Request(**{**known, "login": dict, "refresh": lambda _token: {}, **more})


def token(name: str, refresh_token: str | None = None, *, issued_at: float = NOW, life: float | None = 3600) -> Entry:
    return Entry(Token(name, SERVER, refresh_token=refresh_token, issued_at=issued_at, expires_at=None if life is None else issued_at + life))


def found(kept: Kept, identity: dict[str, str] = LOGIN) -> str | None:
    entry = kept.entry(identity)
    return entry.token.access_token if entry else None


@pytest.mark.parametrize(
    ("wanted", "at", "got_for", "met"),
    [
        pytest.param(None, 0.0, None, True, id="not forced"),
        pytest.param("task", 99.0, None, False, id="forced, older"),
        pytest.param("task", 99.0, "other", False, id="forced, older, for another"),
        pytest.param("task", 99.0, "task", True, id="forced, for this task"),
        pytest.param("task", 100.0, None, True, id="forced, got since"),
        pytest.param("task", 101.0, "other", True, id="forced, got since for another"),
    ],
)
def test_what_is_new_enough(wanted: str | None, at: float, got_for: str | None, met: bool) -> None:
    assert request(forced_by=wanted, asked_at=100.0).is_met_by(at=at, forced_by=got_for) is met


@pytest.mark.parametrize(
    ("issued", "life", "not_refreshed", "serves"),
    [
        pytest.param(0, 3600, None, True, id="fresh"),
        pytest.param(-3539, 3600, None, True, id="61 seconds left"),
        pytest.param(-3541, 3600, None, False, id="59 seconds left"),
        pytest.param(-3541, 3600, -59, True, id="59 seconds left, and no refresh to be had"),
        pytest.param(-3541, 3600, -60, False, id="59 seconds left, and a refresh is tried again"),
        pytest.param(-3541, 3600, 299, True, id="59 seconds left, and a refresh failed by another machine's clock"),
        pytest.param(-3541, 3600, 301, False, id="59 seconds left, and a refresh failed in the future"),
        pytest.param(-3600, 3600, -1, False, id="over, and no refresh to be had"),
        pytest.param(299, 3600, None, True, id="another machine's clock is ahead"),
        pytest.param(301, 3600, None, False, id="from the future"),
        pytest.param(301, None, None, False, id="from the future, never expires"),
        pytest.param(-(10**9), None, None, True, id="never expires"),
    ],
)
@pytest.mark.usefixtures("at_now")
def test_when_a_token_serves(issued: float, life: float | None, not_refreshed: float | None, serves: bool) -> None:
    known = token("A1", issued_at=NOW + issued, life=life).token
    entry = Entry(known) if not_refreshed is None else Entry(known, not_refreshed_at=NOW + not_refreshed)
    assert entry.serves(request()) is serves


def test_what_is_kept_comes_back_the_same(kept: Kept) -> None:
    entry = Entry(token("A1", "R1").token, "task", 12.5)
    kept.keep(entry, LOGIN)
    assert kept.entry(LOGIN) == entry
    kept.forget(LOGIN)
    assert kept.entry(LOGIN) is None


@pytest.mark.parametrize(
    ("life", "refresh_token", "keep_until"),
    [(3600, None, NOW + 3600), (3600, "R1", NOW + 3600 + 28800), (None, None, None), (None, "R1", None)],
    ids=str,
)
def test_how_long_a_token_is_kept(kept: Kept, desk: Desk, life: float | None, refresh_token: str | None, keep_until: float | None) -> None:
    kept.keep(token("A1", refresh_token, life=life), LOGIN)
    expires_at = None if life is None else NOW + life
    about = {"format": 1, "kind": "token", "server": SERVER, "keep_until": keep_until, "expires_at": expires_at}
    assert [known for _name, known in desk.opened(str(desk.folder / "run")).entries()] == [about]


def test_the_chain_of_refreshes_by_hand_is_followed_to_its_end(kept: Kept) -> None:
    kept.keep(token("A1", "R1"), LOGIN)
    kept.keep(token("A2", "R2", issued_at=NOW + 1), by_hand("R1"))
    kept.keep(token("A3", "R3", issued_at=NOW + 1), by_hand("R2"))
    kept.keep(token("A5", "R5", issued_at=NOW + 3), by_hand("R4"))
    assert [found(kept, identity) for identity in (LOGIN, by_hand("R1"), by_hand("R2"), by_hand("R3"))] == ["A3", "A3", "A3", None]


def test_an_older_successor_is_none(kept: Kept) -> None:
    kept.keep(token("A2", "R1"), LOGIN)
    kept.keep(token("A1", "R1", issued_at=NOW - 1), by_hand("R1"))
    assert found(kept) == "A2"


@pytest.mark.parametrize("last", ["R1", "R2", "R3"])
def test_a_circle_ends(kept: Kept, last: str) -> None:
    kept.keep(token("A1", "R1"), LOGIN)
    kept.keep(token("A2", "R2"), by_hand("R1"))
    kept.keep(token("A3", last), by_hand("R2"))
    assert found(kept) == "A3"


def test_a_newest_that_was_ended_leaves_no_older_one(kept: Kept) -> None:
    kept.keep(token("A1", "R1"), LOGIN)
    kept.keep(token("A2", "R2"), by_hand("R1"))
    kept.end(CLIENT, "A2")
    assert found(kept) is None
    assert found(kept, by_hand("R1")) is None


def test_the_mark_of_a_token_that_was_ended(kept: Kept, desk: Desk, after: After) -> None:
    kept.end(LOGIN, "A1")
    assert [kept.is_ended(*known) for known in ((SERVER, "A1"), (SERVER, "A2"), ("https://other", "A1"))] == [True, False, False]
    ((_name, about),) = desk.opened(str(desk.folder / "run")).entries()
    assert (about["kind"], about["keep_until"]) == ("ended", pytest.approx(time.time() + 86400, abs=5))
    assert ended(SERVER, "A1") == {"server": SERVER, "ended": "A1"}


@pytest.mark.parametrize(
    "error",
    [
        Refused("Wrong password.", status=401, error="invalid_grant"),
        RemoteFailure("Denied.", error="access_denied", warnings=["x"]),
        ChallengeRequired("Answer it.", {"challenge": "otp", "session": "480dccc0"}),
        Unreachable("No connection."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failure_comes_back_as_a_task_shows_it(kept: Kept, error: FortiError) -> None:
    waiting = request(asked_at=time.time() - 1)
    kept.fail(error, request())
    known = kept.failure(waiting)
    assert known is not None
    assert known.as_result() == error.as_result()
    assert isinstance(known, ChallengeRequired) is isinstance(error, ChallengeRequired)


def test_a_failure_is_kept_for_a_minute(kept: Kept, desk: Desk) -> None:
    kept.fail(Refused("No."), request())
    ((_name, about),) = desk.opened(str(desk.folder / "run")).entries()
    assert (about["kind"], about["keep_until"]) == ("failure", pytest.approx(time.time() + 60, abs=5))


def test_a_failure_is_that_of_the_same_request(kept: Kept) -> None:
    kept.fail(Refused("No."), request(once={"code": "k"}))
    assert kept.failure(request(once={"code": "k"})) is not None
    others = [request(), request(once={"code": "j"}), request(once={"code": "k"}, identity=CLIENT), request(once={"code": "k"}, forced_by="task")]
    assert [kept.failure(other) for other in others] == [None] * 4


@pytest.mark.parametrize("content", [{}, {"access_token": "A1"}, {"forced_by": None, "not_refreshed_at": 0.0}], ids=str)
def test_an_entry_that_lacks_a_part_is_none(kept: Kept, desk: Desk, content: dict[str, Any]) -> None:
    desk.shelf("run").keep(content, LOGIN, "token", keep_until=None)
    assert kept.entry(LOGIN) is None
