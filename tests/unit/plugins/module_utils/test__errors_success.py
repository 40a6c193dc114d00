# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A success that says no is a refusal, with the server's words; one that brings a token is none, whatever else it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import (
    BadResponse,
    FortiError,
    Refused,
    RemoteFailure,
    ServerFailed,
    error_in,
    fails,
    is_refusal,
    says_no,
)
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator, FortiAuthenticatorInfo
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

if TYPE_CHECKING:
    from extensions.simulator import Simulator


PASSWORD = "Pass-Word-12345678"
LUSER = {"client_id": "ansible", "username": "luser1", "password": PASSWORD}
CREDENTIAL = "f59fb84e-c896-4d38-91f3-1eee401823b6"
NESTED = {"error": {"errorCode": "1102", "message": "Account is locked out"}}
# body -> what stands behind the status in the message, and the field error of the result
NOES: list[tuple[dict[str, Any], str, str]] = [
    ({"status": "fail", "message": "Account is locked out"}, "fail (Account is locked out)", "access_denied"),
    ({"status": "failed", "error_message": "No"}, "failed (No)", "access_denied"),
    ({"status": -1, "status_message": "Denied"}, "(Denied)", "access_denied"),
    ({"status": "FAIL"}, "FAIL", "access_denied"),
    ({"error": "invalid_grant"}, "invalid_grant", "invalid_grant"),
    ({"error": "invalid_grant", "error_description": "Wrong."}, "invalid_grant (Wrong.)", "invalid_grant"),
    (NESTED, "1102 (Account is locked out)", "1102"),
    ({"error": {"errorCode": 1102, "message": "Locked"}}, "1102 (Locked)", "1102"),
    ({"error": {"message": "Locked"}}, "(Locked)", "access_denied"),
    ({"message": "Locked"}, "(Locked)", "access_denied"),
    ({"access_token": "", "status": "fail"}, "fail", "access_denied"),
    ({"message": "Account will be locked after 1 more try"}, "(Account will be locked after 1 more try)", "access_denied"),
    ({"message": "This user is not locked"}, "(This user is not locked)", "access_denied"),
    ({"message": "Blocked out of hours"}, "(Blocked out of hours)", "access_denied"),
    ({"access_token": None, "error_message": "Locked"}, "(Locked)", "access_denied"),
]
Make = Callable[..., Any]


@pytest.fixture
def make(sim: Simulator, pauses: list[float]) -> Make:
    """Makes a service of the simulator."""

    def make(kind: type[TokenService], **options: Any) -> TokenService:
        given = {"server": sim.host, "ca_path": sim.ca, **options}
        return kind.from_options(given, explicit=given, warn=lambda text: None, notify=pytest.fail)

    return make


SERVICES = {"fac": (FortiAuthenticator, LUSER), "forticwp": (FortiCwp, {"credential": CREDENTIAL})}
HINTS = {
    "fac": "Check username and password, and realm if the user is not local. Three wrong logins lock an account.",
    "forticwp": "Check credential: it is used as FortiCWP shows it, and ends a year after it was made.",
}


LOCKED = "The account is locked: the server refuses the right password, too. Wait until the lock ends, or have the user unlocked."


def error_of(function: Callable[[], Any]) -> FortiError:
    with pytest.raises(FortiError) as caught:
        function()
    return caught.value


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(("body", "said", "error"), NOES, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("family", SERVICES)
def test_a_success_that_says_no_is_a_refusal_with_the_servers_words(
    make: Make, sim: Simulator, family: str, body: dict[str, Any], said: str, error: str, status: int
) -> None:
    sim.fault("*", status=status, body=body)
    kind, options = SERVICES[family]
    problem = error_of(make(kind, **options).fetch)
    assert isinstance(problem, Refused)
    hint = LOCKED if family == "fac" and said.endswith(("Account is locked out)", "(Locked)")) else HINTS[family]
    assert str(problem) == f"{sim.url} answered {status} {said}. {hint}"
    assert (problem.details["status"], problem.details["error"]) == (status, error)
    assert is_refusal(problem)
    assert len(sim.requests) == 1


@pytest.mark.parametrize("body", [body for body, _said, _error in NOES[1:]] + [NESTED], ids=lambda body: str(body)[:40])
@pytest.mark.parametrize(("family", "secret"), [("fac", PASSWORD), ("forticwp", CREDENTIAL)], ids=["fac", "forticwp"])
def test_a_success_that_says_no_gives_no_secret_away(make: Make, sim: Simulator, family: str, secret: str, body: dict[str, Any]) -> None:
    """Wherever the server repeats the request: in each text of its answer."""

    def with_secret(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: with_secret(item) for name, item in value.items()}
        return f"{value} for {secret}" if isinstance(value, str) and value else value

    sim.fault("*", status=200, body=with_secret(body))
    kind, options = SERVICES[family]
    problem = error_of(make(kind, **options).fetch)
    assert isinstance(problem, Refused)
    assert secret not in str(problem.as_result())


@pytest.mark.parametrize(
    "more",
    [{}, {"status": "success"}, {"status": "Success", "message": "successfully authenticated"}, {"message": "Welcome"}, {"status": "warning", "message": "x"}],
    ids=str,
)
@pytest.mark.parametrize("status", [200, 201])
def test_an_answer_with_a_token_is_none(make: Make, sim: Simulator, status: int, more: dict[str, Any]) -> None:
    sim.fault("*", status=status, body={"access_token": "A1", "expires_in": 3600, "token_type": "Bearer", **more})
    assert make(FortiAuthenticator, **LUSER).fetch().access_token == "A1"


@pytest.mark.parametrize("body", [{}, {"token_type": "Bearer"}, {"status": "success"}, {"status": "SUCCESS", "message": "x"}, {"expires_in": 3600}], ids=str)
def test_an_answer_that_says_neither_is_no_refusal(make: Make, sim: Simulator, body: dict[str, Any]) -> None:
    sim.fault("*", status=200, body=body)
    problem = error_of(make(FortiAuthenticator, **LUSER).fetch)
    assert isinstance(problem, BadResponse)
    assert "access_token is missing" in str(problem)
    assert not is_refusal(problem)


@pytest.mark.parametrize("status", [202, 204, 302, 404, 500])
def test_no_other_status_is_a_success(make: Make, sim: Simulator, status: int) -> None:
    sim.fault("*", status=status, body={"access_token": "A1", "expires_in": 3600}, times=None)
    problem = error_of(make(FortiAuthenticator, **LUSER, retries=0).fetch)
    assert not isinstance(problem, Refused)
    assert f"answered {status}" in str(problem)


@pytest.mark.parametrize(
    ("status", "body", "valid"),
    [
        (200, {"username": "u", "expires_in": 5}, True),
        (201, {"username": "u"}, True),
        (200, "", True),
        (200, {"message": "Token is valid."}, True),
        (200, {"status": "fail", "message": "Token has expired"}, False),
        (200, {"error": "invalid_token"}, False),
        (401, "", False),
    ],
    ids=str,
)
def test_what_a_verify_says(make: Make, sim: Simulator, status: int, body: Any, valid: bool) -> None:
    sim.fault("/api/v1/oauth/verify_token/", status=status, body=body)
    assert make(FortiAuthenticatorInfo, client_id="ansible", access_token="A1").run(check_mode=False)["valid"] is valid


def test_a_revoke_that_says_no_has_ended_nothing(make: Make, sim: Simulator) -> None:
    token = make(FortiAuthenticator, **LUSER).fetch().access_token
    sim.fault("/api/v1/oauth/revoke_token/", status=200, body={"status": "fail", "message": f"not {token}"})
    problem = error_of(lambda: make(FortiAuthenticator, **LUSER, state="absent", access_token=token).revoke(token, check_mode=False))
    assert "answered 200 fail (not ********)." in str(problem)


def test_a_resource_map_that_says_no_is_refused(make: Make, sim: Simulator) -> None:
    sim.fault("*", status=200, body=NESTED)
    problem = error_of(lambda: make(ResourceMap, credential=CREDENTIAL, access_token="A1").run(check_mode=False))
    assert isinstance(problem, Refused)
    assert "answered 200 1102 (Account is locked out)." in str(problem)


@pytest.mark.parametrize(
    ("body", "error", "failed", "no"),
    [
        ({}, None, False, False),
        ({"error": None, "status": None, "message": ""}, None, False, False),
        ({"error": True}, None, False, False),
        ({"error": []}, None, False, False),
        ({"error": {"code": 7}}, None, False, False),
        ({"error": 7}, "7", True, True),
        ({"error": {"errorCode": 0}}, "0", False, False),
        ({"error": {"error": "x", "error_description": "why"}}, "x", True, True),
        ({"error": "x", "access_token": "A1"}, "x", True, False),
        ({"error": "x", "status": "success"}, "x", True, False),
        ({"status": "pending"}, None, True, True),
        ({"detail": "x"}, None, False, True),
    ],
    ids=str,
)
def test_what_says_no(body: dict[str, Any], error: str | None, failed: bool, no: bool) -> None:
    assert (error_in(body), fails(body), says_no(body)) == (error, failed, no)


@pytest.mark.parametrize(("status", "error", "refused"), [(200, "access_denied", True), (201, "1102", True), (200, None, False), (404, "x", False)])
def test_such_a_refusal_on_a_delegated_host_is_one(status: int, error: str | None, refused: bool) -> None:
    assert is_refusal(RemoteFailure("No.", status=status, error=error)) is refused
    assert not is_refusal(ServerFailed("No.", status=status, error=error))
