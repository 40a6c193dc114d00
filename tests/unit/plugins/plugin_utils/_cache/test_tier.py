# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One tier: when a token serves a request, which of several is the newest, the negative cache, and tombstones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError, Refused, RemoteFailure, Unreachable, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest, Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier, tombstone

from tests.unit.plugins.plugin_utils._cache.harness import CLIENT, LOGIN, SERVER, CacheHarness, by_task, without_memory

NOW = 1_700_000_000.0
DAYS_30 = 30 * 86400
After = Callable[[float], None]


@pytest.fixture
def tier(harness: CacheHarness, monkeypatch: pytest.MonkeyPatch) -> Tier:
    """A tier at the moment NOW."""
    monkeypatch.setattr(time, "time", lambda: NOW)
    return Tier(harness.encrypted("run"))


@pytest.fixture
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)


def request(**more: Any) -> CacheRequest:
    return CacheRequest(**{"key": LOGIN, "min_validity": 60, "lock_timeout": 1, **more})


def token(name: str, refresh_token: str | None = None, *, issued_at: float = NOW, life: float | None = 3600) -> Entry:
    return Entry(Token(name, SERVER, refresh_token=refresh_token, issued_at=issued_at, expires_at=None if life is None else issued_at + life))


def found(tier: Tier, key: dict[str, str] = LOGIN) -> str | None:
    entry = tier.get(key)
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
def test_a_forced_request_accepts_only_new_results(wanted: str | None, at: float, got_for: str | None, met: bool) -> None:
    assert request(request_id=wanted, asked_at=100.0).accepts(stored_at=at, request_id=got_for) is met


@pytest.mark.parametrize(
    ("issued", "life", "not_refreshed", "serves"),
    [
        pytest.param(0, 3600, None, True, id="fresh"),
        pytest.param(-3539, 3600, None, True, id="61 seconds left"),
        pytest.param(-3541, 3600, None, False, id="59 seconds left"),
        pytest.param(-3541, 3600, -59, True, id="59 seconds left, and no refresh to be had"),
        pytest.param(-3541, 3600, -60, False, id="59 seconds left, and a refresh is tried again"),
        pytest.param(-3541, 3600, 59, True, id="59 seconds left, and a refresh failed by another machine's clock"),
        pytest.param(-3541, 3600, 61, False, id="59 seconds left, and a refresh failed in the future"),
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
    entry = Entry(known) if not_refreshed is None else Entry(known, refresh_failed_at=NOW + not_refreshed)
    assert [entry.serves(request(), shared=shared) for shared in (False, True)] == [serves] * 2


def test_a_stored_entry_comes_back_the_same(tier: Tier) -> None:
    entry = Entry(token("A1", "R1").token, "task", 12.5)
    assert tier.put(entry, LOGIN) is True
    assert tier.get(LOGIN) == entry
    tier.forget(LOGIN, "A2")
    assert tier.get(LOGIN) == entry
    tier.forget(LOGIN, "A1")
    assert tier.get(LOGIN) is None


@pytest.mark.parametrize(
    ("life", "refresh_token", "keep_until"),
    [
        (3600, None, NOW + 3600),
        (3600, "R1", NOW + 3600 + 28800),
    ],
    ids=str,
)
def test_how_long_a_token_is_stored(tier: Tier, harness: CacheHarness, life: float | None, refresh_token: str | None, keep_until: float) -> None:
    tier.put(token("A1", refresh_token, life=life), LOGIN)
    expires_at = None if life is None else NOW + life
    header = {
        "format": 3,
        "kind": "token",
        "service": "fac",
        "server": SERVER,
        "client_id": "c",
        "keep_until": pytest.approx(keep_until, abs=5),
        "expires_at": expires_at,
    }
    assert harness.headers("run") == [header]


@pytest.mark.parametrize(("refresh_token", "life"), [(None, DAYS_30), ("R1", DAYS_30 + 28800)])
def test_a_token_that_never_expires_does_not_outlive_its_tombstone(tier: Tier, harness: CacheHarness, refresh_token: str | None, life: float) -> None:
    tier.put(token("A1", refresh_token, life=None), LOGIN)
    tier.put_tombstone(SERVER, "another", confirmed=True)
    stored, ended = sorted(harness.headers("run"), key=lambda header: str(header and header["kind"]), reverse=True)
    assert stored and ended
    assert stored["keep_until"] == pytest.approx(time.time() + life, abs=5)
    assert stored["keep_until"] <= ended["keep_until"]


def test_the_chain_of_refreshes_by_tasks_is_followed_to_its_end(tier: Tier) -> None:
    tier.put(token("A1", "R1"), LOGIN)
    tier.put(token("A2", "R2", issued_at=NOW + 1), by_task("R1"))
    tier.put(token("A3", "R3", issued_at=NOW + 1), by_task("R2"))
    tier.put(token("A5", "R5", issued_at=NOW + 3), by_task("R4"))
    assert [found(tier, key) for key in (LOGIN, by_task("R1"), by_task("R2"), by_task("R3"))] == ["A3", "A3", "A3", None]


def test_an_older_successor_is_ignored(tier: Tier) -> None:
    tier.put(token("A2", "R1"), LOGIN)
    tier.put(token("A1", "R1", issued_at=NOW - 1), by_task("R1"))
    assert found(tier) == "A2"


@pytest.mark.parametrize("last", ["R1", "R2", "R3"])
def test_a_circle_ends(tier: Tier, last: str) -> None:
    tier.put(token("A1", "R1"), LOGIN)
    tier.put(token("A2", "R2"), by_task("R1"))
    tier.put(token("A3", last), by_task("R2"))
    assert found(tier) == "A3"


def test_a_revoked_newest_token_leaves_no_older_one(tier: Tier) -> None:
    tier.put(token("A1", "R1"), LOGIN)
    tier.put(token("A2", "R2"), by_task("R1"))
    assert found(tier) == "A2"
    tier.put_tombstone(SERVER, "A2", confirmed=False)
    assert found(tier) is None
    assert found(tier, by_task("R1")) is None


def test_a_tombstone_is_for_one_token_of_one_server(tier: Tier, harness: CacheHarness, after: After) -> None:
    tier.put_tombstone(SERVER, "A1", confirmed=True)
    assert [tier.is_revoked(*known) for known in ((SERVER, "A1"), (SERVER, "A2"), ("https://other", "A1"))] == [True, False, False]
    (header,) = harness.headers("run")
    assert header
    assert (header["kind"], header["keep_until"]) == ("ended", pytest.approx(time.time() + DAYS_30 + 28800, abs=5))
    assert tombstone(SERVER, "A1") == {"server": SERVER, "access_token": "A1"}
    tier.remove_tombstone(SERVER, "A2")
    assert tier.is_revoked(SERVER, "A1")
    tier.remove_tombstone(SERVER, "A1")
    assert not tier.is_revoked(SERVER, "A1")


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
def test_a_failure_comes_back_as_a_task_shows_it(tier: Tier, error: FortiError) -> None:
    waiting = request(asked_at=time.time() - 1)
    tier.negative.put(error, request())
    known = tier.negative.find(waiting)
    assert known is not None
    assert {**known.as_result(), "msg": without_memory(str(known), refused=is_refusal(error))} == error.as_result()
    assert known.remembered is not None
    assert is_refusal(known) is is_refusal(error)
    assert isinstance(known, ChallengeRequired) is isinstance(error, ChallengeRequired)


def test_a_failure_is_stored_for_a_minute(tier: Tier, harness: CacheHarness) -> None:
    tier.negative.put(Refused("No."), request())
    (header,) = harness.headers("run")
    assert header
    assert (header["kind"], header["keep_until"]) == ("failure", pytest.approx(time.time() + 60, abs=5))


def test_a_failure_is_that_of_the_same_request(tier: Tier) -> None:
    tier.negative.put(Refused("No."), request(one_time={"code": "k"}))
    assert tier.negative.find(request(one_time={"code": "k"})) is not None
    others = [request(), request(one_time={"code": "j"}), request(one_time={"code": "k"}, key=CLIENT), request(one_time={"code": "k"}, request_id="task")]
    assert [tier.negative.find(other) for other in others] == [None] * 4


@pytest.mark.parametrize("content", [{}, {"access_token": "A1"}, {"request_id": None, "refresh_failed_at": 0.0}], ids=str)
def test_an_entry_that_lacks_a_part_is_a_miss(tier: Tier, harness: CacheHarness, content: dict[str, Any]) -> None:
    harness.encrypted("run").put(content, LOGIN, "token", keep_until=None)
    assert tier.get(LOGIN) is None
