# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No Token holds foreign data that was not checked: what a Token is, whoever makes it, and what is taken from a delegated host."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse
from ansible_collections.forti.oauth.plugins.module_utils._token import Token, parse_fac, parse_forticwp

SERVER, CHECK = "https://fac.example.com", "Check that server is the token service."
GOOD: dict[str, Any] = {"access_token": "A30", "server": SERVER, "token_type": "Bearer", "issued_at": 1000.0, "expires_at": 4600.0}
STEERING = ["a\nb", "a\r", "\x1b[31m", "a\x9bb", "a\u202eb", "\ud800", "a\u2028", "\0", "a\tb", "a\x7f"]
NO_TEXTS = [5, True, b"text", ["x"], {"a": "x"}, 1.5]
NO_TIMES = [None, "", "1000", -1, -0.001, math.nan, math.inf, -math.inf, 253402300800, 10**400, [], {}, b"1"]
NO_TOKENS = ["", " ", "A 30", "A30\n", "\nA30", "A30\r\nX: y", "A30\x00", "A30\x7f", "Ä30", "A\u202e30", "\ud800", None, *NO_TEXTS]


def lies(name: str, values: list[Any]) -> list[Any]:
    return [pytest.param({name: value}, id=f"{name} {ascii(value)[:20]}") for value in values]


WRONG = [
    *lies("access_token", NO_TOKENS),
    *lies("server", ["", None, *STEERING, *NO_TEXTS]),
    *lies("token_type", ["", None, *STEERING, *NO_TEXTS]),
    *lies("scope", [*STEERING, *NO_TEXTS]),
    *lies("refresh_token", [*STEERING, *NO_TEXTS]),
    *lies("id_token", [*STEERING, *NO_TEXTS]),
    *lies("issued_at", NO_TIMES),
    *lies("expires_at", NO_TIMES[1:]),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_with_a_field_that_is_not_what_it_must_be_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^invalid$"):
        Token(**{**GOOD, **wrong})


@pytest.mark.parametrize("wrong", WRONG)
def test_an_entry_of_a_store_with_such_a_field_is_none_either(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^invalid$"):
        Token.from_entry({**GOOD, **wrong})


@pytest.mark.parametrize("name", ["access_token", "server", "token_type", "issued_at"])
def test_an_entry_that_lacks_a_field_is_no_token(name: str) -> None:
    with pytest.raises(ValueError, match=r"^invalid$"):
        Token.from_entry({known: GOOD[known] for known in GOOD if known != name})


@pytest.mark.parametrize(
    "right",
    [
        {"scope": None, "refresh_token": None, "id_token": None, "expires_at": None},
        {"scope": "read größe", "refresh_token": "R 30", "id_token": "I.D.T"},
        {"scope": "", "issued_at": 0, "expires_at": 0},
        {"issued_at": 253402300799, "expires_at": 253402300799.5},
        {"access_token": "!~" + "x" * 100_000},
        {"token_type": "<b>"},
    ],
    ids=lambda right: ascii(right)[:40],
)
def test_a_token_whose_fields_are_sound_is_one(right: dict[str, Any]) -> None:
    token = Token(**{**GOOD, **right})
    assert {name: getattr(token, name) for name in right} == right
    assert Token.from_entry(token.as_entry()) == token


def claimed(**lie: Any) -> dict[str, Any]:
    """Return the result of a module on a delegated host that lies."""
    result = Token("A30", "https://of-the-host", refresh_token="R30", issued_at=9.0, expires_at=3609.0, scope="read").as_result("login")
    return {"changed": True, **result, "expires_in": 3600, **lie}


def test_of_a_hosts_result_only_the_token_is_believed() -> None:
    lie = {
        "server": "https://evil.example.com",
        "authorization": "Bearer of-the-host",
        "issued_at": 9e9,
        "expires_at": "9999-12-31T00:00:00Z",
        "source": "cache",
        "changed": "yes",
        "ansible_facts": {"fac_oauth_server": "https://evil.example.com"},
        "request_id": "x",
    }
    token = Token.from_result(claimed(**lie), server=SERVER, now=1000.0)
    assert token == Token("A30", SERVER, refresh_token="R30", scope="read", issued_at=1000.0, expires_at=4600.0)
    assert token.authorization == "Bearer A30"


@pytest.mark.parametrize("text", NO_TOKENS, ids=lambda text: ascii(text)[:20])
def test_a_hosts_token_that_is_not_fit_for_a_header_is_a_bad_response_of_the_server_that_was_asked(text: Any) -> None:
    with pytest.raises(BadResponse, match=f"^{SERVER} answered without a usable token: access_token .*{CHECK}$") as caught:
        Token.from_result(claimed(access_token=text), server=SERVER, now=1000.0)
    assert str(caught.value).isprintable()
    with pytest.raises(BadResponse):
        Token.from_result({"changed": False}, server=SERVER, now=1000.0)


@pytest.mark.parametrize("life", [-1, "-1", "soon", True, math.nan, math.inf, [], {}, "", 10**400], ids=lambda life: repr(life)[:12])
def test_a_hosts_expiry_that_is_no_time_is_a_bad_response(life: Any) -> None:
    with pytest.raises(BadResponse, match=f"^{SERVER} sent an expiry that is not a time, in expires_in. {CHECK}$"):
        Token.from_result(claimed(expires_in=life), server=SERVER, now=1000.0)


def test_a_hosts_expiry_that_is_too_far_away_is_a_bad_response() -> None:
    with pytest.raises(BadResponse, match=f"^{SERVER} sent a token whose expiry is more than 20 years away. {CHECK}$"):
        Token.from_result(claimed(expires_in=20 * 365 * 86400 + 1), server=SERVER, now=1000.0)


@pytest.mark.parametrize(("life", "expires_at"), [(0, 1000.0), ("60", 1060.0), (None, None), (0.5, 1000.5)], ids=str)
def test_a_hosts_expiry_counts_from_now(life: Any, expires_at: float | None) -> None:
    assert Token.from_result(claimed(expires_in=life), server=SERVER, now=1000.0).expires_at == expires_at


def tokens_of(**response: Any) -> list[Token]:
    """Return what each family, and a delegated host, makes of the same response."""
    whole = {"access_token": "A30", **response}
    return [
        parse_fac(whole, server=SERVER, sent_at=1000.0),
        parse_forticwp(whole, server=SERVER, sent_at=1000.0, server_time=None),
        Token.from_result(whole, server=SERVER, now=1000.0),
    ]


@pytest.mark.parametrize("name", ["scope", "token_type"])
@pytest.mark.parametrize(
    ("text", "taken"),
    [("a\nb", "a b"), ("\x1b[31mred", "[31mred"), ("a\u202eb\x9b", "a b"), ("größe", "größe"), ("\ud800x", "x"), (" a ", "a")],
    ids=ascii,
)
def test_a_text_that_is_shown_has_a_blank_for_what_is_not_printable(name: str, text: str, taken: str) -> None:
    assert [getattr(token, name) for token in tokens_of(**{name: text})] == [taken] * 3


@pytest.mark.parametrize("text", ["\n", " ", "\x1b\x9b", "\u202e"], ids=ascii)
def test_a_text_of_nothing_else_is_none(text: str) -> None:
    assert [(token.scope, token.token_type) for token in tokens_of(scope=text, token_type=text)] == [(None, "Bearer")] * 3


@pytest.mark.parametrize("name", ["refresh_token", "id_token"])
@pytest.mark.parametrize("text", ["R\n30", "R30\x1b", "Ä", "R\u202e", "\ud800", "R\x7f", "\t", "R30\r\n"], ids=ascii)
def test_a_secret_that_could_not_be_sent_back_is_left_out_and_never_changed(name: str, text: str) -> None:
    assert [getattr(token, name) for token in tokens_of(**{name: text})] == [None] * 3


@pytest.mark.parametrize("name", ["refresh_token", "id_token"])
@pytest.mark.parametrize("text", ["R30", " R 30 ", "~!", "x" * 5000], ids=lambda text: text[:6])
def test_a_secret_that_can_is_taken_letter_by_letter(name: str, text: str) -> None:
    assert [getattr(token, name) for token in tokens_of(**{name: text})] == [text] * 3


def test_an_expiry_before_1970_is_the_beginning_of_time() -> None:
    token = parse_forticwp({"access_token": "A30", "expires": 0}, server=SERVER, sent_at=1000.0, server_time=5000.0)
    assert (token.expires_at, token.is_good_for(0, now=1000.0)) == (0.0, False)
