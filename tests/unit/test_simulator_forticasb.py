# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as FortiCASB: a company in the token's answer, and a resource map of business units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.simulator_calls import CLIENT_GRANT, CREDENTIALS, bearer, call, credentials, form, good

if TYPE_CHECKING:
    from extensions.simulator import Simulator

CASB = "7f0c9a52-1b64-4b8e-9d0a-35c6e2f4a817"
PASSWORD = {"grant_type": "password", "username": "casb@example.com", "password": "Casb-Word-12345678"}
SEVERITY = "/api/v1/severity"


def casb_token(sim: Simulator) -> dict[str, Any]:
    return good(form(sim, CREDENTIALS, CLIENT_GRANT, Authorization=f"Basic {CASB}"))


def test_token_has_a_company(sim: Simulator) -> None:
    body = casb_token(sim)
    assert body["companyId"] == "2"
    assert body.keys() == credentials(sim).keys() | {"companyId"}
    assert good(form(sim, "/api/v1/auth/token", PASSWORD))["companyId"] == "2"


def test_refresh_has_none(sim: Simulator) -> None:
    body = {"grant_type": "refresh_token", "refresh_token": casb_token(sim)["refresh_token"]}
    answer = good(form(sim, "/api/v1/auth/token/refresh", body))
    assert answer.keys() == {"token_type", "expires", "access_token"}


def test_resource_map_has_business_units_only(sim: Simulator) -> None:
    headers = bearer(casb_token(sim)["access_token"])
    listed = call(sim, "GET", "/api/v1/resourceURLMap", headers=headers).json()
    entry = {"resourceURL": sim.url, "roleId": 1, "username": "casb@example.com"}
    assert listed == [{**entry, "buMapSet": [{"buId": 3, "companyId": 2}]}]


def test_calls_need_the_business_unit(sim: Simulator) -> None:
    headers = {**bearer(casb_token(sim)["access_token"]), "companyId": "2", "roleId": "1"}
    assert call(sim, "GET", SEVERITY, headers=headers).status_code == 400
    assert call(sim, "GET", SEVERITY, headers={**headers, "buId": "2"}).status_code == 403
    good(call(sim, "GET", SEVERITY, headers={**headers, "buId": "3"}))
