# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator where the services are seen to do more than the vendor's pages say. By default it does as the pages say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.simulator_calls import (
    CLIENT_GRANT,
    CREDENTIALS,
    RAW,
    REVOKE,
    TOKEN,
    bearer,
    call,
    credentials,
    form,
    good,
    login,
    post,
    refresh,
    refused,
    verify,
)

if TYPE_CHECKING:
    from extensions.simulator import Simulator


def test_empty_client_secret(sim: Simulator) -> None:
    body = login(client_secret="")
    refused(post(sim, body), 401, "invalid_client")
    sim.settings(empty_client_secret="as seen")
    tokens = good(post(sim, body))
    tokens = good(post(sim, refresh(tokens["refresh_token"], client_secret="")))
    revocation = {"client_id": "ansible", "client_secret": "", "token": tokens["access_token"]}
    assert post(sim, revocation, REVOKE).status_code == 200
    assert verify(sim, tokens["access_token"]).status_code == 401


def test_empty_client_secret_is_no_secret(sim: Simulator) -> None:
    sim.settings(empty_client_secret="as seen")
    good(post(sim, login()))
    refused(post(sim, login(client_secret="x")), 401, "invalid_client")
    refused(post(sim, login(client_id="ansible-secret", client_secret="")), 401, "invalid_client")


def test_form_body(sim: Simulator) -> None:
    refused(form(sim, TOKEN, login()), 415, "invalid_request")
    sim.settings(form_body="as seen")
    tokens = good(form(sim, TOKEN, login()))
    good(form(sim, TOKEN, refresh(tokens["refresh_token"])))
    good(post(sim, login()))
    sim.settings(empty_client_secret="as seen")
    good(form(sim, TOKEN, login(client_secret="")))


def test_form_body_is_strict(sim: Simulator) -> None:
    sim.settings(form_body="as seen")
    refused(form(sim, TOKEN, login(pasword="x")), 400, "invalid_request", "pasword")
    refused(form(sim, TOKEN, [*login().items()] * 2), 400, "invalid_request", "twice")
    refused(form(sim, TOKEN, login(password="")), 400, "invalid_request", "password")
    refused(form(sim, TOKEN + "?a=b", login()), 400, "invalid_request", "query")
    text = call(sim, "POST", TOKEN, data="x", headers={"Content-Type": "text/plain"})
    refused(text, 415, "invalid_request")


def test_no_form_body_elsewhere(sim: Simulator) -> None:
    sim.settings(form_body="as seen")
    body = {"client_id": "ansible", "token": "x"}
    refused(form(sim, REVOKE, body), 415, "invalid_request")


def test_missing_slash(sim: Simulator) -> None:
    path = CREDENTIALS.rstrip("/")
    assert form(sim, path, CLIENT_GRANT, **RAW).status_code == 404
    assert call(sim, "GET", path).status_code == 404
    sim.settings(missing_slash="as seen")
    assert good(form(sim, path, CLIENT_GRANT, **RAW)).keys() == credentials(sim).keys()
    refused(form(sim, path, CLIENT_GRANT), 401, "invalid_client")
    assert call(sim, "GET", path).status_code == 405
    assert sim.counts["forticwp.credentials"] == 2


def test_other_slashes_stay(sim: Simulator) -> None:
    sim.settings(missing_slash="as seen")
    assert post(sim, login(), TOKEN.rstrip("/")).status_code == 301
    for path in ("token/", "token/refresh/"):
        assert form(sim, f"/api/v1/auth/{path}", CLIENT_GRANT, **RAW).status_code == 404


# A refusal that does not look like one


def test_refusal_with_200(sim: Simulator) -> None:
    sim.settings(refused_with_200=True)
    for _each in range(3):
        assert good(post(sim, login(password="x"))) == {"status": "fail", "message": "Invalid credentials given."}
    assert good(post(sim, login())) == {"status": "fail", "message": "Account is locked out"}
    assert good(post(sim, login(client_id="nobody"))) == {"status": "fail", "message": "invalid_client"}
    assert (sim.counts["fac.refused"], sim.counts["fac.login"]) == (5, 0)


def test_refusal_with_200_is_for_401_only(sim: Simulator) -> None:
    sim.settings(refused_with_200=True)
    refused(post(sim, login(more="x")), 400, "invalid_request")
    assert post(sim, login("sms1")).status_code == 406
    assert verify(sim, "x").status_code == 401
    assert good(post(sim, login()))["status"] == "success"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "fail", "message": "Account is locked out"},
        {"error": {"errorCode": 401, "message": "Invalid security token."}},
        {"error_message": "Sorry, no."},
        {"status": -1, "status_message": "Sorry, no."},
    ],
    ids=["failed", "nested", "tastypie", "status_message"],
)
@pytest.mark.parametrize("status", [200, 400, 401])
def test_other_errors_are_faults(sim: Simulator, status: int, body: dict[str, Any]) -> None:
    sim.fault(TOKEN, status=status, body=body)
    answer = post(sim, login())
    assert (answer.status_code, answer.json()) == (status, body)
    assert answer.headers["Content-Type"] == "application/json"
    good(post(sim, login()))


# A token that comes with 201


def created(sim: Simulator, path: str, **body: Any) -> dict[str, Any]:
    answer = call(sim, "POST", path, **body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_token_status(sim: Simulator) -> None:
    sim.settings(token_status=201)
    tokens = created(sim, TOKEN, json=login())
    tokens = created(sim, TOKEN, json=refresh(tokens["refresh_token"]))
    assert "access_token" in created(sim, CREDENTIALS, data=CLIENT_GRANT, headers=RAW)
    assert verify(sim, tokens["access_token"]).status_code == 200
    assert post(sim, login(password="x")).status_code == 401
    assert call(sim, "GET", "/api/fabric/device/status", headers=bearer(tokens["access_token"])).status_code == 200
