# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The FortiAuthenticator's requests, over real TLS: what is sent to the letter, and what each response leads to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse, ChallengeRequired, FortiError, OptionError, Refused, ServerFailed
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator, FortiAuthenticatorInfo

if TYPE_CHECKING:
    from extensions.simulator import Simulator


TOKEN, VERIFY, REVOKE, POLL = "/api/v1/oauth/token/", "/api/v1/oauth/verify_token/", "/api/v1/oauth/revoke_token/", "/api/v1/pushpoll/"
LUSER = {"username": "luser1", "password": "Pass-Word-12345678"}
REMOTE = {"username": "remote1", "password": "Remote-Word-12345678", "realm": "corp"}
ROBOT = {"iam_account": "acme", "iam_user": "robot", "password": "Robot-Word-12345678"}
PUSH = {"username": "push1", "password": "Push-Word-12345678"}
FTM = {"username": "ftm1", "password": "Ftm-Word-12345678"}
RADIUS = {"username": "radius1", "password": "Radius-Word-12345678"}
SECRET = {"client_id": "ansible-secret", "client_secret": "Client-Secret-9f3kQ2"}
PORTAL = {"client_id": "portal", "client_secret": "Portal-Secret-77aLm4"}
ANSIBLE = {"client_id": "ansible"}
INVALID_CLIENT = "Check client_id and client_secret. Give client_secret if the client is confidential, and only then."
WRONG_OTP = (
    "Check otp: a code works once and lives 30 to 60 seconds. Check username and password, and realm if the user is not local. "
    "Three wrong logins lock an account."
)
SERVERS_FAULT = "The fault is on the server's side. Run it again later."
INTERFACE = "Check that the OAuth service is on for that interface of the FortiAuthenticator (System > Network > Interfaces)."

Make = Callable[..., FortiAuthenticator]


@pytest.fixture
def notices() -> list[str]:
    """What a person was told to do."""
    return []


@pytest.fixture
def fac(sim: Simulator, pauses: list[float], notices: list[str]) -> Make:
    """Makes the service of the simulator with these options. Its retries take no time, and their warnings are dropped."""

    def make(**options: Any) -> FortiAuthenticator:
        given = {"server": sim.host, "ca_path": sim.ca, **ANSIBLE, **options}
        return FortiAuthenticator.from_options(given, explicit=given, warn=lambda text: None, notify=notices.append)

    return make


@pytest.fixture
def token(fac: Make) -> str:
    """A live token of luser1. One request was sent for it."""
    return fac(**LUSER).fetch().access_token


def sent(sim: Simulator, path: str = TOKEN, *, after: int = 0) -> list[dict[str, str]]:
    """Return the fields of the POSTs to a path, after so many requests. Each is one JSON object without a query and without a token in a header."""
    posts = [request for request in sim.requests[after:] if request["path"] == path]
    assert all(request["method"] == "POST" and request["headers"]["Content-Type"] == "application/json" for request in posts)
    assert not any(request["query"] or "Authorization" in request["headers"] for request in posts)
    return [json.loads(request["body"]) for request in posts]


def paths(sim: Simulator, *, after: int = 0) -> list[str]:
    """Return the paths of all requests, after so many requests."""
    return [request["path"] for request in sim.requests[after:]]


def error_of(function: Callable[[], Any]) -> FortiError:
    with pytest.raises(FortiError) as caught:
        function()
    return caught.value


# The request for a token.


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({**LUSER, **ANSIBLE}, id="user"),
        pytest.param({**REMOTE, **ANSIBLE}, id="realm"),
        pytest.param({**ROBOT, **ANSIBLE}, id="IAM user"),
        pytest.param({**LUSER, **SECRET}, id="confidential client"),
        pytest.param({**LUSER, **ANSIBLE, "scope": "read write"}, id="scope"),
        pytest.param({**LUSER, **ANSIBLE, "username": "luser1", "realm": "local"}, id="local realm"),
    ],
)
def test_a_login_sends_the_user_and_the_client(fac: Make, sim: Simulator, options: dict[str, str]) -> None:
    got = fac(**options).fetch()
    assert sent(sim) == [{"grant_type": "password", **options}]
    assert got.access_token in sim.secrets()
    assert (got.server, got.token_type, got.scope) == (sim.url, "Bearer", options.get("scope", "read"))
    assert got.expires_at == pytest.approx(got.issued_at + 36000)


def test_options_that_no_grant_sends_stay_here(fac: Make, sim: Simulator) -> None:
    fac(**LUSER, redirect_uri="https://app.example.com/", method="ftm", push_timeout=5, cache="none", force=True, min_validity=5).fetch()
    assert sent(sim) == [{"grant_type": "password", **LUSER, **ANSIBLE}]


def test_the_iam_user_of_a_task_is_sent_without_the_user_of_the_environment(sim: Simulator) -> None:
    given = {"server": sim.host, "ca_path": sim.ca, **ANSIBLE, **ROBOT, "username": "luser1"}
    FortiAuthenticator.from_options(given, explicit=["iam_account", "iam_user"], warn=pytest.fail, notify=pytest.fail).fetch()
    assert sent(sim) == [{"grant_type": "password", **ROBOT, **ANSIBLE}]


@pytest.mark.parametrize(
    ("made_with", "options"),
    [
        pytest.param({}, {}, id="code alone"),
        pytest.param({"redirect_uri": "https://app.example.com/"}, {"redirect_uri": "https://app.example.com/"}, id="redirect_uri"),
        pytest.param({"code_verifier": "v" * 43}, {"code_verifier": "v" * 43}, id="code_verifier"),
        pytest.param({}, LUSER, id="user as in the vendor's sample"),
    ],
)
def test_a_code_is_sent_with_what_it_was_made_for(fac: Make, sim: Simulator, made_with: dict[str, str], options: dict[str, str]) -> None:
    code = sim.code(**made_with)
    got = fac(grant_type="authorization_code", code=code, realm="local", scope="read", **PORTAL, **options).fetch()
    assert sent(sim) == [{"grant_type": "authorization_code", "code": code, **PORTAL, **options}]
    assert got.id_token in sim.secrets()
    assert got.expires_at == pytest.approx(got.issued_at + 3600)


@pytest.mark.parametrize("client", [ANSIBLE, SECRET], ids=["public client", "confidential client"])
def test_a_refresh_sends_the_refresh_token_and_the_client(fac: Make, sim: Simulator, client: dict[str, str]) -> None:
    first = fac(**LUSER, **client).fetch()
    second = fac(grant_type="refresh_token", refresh_token=first.refresh_token, **client).fetch()
    assert sent(sim, after=1) == [{"grant_type": "refresh_token", "refresh_token": first.refresh_token, **client}]
    assert second.refresh_token
    assert second.refresh_token != first.refresh_token


def test_a_token_that_never_expires(fac: Make) -> None:
    assert fac(**LUSER, client_id="forever").fetch().expires_at is None


def test_a_login_is_sent_again_after_a_failure_of_the_server(fac: Make, sim: Simulator) -> None:
    sim.fault(TOKEN, status=503, times=3)
    assert fac(**LUSER).fetch().access_token in sim.secrets()
    assert len(sent(sim)) == 4


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"grant_type": "authorization_code", "code": "k", **PORTAL}, id="code"),
        pytest.param({"grant_type": "refresh_token", "refresh_token": "r"}, id="refresh token"),
        pytest.param({**FTM, "challenge": "otp", "method": "ftm", "challenge_response": "123456"}, id="one-time password"),
    ],
)
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429, "headers": {"Retry-After": "1"}}, {"close": True}], ids=["503", "429", "closed"])
def test_what_works_once_is_sent_once(fac: Make, sim: Simulator, options: dict[str, str], fault: dict[str, Any]) -> None:
    sim.fault(TOKEN, **fault, times=None)
    error_of(fac(**options).fetch)
    assert len(sent(sim)) == 1


WRONG_USER = "Check username and password, and realm if the user is not local. Three wrong logins lock an account."
WRONG_CODE = "The code works once and for a short time, with the redirect_uri and code_verifier it was made for. Get a new one."
WRONG_REFRESH = "The refresh token was used before, was revoked or has ended. Log in again."
GRANT = "Check that this client may use this grant_type."


@pytest.mark.parametrize(
    ("options", "error", "hint"),
    [
        pytest.param({**LUSER, "password": "wrong"}, "invalid_grant (Invalid credentials given.)", WRONG_USER, id="password"),
        pytest.param({**REMOTE, "realm": "other"}, "invalid_grant (Invalid credentials given.)", WRONG_USER, id="realm"),
        pytest.param({"grant_type": "authorization_code", "code": "k", **PORTAL}, "invalid_grant (The code is wrong, used or too old)", WRONG_CODE, id="code"),
        pytest.param({"grant_type": "refresh_token", "refresh_token": "r"}, "invalid_grant (The refresh token is not valid.)", WRONG_REFRESH, id="refresh"),
        pytest.param({**LUSER, "client_id": "nobody"}, "invalid_client", INVALID_CLIENT, id="client"),
        pytest.param({**LUSER, **SECRET, "client_secret": "x"}, "invalid_client", INVALID_CLIENT, id="client secret"),
        pytest.param({**LUSER, **PORTAL}, "unauthorized_client (This client may not use password)", GRANT, id="grant"),
    ],
)
def test_a_refusal_says_what_to_check(fac: Make, sim: Simulator, options: dict[str, str], error: str, hint: str) -> None:
    exc = error_of(fac(**options).fetch)
    status = exc.details["status"]
    assert isinstance(exc, Refused)
    assert str(exc) == f"{sim.url} answered {status} {error}. {hint}"
    assert exc.details["error"] == error.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (403, INTERFACE),
        (404, "Check server: a FortiAuthenticator has this address from version 6.0 on."),
        (500, SERVERS_FAULT),
    ],
)
def test_a_status_without_an_explanation_says_what_to_check(fac: Make, sim: Simulator, status: int, hint: str) -> None:
    sim.fault(TOKEN, status=status, body="<html>", times=None)
    assert str(error_of(fac(**LUSER).fetch)) == f"{sim.url} answered {status}. {hint}"


def test_no_refusal_repeats_a_secret_of_the_request(fac: Make, sim: Simulator) -> None:
    sim.fault(TOKEN, status=400, repeat_request=True)
    exc = error_of(fac(**LUSER, **SECRET).fetch)
    assert not [secret for secret in (LUSER["password"], SECRET["client_secret"]) if secret in str(exc.as_result())]


def test_a_success_without_a_token_is_a_bad_response(fac: Make, sim: Simulator) -> None:
    sim.fault(TOKEN, status=200, body={"status": "success"})
    assert isinstance(error_of(fac(**LUSER).fetch), BadResponse)
    sim.fault(TOKEN, status=200, body="<html>")
    assert "an HTML page" in str(error_of(fac(**LUSER).fetch))


# The second factor: 406.


def test_a_challenge_that_nobody_answers_is_told(fac: Make, sim: Simulator) -> None:
    exc = error_of(fac(**FTM).fetch)
    assert isinstance(exc, ChallengeRequired)
    assert exc.as_result() == {
        "msg": f"{sim.url} wants a second factor (otp, method ftm). Give otp, or let on_challenge return it and answer in a second task.",
        "challenge": {"challenge": "otp", "method": "ftm"},
    }
    assert sent(sim) == [{"grant_type": "password", **FTM, **ANSIBLE}]


def test_a_code_in_the_options_answers_the_challenge(fac: Make, sim: Simulator) -> None:
    code = sim.otp("ftm1")
    assert fac(**FTM, challenge_response=code).fetch().access_token in sim.secrets()
    first = {"grant_type": "password", **FTM, **ANSIBLE}
    assert sent(sim) == [first, {**first, "challenge": "otp", "challenge_response": code, "method": "ftm"}]


def test_an_answer_to_a_known_challenge_is_sent_at_once(fac: Make, sim: Simulator) -> None:
    code = sim.otp("ftm1")
    fac(**FTM, method="ftm", otp=code).fetch()
    assert sent(sim) == [{"grant_type": "password", **FTM, **ANSIBLE, "challenge": "otp", "challenge_response": code, "method": "ftm"}]


def test_a_radius_challenge_goes_back_with_its_session(fac: Make, sim: Simulator) -> None:
    exc = error_of(fac(**RADIUS).fetch)
    asked = exc.details["challenge"]
    assert set(asked) == {"challenge", "session", "message"}
    assert f"{sim.url} wants a second factor (radius). It says: Enter the code from your token " in str(exc)
    code = sim.otp("radius1")
    fac(**RADIUS, challenge="radius", session=asked["session"], challenge_response=code).fetch()
    answered = {"challenge": "radius", "session": asked["session"], "challenge_response": code}
    assert sent(sim, after=1) == [{"grant_type": "password", **RADIUS, **ANSIBLE, **answered}]


def test_a_code_typed_instead_of_a_push_has_the_method_ftm_and_no_session(fac: Make, sim: Simulator) -> None:
    code = sim.otp("push1")
    fac(**PUSH, challenge_response=code).fetch()
    assert sent(sim)[1] == {"grant_type": "password", **PUSH, **ANSIBLE, "challenge": "otp", "challenge_response": code, "method": "ftm"}
    assert sim.counts["fac.pushpoll"] == 0


def test_a_wrong_code_is_a_refusal(fac: Make, sim: Simulator) -> None:
    exc = error_of(fac(**FTM, method="ftm", challenge_response="000000").fetch)
    assert isinstance(exc, Refused)
    assert str(exc) == f"{sim.url} answered 401 invalid_grant (The one-time code was used or is wrong). {WRONG_OTP}"


def test_a_second_challenge_after_an_answer_needs_another_task(fac: Make, sim: Simulator) -> None:
    sim.fault(TOKEN, status=406, body={"challenge": "otp", "method": "ftk", "message": "Next code"}, times=None)
    exc = error_of(fac(**FTM, challenge_response="123456").fetch)
    assert isinstance(exc, ChallengeRequired)
    said = "It says: Next code The answer that was given is used up. Answer this challenge in another task."
    assert str(exc) == f"{sim.url} wants a second factor (otp, method ftk). {said}"
    assert exc.details["challenge"] == {"challenge": "otp", "method": "ftk", "message": "Next code"}
    assert len(sent(sim)) == 2


def test_a_406_without_a_challenge_is_a_bad_response(fac: Make, sim: Simulator) -> None:
    sim.fault(TOKEN, status=406, body={"status": "pending"})
    exc = error_of(fac(**LUSER).fetch)
    assert (type(exc), exc.details) == (BadResponse, {"status": 406})
    assert len(sent(sim)) == 1


@pytest.mark.parametrize(
    "options", [{"grant_type": "authorization_code", "code": "k"}, {"grant_type": "refresh_token", "refresh_token": "r"}], ids=["code", "refresh"]
)
def test_a_challenge_to_another_grant_is_not_documented(fac: Make, sim: Simulator, options: dict[str, str]) -> None:
    sim.fault(TOKEN, status=406, body={"challenge": "otp", "method": "ftm"})
    exc = error_of(fac(**options).fetch)
    assert isinstance(exc, ServerFailed)
    assert str(exc) == f"{sim.url} answered 406. The server asked for something that its documentation does not describe."
    assert len(sent(sim)) == 1


def test_a_push_is_waited_for_and_its_answer_is_sent(fac: Make, sim: Simulator, push_pauses: list[float], notices: list[str]) -> None:
    sim.phone("push1", "approve", after=0)
    assert fac(**PUSH, push_interval=3).fetch().access_token in sim.secrets()
    assert paths(sim) == [TOKEN, POLL, TOKEN]
    first, second = sent(sim)
    poll = sim.requests[1]
    assert (poll["method"], poll["query"], poll["body"]) == ("GET", f"s={second['session']}", "")
    assert "Authorization" not in poll["headers"]
    answer = {name: second[name] for name in second if name not in first}
    assert answer == {"challenge": "otp", "method": "ftm-push", "session": second["session"], "challenge_response": answer["challenge_response"]}
    assert second == {**first, **answer}
    assert {answer["session"], answer["challenge_response"]} <= set(sim.secrets())
    assert push_pauses == [3]
    assert notices == [f"push1: approve the sign-in to {sim.url} on your phone (FortiToken Mobile). 60 seconds left."]


def test_a_push_of_an_earlier_task_is_waited_for_at_once(fac: Make, sim: Simulator, push_pauses: list[float]) -> None:
    sim.phone("push1", "approve", after=0)
    asked = error_of(fac(**PUSH, push_timeout=0).fetch).details["challenge"]
    assert asked["method"] == "ftm-push"
    fac(**PUSH, **asked).fetch()
    assert paths(sim, after=1) == [POLL, TOKEN]
    assert sent(sim, after=1)[0]["session"] == asked["session"]


def test_a_push_that_is_denied_is_a_refusal(fac: Make, sim: Simulator, push_pauses: list[float]) -> None:
    sim.phone("push1", "deny", after=0)
    exc = error_of(fac(**PUSH).fetch)
    assert (type(exc), exc.details) == (Refused, {"error": "access_denied"})
    assert paths(sim) == [TOKEN, POLL]


def test_a_push_that_nobody_sees_ends_after_push_timeout(fac: Make, sim: Simulator, push_pauses: list[float]) -> None:
    sim.phone("push1", "ignore", after=0)
    exc = error_of(fac(**PUSH, push_timeout=5, push_interval=2).fetch)
    assert isinstance(exc, ChallengeRequired)
    assert push_pauses == [2, 2, 1]
    assert paths(sim) == [TOKEN, POLL, POLL, POLL]


def test_the_answer_of_a_push_is_sent_once(fac: Make, sim: Simulator, push_pauses: list[float]) -> None:
    sim.phone("push1", "approve", after=0)
    asked = error_of(fac(**PUSH, push_timeout=0).fetch).details["challenge"]
    sim.fault(TOKEN, status=503, times=None)
    error_of(fac(**PUSH, **asked).fetch)
    assert paths(sim, after=1) == [POLL, TOKEN]


# Verify.


def info(sim: Simulator, access_token: str, **options: Any) -> FortiAuthenticatorInfo:
    given = {"server": sim.host, "ca_path": sim.ca, **ANSIBLE, "access_token": access_token, **options}
    return FortiAuthenticatorInfo.from_options(given, explicit=given, warn=lambda text: None, notify=pytest.fail)


def test_a_live_token_is_verified_with_its_client(sim: Simulator, token: str) -> None:
    known = info(sim, token).run(check_mode=False)
    left = known.pop("expires_in")
    assert known == {"changed": False, "server": sim.url, "valid": True, "username": "luser1"}
    assert 35_000 < left <= 36_000
    (request,) = sim.requests[1:]
    assert (request["method"], request["path"], request["query"], request["body"]) == ("GET", VERIFY, "client_id=ansible", "")
    assert (request["headers"]["Authorization"], request["headers"]["Content-Type"]) == (f"Bearer {token}", "application/json")


def test_verifying_changes_nothing_in_check_mode_either(sim: Simulator, token: str) -> None:
    assert info(sim, token).run(check_mode=True)["valid"] is True


@pytest.mark.parametrize("access_token", ["A30", None], ids=["unknown", "another client's"])
def test_a_token_that_is_not_live_is_not_valid(sim: Simulator, token: str, access_token: str | None) -> None:
    known = info(sim, access_token or token, **({} if access_token else {"client_id": "forever"})).run(check_mode=False)
    assert known == {"changed": False, "server": sim.url, "valid": False, "username": None, "expires_in": None}


@pytest.mark.parametrize(
    ("body", "username", "expires_in"),
    [
        pytest.param("", None, None, id="nothing"),
        pytest.param(" \r\n", None, None, id="white space"),
        pytest.param({}, None, None, id="empty object"),
        pytest.param({"username": "u", "expires_in": 0}, "u", 0, id="never expires"),
        pytest.param({"username": ["u"], "expires_in": "7"}, None, None, id="other types"),
        pytest.param({"username": None, "expires_in": True}, None, None, id="no number"),
        pytest.param({"expires_in": 1.5}, None, None, id="a fraction"),
        pytest.param({"username": "\x1b[31mroot\u202e\nx"}, "[31mroot x", None, id="what steers a terminal"),
        pytest.param({"username": "x" * 500}, "x" * 200 + "…", None, id="a long name"),
    ],
)
def test_a_valid_token_of_which_the_server_tells_little(sim: Simulator, token: str, body: Any, username: str | None, expires_in: int | None) -> None:
    sim.fault(VERIFY, status=200, body=body)
    known = info(sim, token).run(check_mode=False)
    assert (known["valid"], known["username"], known["expires_in"]) == (True, username, expires_in)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        pytest.param({"status": 403}, Refused, f"403. {INTERFACE}", id="403"),
        pytest.param({"status": 404}, ServerFailed, "404. Check server: a FortiAuthenticator has this address from version 6.0 on.", id="404"),
        pytest.param({"status": 400, "body": {"error": "invalid_client"}}, Refused, f"400 invalid_client. {INVALID_CLIENT}", id="client"),
        pytest.param({"status": 500}, ServerFailed, f"500. {SERVERS_FAULT}", id="500"),
        pytest.param(
            {"status": 200, "body": "<html>"},
            BadResponse,
            "200 with an HTML page. Check that server is the token service, and not a proxy or a login page.",
            id="page",
        ),
    ],
)
def test_a_verification_that_fails_says_nothing_of_the_token(sim: Simulator, pauses: list[float], fault: dict[str, Any], kind: type, said: str) -> None:
    sim.fault(VERIFY, **fault, times=None)
    exc = error_of(lambda: info(sim, "A30").run(check_mode=False))
    assert isinstance(exc, kind)
    assert str(exc) == f"{sim.url} answered {said}"


@pytest.mark.parametrize("access_token", ["A 30", "A\u00a030", "Ä30"], ids=ascii)
def test_a_token_that_cannot_stand_in_a_header_is_not_verified(sim: Simulator, access_token: str) -> None:
    with pytest.raises(OptionError, match=r"^access_token holds a space, a line end or a letter outside ASCII\. Give the token alone\.$"):
        info(sim, access_token)


def test_the_line_end_of_a_token_is_not_sent(sim: Simulator, token: str) -> None:
    assert info(sim, f"{token}\n").run(check_mode=False)["valid"] is True
    with pytest.raises(OptionError, match=r"^access_token holds a line end, a control character or a line separator inside\. Give it as one line\.$"):
        info(sim, "A\n30")


# Revoke.


def valid(sim: Simulator, access_token: str) -> bool:
    return bool(info(sim, access_token).run(check_mode=False)["valid"])


@pytest.mark.parametrize("client", [ANSIBLE, SECRET], ids=["public client", "confidential client"])
def test_a_live_token_is_verified_and_then_revoked(fac: Make, sim: Simulator, client: dict[str, str]) -> None:
    access_token = fac(**LUSER, **client).fetch().access_token
    assert fac(state="absent", access_token=access_token, **client).run(check_mode=False) == {"changed": True, "server": sim.url}
    assert paths(sim, after=1) == [VERIFY, REVOKE]
    assert sent(sim, REVOKE) == [{**client, "token": access_token}]
    assert not fac(**client, state="absent", access_token=access_token).run(check_mode=True)["changed"]


def test_a_token_that_is_not_live_is_not_revoked(fac: Make, sim: Simulator) -> None:
    assert fac(state="absent", access_token="A30").run(check_mode=False) == {"changed": False, "server": sim.url}
    assert paths(sim) == [VERIFY]


def test_check_mode_verifies_and_revokes_nothing(fac: Make, sim: Simulator, token: str) -> None:
    assert fac(state="absent", access_token=token).run(check_mode=True) == {"changed": True, "server": sim.url}
    assert paths(sim, after=1) == [VERIFY]
    assert valid(sim, token)


def test_a_token_that_cannot_be_verified_is_not_revoked(fac: Make, sim: Simulator, token: str) -> None:
    sim.fault(VERIFY, status=403)
    assert isinstance(error_of(lambda: fac(state="absent", access_token=token).run(check_mode=False)), Refused)
    assert paths(sim, after=1) == [VERIFY]


def test_a_revocation_that_is_refused_is_an_error(fac: Make, sim: Simulator, token: str) -> None:
    sim.fault(REVOKE, status=401, body={"error": "invalid_client"})
    exc = error_of(lambda: fac(state="absent", access_token=token).run(check_mode=False))
    assert str(exc) == f"{sim.url} answered 401 invalid_client. {INVALID_CLIENT}"
    assert valid(sim, token)


@pytest.mark.parametrize("first", [True, False], ids=["after an answer that was lost", "at once"])
def test_a_refusal_of_a_revocation_that_is_sent_again_may_come_too_late(fac: Make, sim: Simulator, token: str, first: bool) -> None:
    """The first try may have ended the token. Then the refusal of the second says nothing of it."""
    if first:
        sim.fault(REVOKE, status=504, after_processing=True)
    sim.fault(REVOKE, status=401, body={"error": "invalid_client"})
    exc = error_of(lambda: fac(state="absent", access_token=token).run(check_mode=False))
    assert isinstance(exc, Refused)
    assert exc.repeated is first


def test_a_revocation_is_sent_again_after_a_failure_of_the_server(fac: Make, sim: Simulator, token: str) -> None:
    sim.fault(REVOKE, status=503, after_processing=True)
    assert fac(state="absent", access_token=token).run(check_mode=False)["changed"] is True
    assert len(sent(sim, REVOKE)) == 2


# What a task gets, and what is checked before anything is sent.


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_login_is_a_result_that_changes_nothing(fac: Make, sim: Simulator, check_mode: bool) -> None:
    before = time.time()
    result = fac(**LUSER).run(check_mode=check_mode)
    assert {name: result[name] for name in ("changed", "source", "server", "scope", "token_type")} == {
        "changed": False,
        "source": "login",
        "server": sim.url,
        "scope": "read",
        "token_type": "Bearer",
    }
    assert result["authorization"] == f"Bearer {result['access_token']}"
    assert result["expires_in"] <= 36000 <= result["expires_in"] + (time.time() - before) + 1


def test_a_refresh_is_a_result_of_its_own_source(fac: Make) -> None:
    refresh_token = fac(**LUSER).fetch().refresh_token
    assert fac(grant_type="refresh_token", refresh_token=refresh_token).run(check_mode=False)["source"] == "refresh"


def test_nothing_is_sent_before_the_service_runs(fac: Make, sim: Simulator) -> None:
    service = fac(**LUSER)
    assert service.cache_key["username"] == "luser1"
    assert sim.counts["connections"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"access_token": "A30", **LUSER}, "access_token goes with state absent only: it is the token to revoke.", id="token without absent"),
        pytest.param(
            {"access_token": "A 30", "state": "absent"},
            "access_token holds a space, a line end or a letter outside ASCII. Give the token alone.",
            id="token unfit for a header",
        ),
        pytest.param(
            {"state": "absent", "username": "u"},
            "password is missing: grant_type password needs it. Set it, or the variable fac_oauth_password, or the environment variable FAC_PASSWORD.",
            id="cached token that nothing identifies",
        ),
        pytest.param(
            {**LUSER, **ROBOT}, "username and iam_account do not go together: the FortiAuthenticator would ignore iam_account. Leave one out.", id="two users"
        ),
    ],
)
def test_options_are_checked_before_anything_is_sent(fac: Make, sim: Simulator, options: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        fac(**options)
    assert str(caught.value) == message
    assert sim.counts["connections"] == 0
