# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page "FortiAuthenticator" says of a code with PKCE."""

from __future__ import annotations

from tests.integration.harness import PASSWORDS, Player
from tests.tools.guides import example

CALLBACK = "https://portal.example.com/callback"
VERIFIER = "a-random-text-that-the-browser-hashed-dBjftJeZ4CVP-mB92K27uhbUJU1p1r"


def task(play: Player) -> str:
    return example("guide_fortiauthenticator", "code_verifier:").replace("fac.example.com", play.sim.host)


def given(play: Player, code_verifier: str) -> dict[str, str]:
    code = play.sim.code(client_id="portal", username="luser1", redirect_uri=CALLBACK, code_verifier=VERIFIER)
    return {"vault_portal_client_secret": PASSWORDS["portal"], "code": code, "code_verifier": code_verifier}


def test_a_code_with_its_verifier(play: Player) -> None:
    outcome = play(task(play), keep="portal", variables=given(play, VERIFIER), hosts=2)
    assert [portal["source"] for portal in outcome.of_all("portal")].count("login") >= 1
    assert play.sim.counts["fac.login"] == 1


def test_a_code_with_another_verifier(play: Player) -> None:
    outcome = play(task(play), variables=given(play, VERIFIER.upper()), fails=True)
    assert "invalid_grant" in outcome.output
    assert play.sim.counts["fac.login"] == 0
