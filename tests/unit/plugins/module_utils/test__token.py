# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token as a value: what is taken from a response, how long it is good, what a task gets."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils import _redaction, _token
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse
from ansible_collections.forti.oauth.plugins.module_utils._token import Token, parse_fac, parse_forticwp

FAC, CWP = "https://fac.example.com", "https://www.forticwp.com"
YEARS_20 = 630_720_000


def fac(sent_at: float = 1000.0, **response: Any) -> Token:
    return parse_fac({"access_token": "A30", **response}, server=FAC, sent_at=sent_at)


def cwp(sent_at: float = 1000.0, server_time: float | None = None, **response: Any) -> Token:
    return parse_forticwp({"access_token": "J.W.T", **response}, server=CWP, sent_at=sent_at, server_time=server_time)


def living(seconds: float | None) -> Token:
    return Token("A30", FAC, issued_at=1000.0, expires_at=None if seconds is None else 1000.0 + seconds)


@pytest.mark.parametrize(
    ("response", "expires_at"),
    [
        pytest.param({"expires_in": 36000}, 37000.0, id="seconds"),
        pytest.param({"expires_in": "3600"}, 4600.0, id="text"),
        pytest.param({"expires_in": 0.5}, 1000.5, id="half a second"),
        pytest.param({"expires_in": 0}, None, id="0 is never"),
        pytest.param({"expires_in": "0"}, None, id="the text 0 is never"),
        pytest.param({"expires_in": None}, None, id="null"),
        pytest.param({}, None, id="missing"),
        pytest.param({"expires_in": YEARS_20}, 1000.0 + YEARS_20, id="20 years"),
    ],
)
def test_fac_expiry_is_seconds_from_when_the_request_went_out(response: dict[str, Any], expires_at: float | None) -> None:
    assert fac(**response).expires_at == expires_at


@pytest.mark.parametrize("sent_at", [0.0, 1000.0, 1.7e9])
def test_fac_expiry_counts_from_sent_at(sent_at: float) -> None:
    token = fac(sent_at, expires_in=60)
    assert (token.issued_at, token.expires_at) == (sent_at, sent_at + 60)


@pytest.mark.parametrize(
    ("expires", "server_time", "expires_at"),
    [
        pytest.param(1.585245989931e12, 1585242389.931, 4600.0, id="the page's sample, an hour ahead of the server's clock"),
        pytest.param(1_585_245_989_931, 1585242389.931, 4600.0, id="whole number"),
        pytest.param("1.585245989931E12", 1585242389.931, 4600.0, id="text"),
        pytest.param(4_600_000, None, 4600.0, id="no Date header: this machine's clock"),
        pytest.param(4_600_000, 900.0, 4700.0, id="server's clock is behind"),
        pytest.param(4_600_000, 1100.0, 4500.0, id="server's clock is ahead"),
        pytest.param(900_000, None, 900.0, id="over already"),
        pytest.param(None, None, None, id="none told"),
    ],
)
def test_forticwp_expiry_is_milliseconds_by_the_servers_clock(expires: Any, server_time: float | None, expires_at: float | None) -> None:
    assert cwp(server_time=server_time, expires=expires).expires_at == (None if expires_at is None else pytest.approx(expires_at, abs=0.001))


@pytest.mark.parametrize("value", [-1, "-1", True, False, "", "soon", "nan", "inf", float("nan"), float("inf"), [], {}, 10**400], ids=repr)
def test_an_expiry_that_is_no_time_is_a_bad_response(value: Any) -> None:
    with pytest.raises(BadResponse) as of_fac:
        fac(expires_in=value)
    with pytest.raises(BadResponse) as of_cwp:
        cwp(expires=value)
    assert str(of_fac.value) == "https://fac.example.com sent an expiry that is not a time, in expires_in. Check that server is the token service."
    assert str(of_cwp.value) == "https://www.forticwp.com sent an expiry that is not a time, in expires. Check that server is the token service."


@pytest.mark.parametrize(
    "parse",
    [
        pytest.param(lambda: fac(expires_in=YEARS_20 + 1), id="fac"),
        pytest.param(lambda: cwp(expires=(YEARS_20 + 1001) * 1000), id="cwp"),
        pytest.param(lambda: cwp(expires=1e300), id="no time at all"),
        pytest.param(lambda: cwp(expires=1_585_245_989_931, server_time=0.0), id="the server's clock stands at 1970"),
        pytest.param(lambda: cwp(expires=1_585_245_989_931, server_time=2_585_245_989.0), id="the server's clock is far ahead"),
        pytest.param(lambda: cwp(expires=3600, server_time=1_585_242_389.0), id="seconds left instead of a time"),
        pytest.param(lambda: fac(expires_in=1_785_245_989), id="a time instead of seconds left"),
    ],
)
def test_an_expiry_that_is_too_far_away_is_a_bad_response(parse: Any) -> None:
    with pytest.raises(BadResponse, match=r"^https://\S+ sent a token whose expiry is more than 20 years away\. Check that server is the token service\.$"):
        parse()


@pytest.mark.parametrize(
    ("response", "fault"),
    [
        pytest.param({}, "is missing", id="missing"),
        pytest.param({"access_token": None}, "is not text", id="null"),
        pytest.param({"access_token": 5}, "is not text", id="number"),
        pytest.param({"access_token": ["A30"]}, "is not text", id="list"),
        pytest.param({"access_token": ""}, "is empty", id="empty"),
        pytest.param({"access_token": "S3 CRET"}, "is not valid in a header", id="space"),
        pytest.param({"access_token": "S3CRET\n"}, "is not valid in a header", id="line end"),
        pytest.param({"access_token": "S3CRET\r\nX: y"}, "is not valid in a header", id="another header"),
        pytest.param({"access_token": "S3CRÉT"}, "is not valid in a header", id="not ASCII"),
        pytest.param({"access_token": "S3CRET\x7f"}, "is not valid in a header", id="control character"),
    ],
)
def test_an_unusable_token_is_named_but_not_quoted(response: dict[str, Any], fault: str) -> None:
    expected = f"https://fac.example.com answered without a usable token: access_token {fault}. Check that server is the token service."
    with pytest.raises(BadResponse) as caught:
        parse_fac({"status": "success", **response}, server=FAC, sent_at=0.0)
    assert caught.value.as_result() == {"msg": expected}
    with pytest.raises(BadResponse):
        parse_forticwp(response, server=CWP, sent_at=0.0, server_time=None)


def test_only_the_access_token_is_needed() -> None:
    assert fac() == Token("A30", FAC, token_type="Bearer", issued_at=1000.0)


@pytest.mark.parametrize("name", ["refresh_token", "scope", "id_token"])
@pytest.mark.parametrize(("value", "taken"), [("text", "text"), ("", None), (None, None), (5, None), (["x"], None)], ids=repr)
def test_other_fields_are_taken_where_they_are_text(name: str, value: Any, taken: str | None) -> None:
    assert getattr(fac(**{name: value}), name) == taken


@pytest.mark.parametrize(("value", "taken"), [("bearer", "bearer"), ("", "Bearer"), (None, "Bearer"), (1, "Bearer")], ids=repr)
def test_token_type_is_as_the_server_wrote_it(value: Any, taken: str) -> None:
    assert cwp(token_type=value).token_type == taken


@pytest.mark.parametrize(("life", "now", "left"), [(10, 1000.0, 10), (10, 1000.1, 9), (10, 1009.99, 0), (10, 2000.0, 0), (None, 9e9, None)])
def test_expires_in_is_whole_seconds_and_never_below_0(life: float | None, now: float, left: int | None) -> None:
    assert living(life).expires_in(now) == left


@pytest.mark.parametrize(
    ("life", "seconds", "now", "good"),
    [
        pytest.param(None, 10**9, 9e9, True, id="never expires"),
        pytest.param(3600, 60, 1000.0, True, id="fresh"),
        pytest.param(3600, 60, 4540.0, True, id="60 seconds left"),
        pytest.param(3600, 60, 4540.1, False, id="less than 60 left"),
        pytest.param(3600, 0, 4599.0, True, id="0 wanted, 1 left"),
        pytest.param(3600, 0, 4599.5, False, id="0 wanted, half a second left"),
        pytest.param(3600, 0, 4600.0, False, id="over"),
        pytest.param(50, 60, 1040.0, True, id="short life, a fifth left"),
        pytest.param(50, 60, 1041.0, False, id="short life, less than a fifth left"),
        pytest.param(60, 60, 1048.0, True, id="life as long as wanted, a fifth left"),
        pytest.param(61, 60, 1002.0, False, id="life longer than wanted: no fifth"),
        pytest.param(2, 60, 1001.5, False, id="never less than a second"),
        pytest.param(-5, 60, 1000.0, False, id="dead on arrival"),
    ],
)
def test_is_good_for(life: float | None, seconds: float, now: float, good: bool) -> None:
    assert living(life).is_good_for(seconds, now) is good


@pytest.mark.parametrize(("own", "old", "kept"), [(None, "R1", "R1"), ("R2", "R1", "R2"), (None, None, None)])
def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one(own: str | None, old: str | None, kept: str | None) -> None:
    assert cwp(refresh_token=own).with_refresh_token(old).refresh_token == kept


def test_what_a_task_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_token, "time", SimpleNamespace(time=lambda: 1010.5))
    token = fac(expires_in=36000, token_type="Bearer", refresh_token="R30", scope="read", message="Token has been refreshed successfully")
    assert token.as_result("refresh") == {
        "access_token": "A30",
        "authorization": "Bearer A30",
        "token_type": "Bearer",
        "refresh_token": "R30",
        "scope": "read",
        "expires_in": 35989,
        "expires_at": "1970-01-01T10:16:40Z",
        "source": "refresh",
        "server": "https://fac.example.com",
    }


def test_what_a_task_sees_of_a_token_that_never_expires() -> None:
    result = cwp(token_type="bearer").as_result("login")
    assert (result["expires_in"], result["expires_at"], result["authorization"]) == (None, None, "Bearer J.W.T")
    assert not {"refresh_token", "scope", "id_token"} & set(result)


def test_an_entry_gives_the_same_token_back() -> None:
    token = fac(expires_in=36000, refresh_token="R30", scope="read", id_token="I.D.T", token_type="x")
    assert Token.from_entry(token.as_entry()) == token
    with pytest.raises(ValueError, match=r"^invalid$"):
        Token.from_entry({"access_token": "A30"})


def test_a_modules_result_counts_by_the_clock_of_this_machine() -> None:
    token = Token.from_result({**fac(expires_in=36000, refresh_token="R30").as_result("login"), "expires_in": 100}, server=FAC, now=5.0)
    assert token == Token("A30", FAC, refresh_token="R30", issued_at=5.0, expires_at=105.0)
    assert Token.from_result({**token.as_result("login"), "expires_in": None}, server=FAC, now=5.0).expires_at is None


def test_no_secret_in_the_repr_and_no_change_of_a_token() -> None:
    token = fac(refresh_token="R30", id_token="I.D.T", scope="read")
    assert repr(token) == "Token(server='https://fac.example.com', token_type='Bearer', scope='read', issued_at=1000.0, expires_at=None)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        token.access_token = "other"  # type: ignore[misc]


def test_core_is_told_every_secret_if_it_masks_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(_redaction, "_register_secrets", told.extend)
    monkeypatch.setattr(_token, "MASKED_BY_CORE", True)
    fac(access_token="A30" * 6, refresh_token="R30" * 6, id_token="I.D.T" * 6, scope="read")
    assert told == ["A30" * 6, "R30" * 6, "I.D.T" * 6]


def test_a_word_that_a_server_sends_as_a_token_is_not_masked_in_all_output(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(_redaction, "_register_secrets", told.extend)
    monkeypatch.setattr(_token, "MASKED_BY_CORE", True)
    fac(access_token="changed", refresh_token="failed", id_token="e" * 15)
    assert told == []


def test_a_core_without_masks_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(_redaction, "_register_secrets", told.extend)
    monkeypatch.setattr(_token, "MASKED_BY_CORE", False)
    fac(refresh_token="R30")
    assert told == []
