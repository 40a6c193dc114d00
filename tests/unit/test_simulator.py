# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator itself: what it answers, and above all what it refuses."""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.unit.simulator_calls import (
    CLIENT_GRANT,
    CREDENTIAL,
    CREDENTIALS,
    POLL,
    RAW,
    REVOKE,
    STATUS,
    TOKEN,
    VERIFY,
    bearer,
    call,
    credentials,
    form,
    good,
    login,
    post,
    refresh,
    refused,
    tell,
    verify,
)

if TYPE_CHECKING:
    from extensions.simulator import Simulator

OPAQUE = re.compile(r"[A-Za-z0-9]{30}\Z")
VERIFIER = "a-code-verifier-that-is-at-least-43-characters-long"


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# FortiAuthenticator: getting a token


def test_password_grant_answers_as_documented(sim: Simulator) -> None:
    body = good(post(sim, login()))
    assert OPAQUE.match(body.pop("access_token")) and OPAQUE.match(body.pop("refresh_token"))
    assert body == {
        "expires_in": 36000,
        "message": "successfully authenticated",
        "scope": "read",
        "status": "success",
        "token_type": "Bearer",
    }
    assert sim.counts["fac.token"] == sim.counts["fac.login"] == sim.counts["connections"] == 1


def test_never_expiring_client_says_zero(sim: Simulator) -> None:
    body = good(post(sim, login(client_id="forever")))
    sim.clock(10**9)
    assert body["expires_in"] == 0
    assert good(verify(sim, body["access_token"], "forever"))["expires_in"] == 0


def test_scope_realm_and_iam_account(sim: Simulator) -> None:
    assert good(post(sim, login(scope="read write")))["scope"] == "read write"
    refused(post(sim, login("remote1")), 401, "invalid_grant")
    good(post(sim, login("remote1", realm="corp")))
    iam = {"grant_type": "password", "client_id": "ansible", "password": "Robot-Word-12345678"}
    for account in ("acme", "acme-alias"):
        good(post(sim, {**iam, "iam_account": account, "iam_user": "robot"}))
    refused(post(sim, {**iam, "iam_account": "other", "iam_user": "robot"}), 401, "invalid_grant")
    refused(post(sim, {**iam, "iam_account": "acme"}), 400, "invalid_request", "iam_user")
    good(post(sim, login(iam_account="nobody", iam_user="nobody")))  # username wins


def test_confidential_client_needs_its_secret(sim: Simulator) -> None:
    right = "Client-Secret-9f3kQ2"
    good(post(sim, login(client_id="ansible-secret", client_secret=right)))
    refused(post(sim, login(client_id="ansible-secret")), 401, "invalid_client")
    wrong = login(client_id="ansible-secret", client_secret="x")
    refused(post(sim, wrong), 401, "invalid_client")
    refused(post(sim, login(client_secret=right)), 401, "invalid_client")
    refused(post(sim, login(client_id="nobody")), 401, "invalid_client")


@pytest.mark.parametrize(
    ("status", "change", "text"),
    [
        (400, {"pasword": "x"}, "pasword"),
        (400, {"client_id": 1}, "client_id"),
        (400, {"password": None}, "password"),
        (400, {"password": ""}, "password"),
        (400, {"client_id": ""}, "client_id"),
        (400, {"grant_type": ""}, "grant_type"),
    ],
)
def test_strict_body(sim: Simulator, status: int, change: dict[str, Any], text: str) -> None:
    refused(post(sim, {**login(), **change}), status, "invalid_request", text)
    assert sim.counts["fac.refused"] == 1


def test_strict_request(sim: Simulator) -> None:
    refused(call(sim, "POST", TOKEN, data=login()), 415, "invalid_request")
    refused(post(sim, ["x"]), 400, "invalid_request")
    broken = call(sim, "POST", TOKEN, data="{", headers={"Content-Type": "application/json"})
    refused(broken, 400, "invalid_request")
    refused(post(sim, login(), f"{TOKEN}?username=x"), 400, "invalid_request")
    assert call(sim, "GET", TOKEN).status_code == 405
    post_only = {**login(), "grant_type": "client_credentials"}
    refused(post(sim, post_only), 400, "unsupported_grant_type")
    portal = login(client_id="portal", client_secret="Portal-Secret-77aLm4")
    refused(post(sim, portal), 400, "unauthorized_client")


@pytest.mark.parametrize("path", [TOKEN, REVOKE, VERIFY, POLL])
def test_missing_slash_redirects(sim: Simulator, path: str) -> None:
    answer = call(sim, "POST", path.rstrip("/") + "?a=b", json=login())
    assert (answer.status_code, answer.headers["Location"]) == (301, path + "?a=b")
    assert sim.counts["fac.redirect"] == 1


def test_three_wrong_passwords_lock(sim: Simulator) -> None:
    for _each in range(3):
        refused(post(sim, login(password="x")), 401, "invalid_grant", "Invalid credentials given.")
    refused(post(sim, login()), 401, "invalid_grant", "Account is locked.")
    assert sim.state["locked"] == ["luser1"]
    refused(post(sim, login("nobody")), 401, "invalid_grant", "Invalid credentials given.")
    sim.reset()
    good(post(sim, login()))


# FortiAuthenticator: second factor


def pushed(sim: Simulator, **more: str) -> tuple[str, dict[str, str]]:
    """A push that was approved: its session, and the body that answers it."""
    sim.phone("push1", "approve", 0)
    answer = post(sim, login("push1"))
    assert answer.status_code == 406, answer.text
    session = answer.json()["session"]
    response = good(call(sim, "GET", POLL, params={"s": session}))["challenge_response"]
    extra = {"challenge": "otp", "challenge_response": response, "method": "ftm-push"}
    return session, login("push1", **{**extra, "session": session, **more})


def test_push(sim: Simulator) -> None:
    sim.phone("push1", "ignore")
    answer = post(sim, login("push1"))
    session = answer.json()["session"]
    pending = {"challenge": "otp", "method": "ftm-push", "session": session, "status": "pending"}
    assert (answer.status_code, answer.json()) == (406, pending)
    assert re.fullmatch("[0-9a-f]{32}", session)
    assert good(call(sim, "GET", POLL, params={"s": session})) == pending
    sim.phone("push1", "approve", 0)
    approved = good(call(sim, "GET", POLL, params={"s": session}))
    assert re.fullmatch("[A-Za-z0-9]{20}", approved.pop("challenge_response"))
    assert approved == {**pending, "status": "success"}


def test_push_answer_works_once(sim: Simulator) -> None:
    session, body = pushed(sim)
    tokens = good(post(sim, body))
    assert (tokens["status"], "message" in tokens) == ("success", False)
    refused(post(sim, body), 401, "invalid_grant")
    assert call(sim, "GET", POLL, params={"s": session}).status_code == 404
    assert {session, body["challenge_response"]} <= set(sim.secrets())


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (401, {"challenge_response": "x" * 20}),
        (401, {"session": "0" * 32}),
        (401, {"client_id": "fcare"}),
        (401, {"challenge": "radius"}),
        (401, {"method": "sms"}),
        (400, {"method": "ftm"}),
        (400, {"method": ""}),
        (400, {"session": ""}),
        (400, {"challenge": ""}),
        (400, {"challenge_response": ""}),
        (400, {"username": ""}),
        (401, {"password": "x"}),
    ],
)
def test_push_answer_is_strict(sim: Simulator, status: int, change: dict[str, str]) -> None:
    assert post(sim, pushed(sim, **change)[1]).status_code == status


def test_push_denied_and_later_mind(sim: Simulator) -> None:
    sim.phone("push1", "deny", 0)
    session = post(sim, login("push1")).json()["session"]
    sim.phone("push1", "approve", 0)  # too late: it was denied
    assert good(call(sim, "GET", POLL, params={"s": session}))["status"] == "denied"
    assert sim.state["pushes"][0]["status"] == "denied"


def test_pushpoll_is_strict(sim: Simulator) -> None:
    session = post(sim, login("push1")).json()["session"]
    with_header = call(sim, "GET", POLL, params={"s": session}, headers=bearer("x"))
    refused(with_header, 400, "invalid_request", "Authorization")
    refused(call(sim, "GET", POLL), 400, "invalid_request")
    refused(call(sim, "GET", POLL, params={"s": "x"}), 404, "invalid_request")


@pytest.mark.parametrize("user", ["push1", "ftm1", "ftk1", "sms1", "email1", "dual1"])
def test_typed_code(sim: Simulator, user: str) -> None:
    challenge = post(sim, login(user)).json()
    method = {"push": "ftm"}.get(user.rstrip("1"), user.rstrip("1"))
    if user != "push1":
        assert challenge == {"challenge": "otp", "method": method, "status": "pending"}
    code = {"challenge": "otp", "challenge_response": sim.otp(user)}
    refused(post(sim, login(user, **code, method="radius")), 401, "invalid_grant")
    typed = login(user, **code, method=method)
    refused(post(sim, {**typed, "session": "x"}), 400, "invalid_request")
    good(post(sim, typed))
    refused(post(sim, typed), 401, "invalid_grant", "The one-time code was used or is wrong")


def test_radius_challenge(sim: Simulator) -> None:
    answer = post(sim, login("radius1"))
    challenge = answer.json()
    session = challenge.pop("session")
    message = "Enter the code from your token"
    assert answer.status_code == 406
    assert challenge == {"challenge": "radius", "message": message, "status": "pending"}
    body = login("radius1", challenge="radius", challenge_response=sim.otp("radius1"))
    refused(post(sim, body), 400, "invalid_request", "session")
    refused(post(sim, {**body, "session": session, "method": "ftm"}), 400, "invalid_request")
    refused(post(sim, {**body, "session": "x"}), 401, "invalid_grant")
    good(post(sim, {**body, "session": session}))
    refused(post(sim, {**body, "session": session}), 401, "invalid_grant")


def test_challenge_is_not_for_everyone(sim: Simulator) -> None:
    code = {"challenge": "otp", "challenge_response": sim.otp("luser1"), "method": "ftm"}
    refused(post(sim, login(**code)), 401, "invalid_grant")


# FortiAuthenticator: the other grants and addresses


def test_refresh_rotates(sim: Simulator) -> None:
    old = good(post(sim, login()))
    refused(post(sim, refresh(old["refresh_token"], "fcare")), 401, "invalid_grant")
    new = good(post(sim, refresh(old["refresh_token"])))
    assert new["message"] == "Token has been refreshed successfully"
    assert new.keys() == old.keys() and new["refresh_token"] != old["refresh_token"]
    assert verify(sim, old["access_token"]).status_code == 401
    assert verify(sim, new["access_token"]).status_code == 200
    again = post(sim, refresh(old["refresh_token"]))
    refused(again, 401, "invalid_grant", "Refresh token was rotated away.")
    refused(post(sim, refresh("x")), 401, "invalid_grant")
    assert (sim.counts["fac.refresh"], sim.counts["fac.login"]) == (1, 1)


def test_refresh_after_expiry(sim: Simulator) -> None:
    tokens = good(post(sim, login(client_id="short")))
    sim.clock(6)
    assert verify(sim, tokens["access_token"], "short").status_code == 401
    assert sim.state["live_tokens"] == 0
    good(post(sim, refresh(tokens["refresh_token"], "short")))


def test_authorization_code(sim: Simulator) -> None:
    redirect = "https://portal.example.com/done"
    portal = {"client_id": "portal", "client_secret": "Portal-Secret-77aLm4"}
    body = {**portal, "grant_type": "authorization_code", "redirect_uri": redirect}
    body["code"] = sim.code("portal", redirect_uri=redirect, code_verifier=VERIFIER)
    refused(post(sim, body), 400, "invalid_request", "code_verifier")
    refused(post(sim, {**body, "code_verifier": "x"}), 401, "invalid_grant")
    body["code_verifier"] = VERIFIER
    refused(post(sim, {**body, "redirect_uri": "x"}), 401, "invalid_grant")
    answer = good(post(sim, {**body, "username": "luser1", "password": "12345678"}))
    fields = "access_token expires_in token_type scope refresh_token id_token"
    assert answer.keys() == set(fields.split())
    assert (answer["expires_in"], answer["scope"]) == (3600, "openid")
    header = json.loads(base64.urlsafe_b64decode(answer["id_token"].split(".")[0] + "=="))
    assert header["alg"] == "RS256"
    refused(post(sim, body), 401, "invalid_grant")
    assert "id_token" not in good(post(sim, {**body, "code": sim.code(scope="read")}))
    late = {**body, "code": sim.code()}
    sim.clock(61)
    refused(post(sim, late), 401, "invalid_grant")


def test_verify(sim: Simulator) -> None:
    token = good(post(sim, login()))["access_token"]
    body = good(verify(sim, token))
    assert body["username"] == "luser1" and 35990 <= body["expires_in"] <= 36000
    refused(call(sim, "GET", VERIFY, headers=bearer(token)), 400, "invalid_request", "client_id")
    refused(verify(sim, token, "fcare"), 401, "invalid_token")
    lower = {"Authorization": f"bearer {token}"}
    params = {"client_id": "ansible"}
    refused(call(sim, "GET", VERIFY, params=params, headers=lower), 401, "invalid_token")
    refused(call(sim, "GET", VERIFY, params=params), 401, "invalid_token")


def test_revoke(sim: Simulator) -> None:
    tokens = good(post(sim, login()))
    body = {"client_id": "ansible", "token": tokens["access_token"]}
    refused(call(sim, "POST", REVOKE, data=body), 415, "invalid_request")
    refused(post(sim, {**body, "token": ""}, REVOKE), 400, "invalid_request")
    refused(post(sim, {**body, "client_id": "nobody"}, REVOKE), 401, "invalid_client")
    refused(post(sim, {**body, "client_secret": "x"}, REVOKE), 401, "invalid_client")
    refused(post(sim, {**body, "more": "x"}, REVOKE), 400, "invalid_request", "more")
    assert post(sim, {**body, "client_id": "fcare"}, REVOKE).status_code == 200
    assert verify(sim, tokens["access_token"]).status_code == 200
    for _each in range(2):  # the second time it is unknown, and the answer is the same
        answer = post(sim, body, REVOKE)
        assert (answer.status_code, answer.content) == (200, b"")
    assert verify(sim, tokens["access_token"]).status_code == 401
    post(sim, {**body, "token": tokens["refresh_token"]}, REVOKE)
    refused(post(sim, refresh(tokens["refresh_token"])), 401, "invalid_grant")


def test_device_status(sim: Simulator) -> None:
    token = good(post(sim, login()))["access_token"]
    body = good(call(sim, "GET", STATUS, headers=bearer(token)))
    assert body.keys() == {"build", "model", "serial_number", "version"}
    assert call(sim, "GET", STATUS).status_code == 401
    other = credentials(sim)["access_token"]
    assert call(sim, "GET", STATUS, headers=bearer(other)).status_code == 401
    sim.expire(token)
    assert call(sim, "GET", STATUS, headers=bearer(token)).status_code == 401
    assert sim.counts["resource"] == 1


def test_forticloud_has_one_login_a_user(sim: Simulator) -> None:
    first, other = (good(post(sim, login(client_id=name))) for name in ("assetmanagement", "fcare"))
    second = good(post(sim, login(client_id="assetmanagement")))
    assert verify(sim, first["access_token"], "assetmanagement").status_code == 401
    assert verify(sim, second["access_token"], "assetmanagement").status_code == 200
    assert verify(sim, other["access_token"], "fcare").status_code == 200


# FortiCWP


def test_credentials_token(sim: Simulator) -> None:
    answer = form(sim, CREDENTIALS, CLIENT_GRANT, **RAW)
    body = good(answer)
    assert body.keys() == {"token_type", "expires", "access_token", "refresh_token"}
    assert body["token_type"] == "bearer" and body["access_token"].count(".") == 2
    assert re.search(r'"expires": \d\.\d+E12,', answer.text)
    assert 3500 < body["expires"] / 1000 - time.time() < 3700
    sim.settings(expires_as_string=True)
    assert re.fullmatch(r"\d\.\d+E12", credentials(sim)["expires"])
    assert sim.state["logins"] == {"fac": 0, "forticwp": 2}


def test_credential_is_raw(sim: Simulator) -> None:
    encoded = base64.b64encode(CREDENTIAL.encode()).decode()
    for value in (f"Basic {encoded}", CREDENTIAL, f"Bearer {CREDENTIAL}", "Basic x"):
        answer = form(sim, CREDENTIALS, CLIENT_GRANT, Authorization=value)
        refused(answer, 401, "invalid_client")
    refused(form(sim, CREDENTIALS, CLIENT_GRANT), 401, "invalid_client")
    pair = call(sim, "POST", CREDENTIALS, data=CLIENT_GRANT, auth=(CREDENTIAL, ""))
    refused(pair, 401, "invalid_client")


def test_cwp_bodies_are_strict(sim: Simulator) -> None:
    as_json = call(sim, "POST", CREDENTIALS, json=CLIENT_GRANT, headers=RAW)
    refused(as_json, 415, "invalid_request")
    refused(form(sim, CREDENTIALS, {"grant_type": "password"}, **RAW), 400, "unsupported_grant_type")
    more = form(sim, CREDENTIALS, {**CLIENT_GRANT, "scope": "x"}, **RAW)
    refused(more, 400, "invalid_request", "scope")
    twice = form(sim, CREDENTIALS, [*CLIENT_GRANT.items()] * 2, **RAW)
    refused(twice, 400, "invalid_request", "twice")


@pytest.mark.parametrize("path", ["credentials/token", "token/", "token/refresh/"])
def test_cwp_slashes(sim: Simulator, path: str) -> None:
    assert form(sim, f"/api/v1/auth/{path}", CLIENT_GRANT, **RAW).status_code == 404


def test_cwp_password(sim: Simulator) -> None:
    body = {"grant_type": "password", "username": "cwp@example.com"}
    body["password"] = "Cwp-Word-12345678"
    path = "/api/v1/auth/token"
    assert "refresh_token" in good(form(sim, path, body))
    refused(form(sim, path, body, **RAW), 400, "invalid_request", "Authorization")
    refused(form(sim, path, {**body, "password": "x"}), 401, "invalid_client")
    assert (sim.counts["forticwp.password"], sim.counts["forticwp.refused"]) == (1, 2)


def test_cwp_refresh_keeps_the_refresh_token(sim: Simulator) -> None:
    first = credentials(sim)
    body = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    path = "/api/v1/auth/token/refresh"
    for hours in (0, 7.9):
        sim.clock(hours * 3600)
        answer = good(form(sim, path, body))
        assert answer.keys() == {"token_type", "expires", "access_token"}
    sim.clock(8 * 3600 + 1)
    refused(form(sim, path, body), 401, "invalid_client")
    assert sim.counts["forticwp.refresh"] == 2


def test_cwp_resources(sim: Simulator) -> None:
    headers = bearer(credentials(sim)["access_token"])
    path = "/api/v1/resourceURLMap"
    listed = call(sim, "GET", path, headers=headers).json()
    company = {"companyId": 2, "companyName": "Example"}
    entry = {"resourceURL": sim.url, "roleId": 1, "username": "cwp@example.com"}
    assert listed == [{**entry, "companyMapSet": [company]}]
    assert call(sim, "GET", path).status_code == 401
    severity = "/api/v1/severity"
    assert call(sim, "GET", severity, headers=headers).status_code == 400
    full = {**headers, "companyId": "2", "roleId": "1"}
    good(call(sim, "GET", severity, headers=full))
    assert call(sim, "GET", severity, headers={**full, "roleId": "9"}).status_code == 403
    assert sim.requests[-1]["headers"]["companyId"] == "2"
    alerts, body = "/api/v1/alert/list", {"startTime": 1700000000000, "endTime": 1700086400000, "skip": 0, "limit": 10}
    good(call(sim, "POST", alerts, headers=full, json=body))
    assert call(sim, "POST", alerts, headers=headers, json=body).status_code == 400
    assert call(sim, "POST", alerts, headers=full, json={**body, "startTime": 1700000000}).status_code == 400


# The server, the control page and the faults


def test_control_page(sim: Simulator) -> None:
    control = partial(tell, sim)
    post(sim, login())
    assert "push1" in requests.get(sim.control, timeout=10).text
    assert requests.get(f"{sim.control}/state", timeout=10).json()["live_tokens"] == 1
    recorded = requests.get(f"{sim.control}/requests", timeout=10).json()[0]
    assert (recorded["method"], recorded["path"], recorded["status"]) == ("POST", TOKEN, 200)
    assert json.loads(recorded["body"]) == login()
    assert re.fullmatch("[0-9]{6}", control("/otp", {"user": "sms1"})["otp"])
    assert OPAQUE.match(control("/code", {"client_id": "portal", "username": "luser1"})["code"])
    for path, body in (("/expire", {}), ("/clock", {"offset": 5}), ("/settings", {"latency": 0})):
        assert control(path, body) == {"status": "done"}
    assert control("/phone", {"user": "push1", "action": "sing"})["status"] == "refused"
    assert control("/faults", {"match": "*", "colour": "red"})["status"] == "refused"
    assert sim.state["live_tokens"] == 0
    control("/faults", {"match": "*", "times": None, "status": 503})
    assert call(sim, "GET", STATUS).status_code == 503
    requests.delete(f"{sim.control}/faults", timeout=10)
    assert call(sim, "GET", STATUS).status_code == 401
    control("/reset", {})
    assert sim.requests == [] and not any(sim.counts.values())


def test_clock_moves_the_date(sim: Simulator) -> None:
    sim.clock(-7200)
    date = parsedate_to_datetime(post(sim, login()).headers["Date"]).timestamp()
    assert abs(date - (time.time() - 7200)) < 5


def test_fault_status_and_times(sim: Simulator) -> None:
    sim.fault(TOKEN, times=2, status=503, headers={"Retry-After": "1"}, body='{"error": "x"}')
    for _each in range(2):
        answer = post(sim, login())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.json() == {"error": "x"}
    good(post(sim, login()))
    assert (sim.counts["fac.login"], sim.counts["faults"]) == (1, 2)
    assert [record["status"] for record in sim.requests] == [503, 503, 200]


def test_fault_close(sim: Simulator) -> None:
    sim.fault(TOKEN, close=True)
    sim.fault(TOKEN, close=True, after_processing=True)
    for logins in (0, 1):
        with pytest.raises(requests.ConnectionError):
            post(sim, login())
        assert sim.counts["fac.login"] == logins
    assert [record["status"] for record in sim.requests] == [None, None]


def test_fault_truncate_and_drip(sim: Simulator) -> None:
    sim.fault(TOKEN, truncate=10)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="10 bytes read"):
        post(sim, login())
    sim.fault(TOKEN, drip=0.001, drip_headers=True)
    started = time.monotonic()
    good(post(sim, login()))
    assert time.monotonic() - started > 0.3


def test_fault_lost_answer_delay_and_repeat(sim: Simulator) -> None:
    sim.fault(TOKEN, status=502, after_processing=True, delay=0.3)
    assert post(sim, login()).status_code == 502
    assert sim.counts["fac.login"] == 1
    sim.fault(TOKEN, status=400, repeat_request=True)
    refused(post(sim, login()), 400, "invalid_request", "Pass-Word-12345678")
    sim.fault(TOKEN, body_base64=base64.b64encode(b"\xff\xfe").decode(), content_type="text/html")
    assert post(sim, login()).content == b"\xff\xfe"
    sim.fault(TOKEN, headers={"Date": None})  # the real answer, without its date
    answer = post(sim, login())
    assert "Date" not in answer.headers and "access_token" in good(answer)


def test_silent_and_distrusting_clients_hold_nobody_up(sim: Simulator, capfd: pytest.CaptureFixture[str]) -> None:
    port = int(sim.host.rpartition(":")[2])
    silent = [socket.create_connection(("127.0.0.1", port)) for _each in range(5)]
    with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", port)) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
    good(post(sim, login()))
    for connection in silent:
        connection.close()
    assert capfd.readouterr() == ("", "")


def test_fifty_at_once(sim: Simulator) -> None:
    sim.settings(latency=0.2)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: post(sim, login()), range(100)))
    assert len({good(answer)["access_token"] for answer in answers}) == 100
    assert sim.counts["fac.login"] == sim.counts["connections"] == 100


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost"])
def test_certificate_names(sim: Simulator, address: str) -> None:
    url = sim.url.replace("localhost", address)
    assert requests.get(url + STATUS, verify=sim.ca, timeout=10).status_code == 401
