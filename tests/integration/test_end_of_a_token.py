# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends a token, and what tells whether it lives."""

from __future__ import annotations

import pytest

from extensions.simulator.model import Client
from tests.integration.harness import PASSWORDS, Player

LOGIN = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}'}, register: r}\n"
KEPT = "- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', state: absent}, register: ended}\n"
GIVEN = "- {forti.oauth.fac_oauth_token: {state: absent, access_token: '{{ r.access_token }}'}, register: ended}\n"


def test_the_kept_token_is_ended_once(play: Player) -> None:
    outcome = play(LOGIN + KEPT, keep="ended", hosts=5)
    assert sorted(result["changed"] for result in outcome.of_all("ended")) == [False] * 4 + [True]
    assert (play.sim.counts["fac.verify"], play.sim.counts["fac.revoke"]) == (1, 1)


def test_the_given_token_is_ended_once(play: Player) -> None:
    outcome = play(LOGIN + GIVEN, keep="ended", hosts=5)
    assert sum(result["changed"] for result in outcome.of_all("ended")) == 1
    assert (play.sim.counts["fac.verify"], play.sim.counts["fac.revoke"]) == (1, 1)


def test_nothing_kept_is_nothing_to_end(play: Player) -> None:
    outcome = play(KEPT, keep="ended")
    assert outcome["ended"]["changed"] is False
    assert play.sim.requests == []


def test_a_dead_token_is_not_revoked(play: Player) -> None:
    outcome = play("- {forti.oauth.fac_oauth_token: {state: absent, access_token: no-such-token}, register: ended}", keep="ended")
    assert outcome["ended"]["changed"] is False
    assert (play.sim.counts["fac.verify"], play.sim.counts["fac.revoke"]) == (1, 0)


def test_check_mode_verifies_only(play: Player) -> None:
    outcome = play(
        LOGIN + GIVEN + "- {forti.oauth.fac_oauth_token_info: {access_token: '{{ r.access_token }}'}, register: info}",
        keep="ended info",
        arguments=("--check",),
    )
    assert outcome["ended"]["changed"] is True
    assert outcome["info"]["valid"] is True
    assert play.sim.counts["fac.revoke"] == 0


def test_an_ended_token_is_not_handed_out(play: Player) -> None:
    outcome = play(LOGIN + GIVEN + LOGIN.replace("register: r", "register: again"), keep="r again")
    assert outcome["again"]["source"] == "login"
    assert outcome["again"]["access_token"] != outcome["r"]["access_token"]


def test_wrong_client_at_revoke(play: Player) -> None:
    login = LOGIN.replace("password:", "client_id: ansible-secret, client_secret: '{{ secret.client }}', password:")
    wrong = (
        "- {forti.oauth.fac_oauth_token: {client_id: ansible-secret, state: absent, access_token: '{{ r.access_token }}'}, register: x, ignore_errors: true}\n"
    )
    outcome = play(login + wrong, keep="x")
    assert (outcome["x"]["status"], outcome["x"]["error"]) == (401, "invalid_client")
    assert "Check client_id and client_secret" in outcome["x"]["msg"]


def test_info_of_a_server_that_tells_nothing(play: Player) -> None:
    """Before 6.0.1 a FortiAuthenticator told no user, before 6.4.1 no expiry."""
    play.sim.fault("/api/v1/oauth/verify_token/", status=200, body="")
    outcome = play("- {forti.oauth.fac_oauth_token_info: {access_token: some-token}, register: info}", keep="info")
    assert {name: outcome["info"][name] for name in ("valid", "username", "expires_in")} == {"valid": True, "username": None, "expires_in": None}


def test_info_of_a_login_page_is_no_yes(play: Player) -> None:
    play.sim.fault("/api/v1/oauth/verify_token/", status=200, body="<html>Welcome</html>", content_type="text/html")
    outcome = play("- {forti.oauth.fac_oauth_token_info: {access_token: some-token}, register: info, ignore_errors: true}", keep="info")
    assert "answered 200 with an HTML page." in outcome["info"]["msg"]


@pytest.mark.long
def test_a_token_ends_twice_in_the_middle_of_a_play(play: Player) -> None:
    """A lookup in vars is read by each task: it renews itself. What set_fact froze is dead at the end."""
    life = 8  # seconds; the shortest in which a slow machine still makes a call
    play.sim.live_state.clients["brief"] = Client("brief", expires_in=life)
    call = "- uri: {{url: '{{{{ url }}}}', headers: {{Authorization: '{{{{ {} }}}}'}}, ca_path: '{{{{ ca }}}}', status_code: {}}}\n  no_log: true\n"
    fresh, wait = call.format("fresh", 200), f"- pause: {{seconds: {life}}}\n"
    play(
        "- {set_fact: {frozen: '{{ fresh }}'}, no_log: true}\n" + fresh + wait + fresh + fresh + wait + fresh + call.format("frozen", 401),
        hosts=2,
        variables={
            "fresh": "{{ lookup('forti.oauth.fac_oauth_token', client_id='brief', return_as='authorization') }}",
            "url": f"{play.sim.url}/api/fabric/device/status",
            "ca": play.sim.ca,
        },
        env={"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]},
    )
    assert (play.sim.counts["fac.login"], play.sim.counts["fac.refresh"], play.sim.counts["fac.token"]) == (1, 2, 3)
    sent = [(request["headers"]["Authorization"], request["status"]) for request in play.sim.requests if request["path"] == "/api/fabric/device/status"]
    assert [status for _token, status in sent] == [200] * 8 + [401] * 2
    assert [len({token for token, _status in part}) for part in (sent[:2], sent[2:6], sent[6:8], sent)] == [1, 1, 1, 3]
