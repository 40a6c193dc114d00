# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every documented request and answer of the vendor's pages, through real plays: what goes over the wire, to the letter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Player

TOKEN = "/api/v1/oauth/token/"


def sent(play: Player, path: str) -> list[dict[str, Any]]:
    """Return the requests to a path, in order."""
    return [request for request in play.sim.requests if request["path"] == path]


def bodies(play: Player, path: str) -> list[Any]:
    """Return the JSON bodies of the requests to a path."""
    return [json.loads(request["body"]) for request in sent(play, path)]


def header(request: dict[str, Any], name: str) -> str | None:
    """Return a header of a request, whatever its case."""
    return {key.lower(): value for key, value in request["headers"].items()}.get(name.lower())


def test_forticwp_credentials_token(play: Player) -> None:
    outcome = play(
        """
        - forti.oauth.forticwp_token: {credential: "{{ secret.credential }}"}
          register: r
        """,
        keep="r",
    )
    (request,) = play.sim.requests
    assert (request["method"], request["path"], request["body"]) == ("POST", "/api/v1/auth/credentials/token/", "grant_type=client_credentials")
    assert header(request, "Authorization") == f"Basic {PASSWORDS['credential']}"
    assert header(request, "Content-Type") == "application/x-www-form-urlencoded"
    result = outcome["r"]
    assert result["token_type"] == "bearer"
    assert result["authorization"] == f"Bearer {result['access_token']}"
    assert result["refresh_token"]
    assert 3590 <= result["expires_in"] <= 3600
    assert (result["source"], result["changed"]) == ("login", False)
    assert result["server"] == f"https://{play.sim.host}"


@pytest.mark.daily("server ahead-number", "server behind-string")
@pytest.mark.parametrize("as_string", [False, True], ids=["number", "string"])
@pytest.mark.parametrize("clock", [0, 7200, -7200], ids=["same clock", "server ahead", "server behind"])
def test_forticwp_expires_is_read_by_the_servers_clock(play: Player, as_string: bool, clock: int) -> None:
    play.sim.settings(expires_as_string=as_string)
    play.sim.clock(clock)
    outcome = play("- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}, register: r}", keep="r")
    assert 3590 <= outcome["r"]["expires_in"] <= 3601


def test_forticwp_password_and_refresh_token(play: Player) -> None:
    outcome = play(
        """
        - forti.oauth.forticwp_token: {grant_type: password, username: cwp@example.com, password: "{{ secret.cwp }}"}
          register: first
        - forti.oauth.forticwp_token: {grant_type: refresh_token, refresh_token: "{{ first.refresh_token }}"}
          register: second
        """,
        keep="first second",
    )
    login, refresh = play.sim.requests
    assert (login["path"], login["body"]) == ("/api/v1/auth/token", f"grant_type=password&username=cwp%40example.com&password={PASSWORDS['cwp']}")
    assert header(login, "Authorization") is None
    first, second = outcome["first"], outcome["second"]
    assert refresh["path"] == "/api/v1/auth/token/refresh"
    assert refresh["body"] == f"grant_type=refresh_token&refresh_token={first['refresh_token']}"
    assert header(refresh, "Content-Type") == "application/x-www-form-urlencoded"
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] == first["refresh_token"]
    assert second["source"] == "refresh"


def test_fac_password(play: Player) -> None:
    outcome = play(
        """
        - forti.oauth.fac_oauth_token: {username: luser1, password: "{{ secret.luser1 }}", client_id: ansible-secret, client_secret: "{{ secret.client }}"}
          register: r
        - forti.oauth.fac_oauth_token: {username: luser1, password: "{{ secret.luser1 }}", client_id: forever, scope: read write}
          register: forever
        """,
        keep="r forever",
    )
    first, second = sent(play, TOKEN)
    assert header(first, "Content-Type") == "application/json"
    assert json.loads(first["body"]) == {
        "username": "luser1",
        "password": PASSWORDS["luser1"],
        "client_id": "ansible-secret",
        "client_secret": PASSWORDS["client"],
        "grant_type": "password",
    }
    assert json.loads(second["body"]) == {
        "username": "luser1",
        "password": PASSWORDS["luser1"],
        "client_id": "forever",
        "scope": "read write",
        "grant_type": "password",
    }
    assert outcome["r"]["token_type"] == "Bearer"
    assert 35990 <= outcome["r"]["expires_in"] <= 36000
    assert outcome["r"]["scope"] == "read"
    assert (outcome["forever"]["expires_in"], outcome["forever"]["expires_at"]) == (None, None)


def test_fac_realm_and_iam_user(play: Player) -> None:
    play(
        """
        - forti.oauth.fac_oauth_token: {username: remote1, password: "{{ secret.remote1 }}", realm: corp}
        - forti.oauth.fac_oauth_token: {iam_account: acme, iam_user: robot, password: "{{ secret.robot }}"}
        """
    )
    common = {"client_id": "ansible", "grant_type": "password"}
    assert bodies(play, TOKEN) == [
        {"username": "remote1", "password": PASSWORDS["remote1"], "realm": "corp", **common},
        {"iam_account": "acme", "iam_user": "robot", "password": PASSWORDS["robot"], **common},
    ]


@pytest.mark.parametrize("with_user", [True, False], ids=["the page's sample", "PKCE"])
def test_fac_authorization_code(play: Player, with_user: bool) -> None:
    bound = {} if with_user else {"redirect_uri": "https://app.example.com/callback", "code_verifier": "verifier-verifier-verifier-verifier-verifier"}
    user = {"username": "luser1", "password": PASSWORDS["luser1"]} if with_user else {}
    code = play.sim.code(client_id="portal", username="luser1", **bound)
    options = {"client_id": "portal", "grant_type": "authorization_code", "code": code, **bound, **user}
    outcome = play(
        """
        - forti.oauth.fac_oauth_token: "{{ {'client_secret': secret.portal} | combine(options) }}"
          register: r
        """,
        keep="r",
        env={"ANSIBLE_INJECT_FACT_VARS": "false"},
        variables={"options": options},
    )
    assert bodies(play, TOKEN) == [{"client_secret": PASSWORDS["portal"], **options}]
    assert outcome["r"]["id_token"].count(".") == 2
    assert (outcome["r"]["token_type"], outcome["r"]["scope"]) == ("Bearer", "openid")
    assert 3590 <= outcome["r"]["expires_in"] <= 3600


def test_fac_refresh_token_rotates(play: Player) -> None:
    outcome = play(
        """
        - forti.oauth.fac_oauth_token: {username: luser1, password: "{{ secret.luser1 }}", client_id: ansible-secret, client_secret: "{{ secret.client }}"}
          register: first
        - forti.oauth.fac_oauth_token:
            grant_type: refresh_token
            refresh_token: "{{ first.refresh_token }}"
            client_id: ansible-secret
            client_secret: "{{ secret.client }}"
          register: second
        """,
        keep="first second",
    )
    first, second = outcome["first"], outcome["second"]
    assert bodies(play, TOKEN)[1] == {
        "client_id": "ansible-secret",
        "client_secret": PASSWORDS["client"],
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
    }
    assert second["refresh_token"] not in (None, first["refresh_token"])
    assert second["access_token"] != first["access_token"]
    assert (second["source"], second["changed"]) == ("refresh", False)


def test_fac_push(play: Player) -> None:
    outcome = play("- {forti.oauth.fac_oauth_token: {username: push1, password: '{{ secret.push1 }}', push_interval: 1}, register: r}", keep="r")
    user = {"username": "push1", "password": PASSWORDS["push1"], "client_id": "ansible", "grant_type": "password"}
    first, second = bodies(play, TOKEN)
    assert first == user
    polls = sent(play, "/api/v1/pushpoll/")
    session = second["session"]
    assert polls and all(poll["query"] == f"s={session}" and poll["method"] == "GET" for poll in polls)
    assert header(polls[0], "Content-Type") == "application/json"
    assert header(polls[0], "Authorization") is None
    assert second == {**user, "challenge": "otp", "challenge_response": second["challenge_response"], "method": "ftm-push", "session": session}
    assert len(second["challenge_response"]) == 20
    assert outcome["r"]["access_token"]
    assert f"push1: approve the sign-in to https://{play.sim.host} on your phone (FortiToken Mobile). 60 seconds left." in outcome.output


def test_fac_push_typed_by_hand(play: Player) -> None:
    otp = play.sim.otp("push1")
    play(
        "- forti.oauth.fac_oauth_token: {username: push1, password: '{{ secret.push1 }}', method: ftm, challenge_response: '{{ otp }}'}", variables={"otp": otp}
    )
    user = {"username": "push1", "password": PASSWORDS["push1"], "client_id": "ansible", "grant_type": "password"}
    assert bodies(play, TOKEN) == [{**user, "challenge": "otp", "challenge_response": otp, "method": "ftm"}]


def test_fac_verify_and_revoke(play: Player) -> None:
    outcome = play(
        """
        - forti.oauth.fac_oauth_token: {username: luser1, password: "{{ secret.luser1 }}", client_id: ansible-secret, client_secret: "{{ secret.client }}"}
          register: r
        - forti.oauth.fac_oauth_token_info: {client_id: ansible-secret, access_token: "{{ r.access_token }}"}
          register: before
        - forti.oauth.fac_oauth_token: {client_id: ansible-secret, client_secret: "{{ secret.client }}", state: absent, access_token: "{{ r.access_token }}"}
          register: revoked
        - forti.oauth.fac_oauth_token_info: {client_id: ansible-secret, access_token: "{{ r.access_token }}"}
          register: after
        """,
        keep="r before revoked after",
    )
    verify = sent(play, "/api/v1/oauth/verify_token/")[0]
    assert (verify["method"], verify["query"]) == ("GET", "client_id=ansible-secret")
    assert header(verify, "Authorization") == outcome["r"]["authorization"]
    assert bodies(play, "/api/v1/oauth/revoke_token/") == [
        {"client_id": "ansible-secret", "client_secret": PASSWORDS["client"], "token": outcome["r"]["access_token"]}
    ]
    assert outcome["before"]["valid"] is True
    assert outcome["before"]["username"] == "luser1"
    assert 35990 <= outcome["before"]["expires_in"] <= 36000
    assert outcome["revoked"]["changed"] is True
    assert (outcome["after"]["valid"], outcome["after"]["username"], outcome["after"]["expires_in"]) == (False, None, None)
