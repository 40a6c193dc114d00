# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as FortiCloud: its clients, one live token a user and client, its lockout, and tokens that somebody else ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.unit.simulator_calls import TOKEN, bearer, call, credentials, good, login, post, refresh, refused, tell, verify

if TYPE_CHECKING:
    from extensions.simulator import Simulator

CLIENTS = ["assetmanagement", "flexvm", "FortiManager", "FortiAnalyzer", "FortiSASE", "fortiztp", "fortigatecloud", "iam", "organization"]
MAP = "/api/v1/resourceURLMap"


def lives(sim: Simulator, tokens: dict[str, str], client_id: str) -> bool:
    return verify(sim, tokens["access_token"], client_id).status_code == 200


@pytest.mark.parametrize("client_id", CLIENTS)
def test_clients(sim: Simulator, client_id: str) -> None:
    first = good(post(sim, login(client_id=client_id)))
    assert first["expires_in"] == 14400
    second = good(post(sim, login(client_id=client_id)))
    assert (lives(sim, first, client_id), lives(sim, second, client_id)) == (False, True)
    refused(post(sim, login(client_id=client_id, client_secret="x")), 401, "invalid_client")


def test_single_login_is_for_one_user_and_client(sim: Simulator) -> None:
    first = good(post(sim, login(client_id="fortiztp")))
    good(post(sim, login("remote1", client_id="fortiztp", realm="corp")))
    good(post(sim, login(client_id="iam")))
    assert lives(sim, first, "fortiztp")
    good(post(sim, login(client_id="fortiztp")))
    refused(post(sim, refresh(first["refresh_token"], "fortiztp")), 401, "invalid_grant")


def test_single_login_may_be_off(sim: Simulator) -> None:
    sim.settings(single_login=False)
    first, second = (good(post(sim, login(client_id="fortiztp"))) for _each in range(2))
    assert lives(sim, first, "fortiztp") and lives(sim, second, "fortiztp")


# The lockout


def lock(sim: Simulator) -> None:
    for client_id in ("fortiztp", "iam", "organization"):
        refused(post(sim, login(client_id=client_id, password="x")), 401, "invalid_grant")


def locked(answer: requests.Response) -> bool:
    return (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})


def test_lockout(sim: Simulator) -> None:
    sim.settings(lockout="FortiCloud")
    tokens = good(post(sim, login(client_id="iam")))
    lock(sim)
    assert all(locked(post(sim, login(client_id=client_id))) for client_id in CLIENTS)
    assert locked(post(sim, login(password="x")))
    assert sim.state["locked"] == ["luser1"]
    good(post(sim, login("remote1", client_id="iam", realm="corp")))
    assert lives(sim, tokens, "iam")
    good(post(sim, refresh(tokens["refresh_token"], "iam")))


def test_lockout_ends_by_itself(sim: Simulator) -> None:
    sim.settings(lockout="FortiCloud")
    lock(sim)
    sim.clock(14 * 60)
    assert locked(post(sim, login()))
    sim.clock(15 * 60 + 1)
    assert sim.state["locked"] == []
    refused(post(sim, login(password="x")), 401, "invalid_grant")  # the first of the next three
    good(post(sim, login()))
    lock(sim)
    assert locked(post(sim, login()))


def test_lockout_seconds(sim: Simulator) -> None:
    sim.settings(lockout="FortiCloud", lockout_seconds=1800)
    lock(sim)
    sim.clock(1790)
    assert locked(post(sim, login()))
    sim.clock(1801)
    good(post(sim, login()))


def test_lockout_of_fortiauthenticator_stays(sim: Simulator) -> None:
    lock(sim)
    sim.clock(10**6)
    refused(post(sim, login()), 401, "invalid_grant", "Account is locked.")


@pytest.mark.parametrize("lockout", ["FortiAuthenticator", "FortiCloud"])
def test_unlock(sim: Simulator, lockout: str) -> None:
    sim.settings(lockout=lockout)
    tokens = good(post(sim, login(client_id="iam")))
    for body in ({"user": "luser1"}, {}):
        lock(sim)
        assert tell(sim, "/unlock", body) == {"status": "done"}
        good(post(sim, login()))
    assert lives(sim, tokens, "iam")
    lock(sim)
    sim.unlock("push1")
    assert sim.state["locked"] == ["luser1"]
    sim.unlock()
    assert sim.state["locked"] == []


def test_unlock_forgets_wrong_passwords(sim: Simulator) -> None:
    for _each in range(2):
        post(sim, login(password="x"))
    sim.unlock("luser1")
    post(sim, login(password="x"))
    good(post(sim, login()))
    assert "no user" in tell(sim, "/unlock", {"user": "nobody"})["error"]


# Tokens that somebody else ends


def test_end_tokens_of_a_user(sim: Simulator) -> None:
    mine = {client_id: good(post(sim, login(client_id=client_id))) for client_id in ("iam", "ansible")}
    other = good(post(sim, login("remote1", realm="corp")))
    assert tell(sim, "/end_tokens", {"user": "luser1", "client_id": "iam"}) == {"status": "done"}
    assert (lives(sim, mine["iam"], "iam"), lives(sim, mine["ansible"], "ansible")) == (False, True)
    refused(post(sim, refresh(mine["iam"]["refresh_token"], "iam")), 401, "invalid_grant")
    sim.end_tokens("luser1")
    assert not lives(sim, mine["ansible"], "ansible") and lives(sim, other, "ansible")
    good(post(sim, login()))


def test_end_tokens_of_forticwp(sim: Simulator) -> None:
    headers = bearer(credentials(sim)["access_token"])
    assert call(sim, "GET", MAP, headers=headers).status_code == 200
    sim.end_tokens("cwp@example.com")
    assert call(sim, "GET", MAP, headers=headers).status_code == 401
    assert "no user" in tell(sim, "/end_tokens", {"user": "nobody"})["error"]
    assert tell(sim, "/end_tokens", {}) == {"status": "refused", "error": "Missing: user"}


def test_one_token_is_ended_by_expire(sim: Simulator) -> None:
    first, second = (good(post(sim, login())) for _each in range(2))
    sim.expire(first["access_token"])
    assert (lives(sim, first, "ansible"), lives(sim, second, "ansible")) == (False, True)
    assert sim.requests[-1]["path"] != TOKEN
