# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the simulator share: its addresses, requests to them, and checks of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from extensions.simulator import Simulator


TOKEN = "/api/v1/oauth/token/"
REVOKE = "/api/v1/oauth/revoke_token/"
VERIFY = "/api/v1/oauth/verify_token/"
POLL = "/api/v1/pushpoll/"
STATUS = "/api/fabric/device/status"
CREDENTIALS = "/api/v1/auth/credentials/token/"
CREDENTIAL = "f59fb84e-c896-4d38-91f3-1eee401823b6"
RAW = {"Authorization": f"Basic {CREDENTIAL}"}
CLIENT_GRANT = {"grant_type": "client_credentials"}


def call(sim: Simulator, method: str, path: str, **more: Any) -> requests.Response:
    # verify goes with each call: REQUESTS_CA_BUNDLE would win over a session's.
    more = {"allow_redirects": False, "timeout": 10, "verify": sim.ca, **more}
    return requests.request(method, sim.url + path, **more)


def login(user: str = "luser1", client_id: str = "ansible", **more: str) -> dict[str, str]:
    name = user.rstrip("1").capitalize().replace("Luser", "Pass")
    body = {"grant_type": "password", "client_id": client_id, "username": user}
    return {**body, "password": f"{name}-Word-12345678", **more}


def post(sim: Simulator, body: Any, path: str = TOKEN) -> requests.Response:
    return call(sim, "POST", path, json=body)


def good(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: requests.Response, status: int, error: str, text: str = "") -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert text in answer.json().get("error_description", "")


def refresh(token: str, client_id: str = "ansible", **more: str) -> dict[str, str]:
    body = {"grant_type": "refresh_token", "client_id": client_id}
    return {**body, "refresh_token": token, **more}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def verify(sim: Simulator, token: str, client_id: str = "ansible") -> requests.Response:
    return call(sim, "GET", VERIFY, params={"client_id": client_id}, headers=bearer(token))


def form(sim: Simulator, path: str, body: Any, **headers: str) -> requests.Response:
    return call(sim, "POST", path, data=body, headers=headers)


def credentials(sim: Simulator) -> dict[str, Any]:
    return good(form(sim, CREDENTIALS, CLIENT_GRANT, **RAW))


def tell(sim: Simulator, path: str, body: Any) -> dict[str, Any]:
    """Post to the control page, and return what it answers."""
    answer: dict[str, Any] = requests.post(sim.control + path, json=body, timeout=10).json()
    return answer
