# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors: what a user reads, what a play may test, and that neither holds a secret."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import (
    BadResponse,
    ChallengeRequired,
    FortiError,
    LibraryMissing,
    NotConnected,
    OptionError,
    Refused,
    RemoteFailure,
    ServerFailed,
    Unreachable,
    is_refusal,
    quotable,
    refusal,
)

KINDS = [OptionError, LibraryMissing, Unreachable, BadResponse, Refused, ServerFailed, RemoteFailure]


def refuse(status: int, body: dict[str, Any], *secrets: str) -> FortiError:
    return refusal(server="https://s", status=status, body=body, hint="Check it.", secrets=secrets)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failed_task_shows_the_message_and_the_details_that_are_known(kind: type[FortiError]) -> None:
    error = kind("It failed.", status=401, error=None, rc=0)
    assert isinstance(error, FortiError)
    assert error.as_result() == {"msg": "It failed.", "status": 401, "rc": 0}


@pytest.mark.parametrize("kind", [*KINDS, NotConnected, FortiError])
def test_only_what_cannot_have_reached_the_server_says_so(kind: type[FortiError]) -> None:
    assert kind("It failed.").unsent is (kind in (OptionError, LibraryMissing, NotConnected))


def test_a_challenge_is_a_copy() -> None:
    asked = {"challenge": "otp", "method": "ftm"}
    error = ChallengeRequired("Response it.", asked)
    asked.clear()
    assert error.as_result() == {"msg": "Response it.", "challenge": {"challenge": "otp", "method": "ftm"}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param({}, "https://s answered 401. Check it.", id="nothing said"),
        pytest.param({"error": "invalid_grant"}, "https://s answered 401 invalid_grant. Check it.", id="oauthlib, short"),
        pytest.param(
            {"error": "invalid_grant", "error_description": "Invalid credentials given."},
            "https://s answered 401 invalid_grant (Invalid credentials given.). Check it.",
            id="oauthlib, long",
        ),
        pytest.param({"status": "failed", "message": "No such user"}, "https://s answered 401 (No such user). Check it.", id="message"),
        pytest.param({"status_message": "Denied"}, "https://s answered 401 (Denied). Check it.", id="status_message"),
        pytest.param({"detail": "Not found."}, "https://s answered 401 (Not found.). Check it.", id="detail"),
        pytest.param({"error_description": "", "detail": "Second"}, "https://s answered 401 (Second). Check it.", id="an empty one is passed over"),
        pytest.param({"error_description": "First", "message": "Second"}, "https://s answered 401 (First). Check it.", id="the first one counts"),
        pytest.param({"error": {"code": 7}, "message": ["x"]}, "https://s answered 401. Check it.", id="no text"),
    ],
)
def test_what_a_refusal_says(body: dict[str, Any], message: str) -> None:
    assert str(refuse(401, body)) == message


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), (401, Refused), (403, Refused), (404, ServerFailed), (405, ServerFailed), (406, ServerFailed), (429, ServerFailed), (500, ServerFailed)],
)
def test_what_kind_a_refusal_is(status: int, kind: type[FortiError]) -> None:
    error = refuse(status, {})
    assert (type(error), error.details) == (kind, {"status": status})


def test_a_play_may_test_what_was_refused() -> None:
    assert refuse(400, {"error": "invalid_grant", "error_description": "Used before", "message": "no"}).details == {
        "status": 400,
        "error": "invalid_grant",
        "error_description": "Used before",
    }


@pytest.mark.parametrize("name", ["error", "error_description", "message", "status_message", "detail"])
def test_a_server_that_repeats_the_request_gives_no_secret_away(name: str) -> None:
    shown = refuse(401, {name: "bad password hunter2 (aHVudGVyMg==) of client c%2Fs"}, "hunter2", "c/s").as_result()
    assert shown["msg"].count("********") == 3
    assert not [secret for secret in ("hunter2", "aHVudGVyMg", "c%2Fs") if secret in str(shown)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("Invalid credentials", "Invalid credentials", id="as it is"),
        pytest.param("Ungültig – 無効", "Ungültig – 無効", id="other letters"),
        pytest.param(" two\r\n\tlines  of \u2028text ", "two lines of text", id="one line"),
        pytest.param("\x1b[31mred\x00\x07\x9b", "[31mred", id="no control characters"),
        pytest.param("a\u200bb\u202ec\ufeffd", "a b c d", id="no letters that hide"),
        pytest.param("half \ud800 letter", "half letter", id="not Unicode"),
        pytest.param("", "", id="empty"),
        pytest.param("x" * 200, "x" * 200, id="200 letters"),
        pytest.param("x" * 201, "x" * 200 + "…", id="201 letters"),
        pytest.param(None, None, id="null"),
        pytest.param(401, None, id="number"),
        pytest.param(["text"], None, id="list"),
    ],
)
def test_a_servers_text_is_made_fit_to_be_shown(value: Any, expected: str | None) -> None:
    assert quotable(value, []) == expected


def test_a_secret_is_taken_out_before_a_text_is_cut() -> None:
    assert quotable("x" * 195 + "hunter2hunter2", ["hunter2hunter2"]) == "x" * 195 + "*****…"


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        pytest.param(Refused("No."), True, id="refused"),
        pytest.param(ChallengeRequired("Response it.", {"challenge": "otp"}), True, id="challenge"),
        *(pytest.param(RemoteFailure("No.", status=status), status < 404, id=f"on the host: {status}") for status in (400, 401, 403, 404, 406, 429, 500)),
        pytest.param(RemoteFailure("No.", error="access_denied"), True, id="on the host: push denied"),
        pytest.param(RemoteFailure("No.", error="invalid_grant"), False, id="on the host: no status"),
        pytest.param(RemoteFailure("No.", rc=1), False, id="on the host: crashed"),
        *(pytest.param(kind("No.", status=401), False, id=kind.__name__) for kind in (OptionError, LibraryMissing, Unreachable, BadResponse, ServerFailed)),
    ],
)
def test_what_is_a_refusal(error: FortiError, refused: bool) -> None:
    assert is_refusal(error) is refused
