# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second factor: what a 406 asks for, how it is answered, and the wait for a push."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils import _fac_challenge
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse, ChallengeRequired, FortiError, Refused, ServerFailed, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._fac_challenge import Challenge, wait_for_push
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response

SERVER, SESSION, RESPONSE = "https://fac.example.com", "480dccc0f6bf4ed69ba484320ef92781", "3njPWHp6LgXtRwwXabEN"
PUSH = Challenge("otp", "ftm-push", SESSION)
PENDING = {"status": "pending", "challenge": "otp", "method": "ftm-push", "session": SESSION}
APPROVED = {**PENDING, "status": "success", "challenge_response": RESPONSE}


class FakeHttp:
    """Stands in for Http: gives the responses in turn, then the last one again and again."""

    def __init__(self, *responses: dict[str, Any], status: int = 200) -> None:
        self.server, self.secrets, self.asked = SERVER, {"hunter2"}, []
        self._responses, self._status = list(responses), status

    def keep_secret(self, *values: str) -> None:
        self.secrets.update(values)

    def get(self, path: str, *, headers: dict[str, str], params: dict[str, str]) -> Response:
        self.asked.append((path, params))
        return response(self._responses.pop(0) if len(self._responses) > 1 else self._responses[0], self._status)


def response(body: Any, status: int = 406) -> Response:
    return Response(SERVER, status, {}, json.dumps(body).encode(), 0.0)


def options(**more: Any) -> dict[str, Any]:
    known = {"username": "u", "iam_user": None, "challenge": None, "method": None, "session": None, "challenge_response": None}
    return {**known, "push_timeout": 60, "push_interval": 2, **more}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, on a clock that only they move."""
    pauses: list[float] = []
    monkeypatch.setattr(_fac_challenge, "time", SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pauses.append))
    return pauses


@pytest.mark.parametrize(
    ("body", "challenge"),
    [
        pytest.param(PENDING, PUSH, id="the page's push"),
        pytest.param({"challenge": "otp", "method": "ftm"}, Challenge("otp", "ftm"), id="code"),
        pytest.param({"challenge": "radius", "message": "Enter\nPIN"}, Challenge("radius", message="Enter PIN"), id="radius with a message"),
        pytest.param({"challenge": "otp", "method": "", "session": None, "message": 5}, Challenge("otp"), id="empty or no text"),
        pytest.param({"challenge": "otp", "message": "not hunter2"}, Challenge("otp", message="not ********"), id="a secret in the message"),
    ],
)
def test_what_a_406_asks_for(body: dict[str, Any], challenge: Challenge) -> None:
    assert Challenge.from_response(response(body), FakeHttp({})) == challenge


@pytest.mark.parametrize("body", [{}, {"status": "pending"}, {"challenge": ""}, {"challenge": 5}, {"challenge": None, "session": SESSION}], ids=str)
def test_a_406_without_a_challenge(body: dict[str, Any]) -> None:
    with pytest.raises(BadResponse) as caught:
        Challenge.from_response(response(body), FakeHttp({}))
    message = "https://fac.example.com answered 406 without a challenge. Check that server is a FortiAuthenticator."
    assert caught.value.as_result() == {"msg": message, "status": 406}


def test_the_session_is_a_secret() -> None:
    http = FakeHttp({})
    challenge = Challenge.from_response(response(PENDING), http)
    assert SESSION in http.secrets
    assert SESSION not in repr(challenge)


@pytest.mark.parametrize(
    ("told", "challenge"),
    [
        ({}, None),
        ({"challenge_response": "1"}, None),
        ({"method": "ftm"}, Challenge("otp", "ftm")),
        ({"challenge": "radius"}, Challenge("radius")),
        ({"method": "ftm-push", "session": SESSION}, PUSH),
    ],
    ids=str,
)
def test_what_an_earlier_task_tells(told: dict[str, Any], challenge: Challenge | None) -> None:
    assert Challenge.from_options(options(**told)) == challenge


@pytest.mark.parametrize(
    ("challenge", "told", "waits"),
    [
        pytest.param(PUSH, {}, True, id="push"),
        pytest.param(PUSH, {"method": "ftm-push"}, True, id="push is wanted"),
        pytest.param(PUSH, {"method": "ftm"}, False, id="a code is wanted"),
        pytest.param(PUSH, {"challenge_response": "1"}, False, id="a code is given"),
        pytest.param(PUSH, {"push_timeout": 0}, False, id="no waiting"),
        pytest.param(Challenge("otp", "ftm-push"), {}, False, id="no session to ask for"),
        pytest.param(Challenge("otp", "sms", SESSION), {}, False, id="another method"),
    ],
)
def test_who_waits_for_a_push(challenge: Challenge, told: dict[str, Any], waits: bool) -> None:
    assert challenge.waits_for_push(options(**told)) is waits


def test_a_push_is_answered_with_all_that_was_asked() -> None:
    assert PUSH.fields(RESPONSE) == {"challenge": "otp", "challenge_response": RESPONSE, "method": "ftm-push", "session": SESSION}


@pytest.mark.parametrize(
    ("challenge", "method", "fields"),
    [
        pytest.param(PUSH, None, {"challenge": "otp", "method": "ftm"}, id="instead of a push"),
        pytest.param(PUSH, "ftm", {"challenge": "otp", "method": "ftm"}, id="instead of a push, said"),
        pytest.param(Challenge("otp", "ftm"), None, {"challenge": "otp", "method": "ftm"}, id="the page's code"),
        pytest.param(Challenge("otp", "sms", SESSION), None, {"challenge": "otp", "method": "sms", "session": SESSION}, id="sms"),
        pytest.param(Challenge("otp", "dual"), "email", {"challenge": "otp", "method": "email"}, id="the user's method"),
        pytest.param(Challenge("radius"), None, {"challenge": "radius"}, id="no method"),
    ],
)
def test_a_typed_code(challenge: Challenge, method: str | None, fields: dict[str, str]) -> None:
    assert challenge.typed(options(method=method, challenge_response="12345678")) == {**fields, "challenge_response": "12345678"}


def test_what_is_said_of_a_factor_that_cannot_be_met() -> None:
    error = Challenge("otp", "sms", message="Code sent to ***12.").required("Give it.", SERVER)
    assert error.as_result() == {
        "msg": "https://fac.example.com wants a second factor (otp, method sms). It says: Code sent to ***12. Give it.",
        "challenge": {"challenge": "otp", "method": "sms", "message": "Code sent to ***12."},
    }
    assert str(Challenge("radius").required("Give it.", SERVER)) == "https://fac.example.com wants a second factor (radius). Give it."


@pytest.mark.parametrize(("user", "iam", "named"), [("u", None, "u"), (None, "i", "i"), ("u", "i", "u")])
def test_whom_the_notice_names(user: str | None, iam: str | None, named: str) -> None:
    notice = PUSH.notice(options(username=user, iam_user=iam), server=SERVER, left=58.7)
    assert notice == f"{named}: approve the sign-in to https://fac.example.com on your phone (FortiToken Mobile). 59 seconds left."


def test_an_approved_push(clock: list[float]) -> None:
    http, told = FakeHttp(PENDING, PENDING, APPROVED), []
    assert wait_for_push(PUSH, options(), http, told.append) == RESPONSE
    assert clock == [2, 2, 2]
    assert http.asked == [("/api/v1/pushpoll/", {"s": SESSION})] * 3
    assert RESPONSE in http.secrets
    assert told == ["u: approve the sign-in to https://fac.example.com on your phone (FortiToken Mobile). 60 seconds left."]


def test_a_push_that_nobody_approves(clock: list[float]) -> None:
    http, told = FakeHttp(PENDING), []
    with pytest.raises(ChallengeRequired) as caught:
        wait_for_push(PUSH, options(push_timeout=25, push_interval=10), http, told.append)
    assert clock == [10, 10, 5]
    assert len(http.asked) == 3
    assert [text.split(". ")[1] for text in told] == ["25 seconds left.", "15 seconds left.", "5 seconds left."]
    assert caught.value.as_result()["challenge"] == {"challenge": "otp", "method": "ftm-push", "session": SESSION}
    asked = "https://fac.example.com wants a second factor (otp, method ftm-push)."
    assert str(caught.value) == f"{asked} Nobody approved the push within 25 seconds. Start again, or raise push_timeout."


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param({"status": "denied"}, "denied", id="denied"),
        pytest.param({"status": "timeout\nhunter2"}, "timeout ********", id="another end"),
        pytest.param({"status": "success"}, "success", id="approved without an answer"),
        pytest.param({"status": "success", "challenge_response": ""}, "success", id="approved with an empty answer"),
        pytest.param({"status": "success", "challenge_response": 5}, "success", id="approved with no text"),
        pytest.param({}, "no status", id="nothing said"),
        pytest.param({"status": 5}, "no status", id="no text"),
    ],
)
def test_only_pending_goes_on_and_only_success_ends_well(state: dict[str, Any], said: str, clock: list[float]) -> None:
    with pytest.raises(Refused) as caught:
        wait_for_push(PUSH, options(), FakeHttp(state), str)
    message = f"https://fac.example.com: the push was not approved ({said}). Start again, or give otp with method ftm."
    assert caught.value.as_result() == {"msg": message, "error": "access_denied"}
    assert clock == [2]


@pytest.mark.parametrize(
    ("state", "status", "kind", "said"),
    [
        pytest.param(APPROVED, 401, Refused, "answered 401", id="refused"),
        pytest.param({"error": "gone hunter2"}, 400, Refused, "answered 400 gone ********", id="refused, with a word"),
        pytest.param(PENDING, 404, ServerFailed, "answered 404", id="not there"),
        pytest.param(PENDING, 500, ServerFailed, "answered 500", id="a fault"),
    ],
)
def test_a_poll_that_fails_tells_nothing_of_the_push(state: dict[str, Any], status: int, kind: type[FortiError], said: str, clock: list[float]) -> None:
    with pytest.raises(kind) as caught:
        wait_for_push(PUSH, options(), FakeHttp(state, status=status), str)
    assert str(caught.value) == f"https://fac.example.com {said}. It did not say whether the push is approved. Start again."
    assert caught.value.details["status"] == status
    assert is_refusal(caught.value) is (kind is Refused)
    assert clock == [2]


@pytest.mark.parametrize(("status", "expired"), [(400, True), (401, True), (403, True), (404, True), (410, True), (429, False), (500, False), (503, False)])
def test_a_session_that_the_server_does_not_know_is_expired_whatever_word_it_has_for_it(status: int, expired: bool, clock: list[float]) -> None:
    with pytest.raises(FortiError) as caught:
        wait_for_push(PUSH, options(), FakeHttp({"error": "its_word"}, status=status), str)
    assert caught.value.details["error"] == ("expired_token" if expired else "its_word")
    assert f"answered {status} its_word." in str(caught.value)


def test_what_a_task_tells_of_a_challenge_is_the_challenge_again() -> None:
    challenge = dataclasses.replace(PUSH, message="Enter PIN")
    assert Challenge.from_details(challenge.as_details()) == challenge
    assert Challenge.from_details({**PUSH.as_details(), "server": "https://evil.example.com"}) == PUSH


@pytest.mark.parametrize("name", ["challenge", "method", "session"])
@pytest.mark.parametrize("value", ["otp\r\nX: y", "otp\n", "o tp", "\x1b[31m", "ötp", "x" * 129, "x-hunter2", "aHVudGVyMg=="], ids=ascii)
def test_a_challenge_that_cannot_be_sent_back_as_it_came_is_none(name: str, value: str) -> None:
    with pytest.raises(BadResponse) as caught:
        Challenge.from_response(response({**PENDING, name: value}), FakeHttp({}))
    assert str(caught.value) == "https://fac.example.com answered 406 without a challenge. Check that server is a FortiAuthenticator."


def test_the_longest_challenge() -> None:
    assert Challenge.from_response(response({"challenge": "x" * 128}), FakeHttp({})) == Challenge("x" * 128)
