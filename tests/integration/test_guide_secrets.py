# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page "Keeping tokens out of your logs" says: its examples hide the token, and what it says to hide nothing hides nothing."""

from __future__ import annotations

import textwrap

import pytest

from tests.integration.harness import PASSWORDS, Player
from tests.integration.printing import MASKED_BY_CORE
from tests.tools.guides import examples

USER = {"vault_fac_username": "luser1", "vault_fac_password": PASSWORDS["luser1"]}


def shown(play: Player) -> list[str]:
    """Return the page's examples, with the simulator for the server."""
    return [block.replace("fac.example.com", play.sim.host) for block in examples("guide_secrets")]


def test_the_examples_hide_the_token(play: Player) -> None:
    """The play's output, at -vvvv, is searched for it."""
    use, block, rescue, _loops = shown(play)
    outcome = play(use + block + rescue, variables=USER, env={"SSL_CERT_FILE": str(play.sim.ca)}, fails=True)
    assert play.sim.counts["resource"] == 2
    assert f"{play.sim.url}, login, good until 20" in outcome.output
    assert "Status 200" in outcome.output
    assert f"{play.sim.url}/no/such/page answered 404." in outcome.output


@pytest.mark.long
def test_what_hides_nothing(play: Player) -> None:
    """The test of the test: without no_log the token is printed, where core does not mask it."""
    use, block, _rescue, _loops = shown(play)
    tasks = use + block.replace("  no_log: true\n", "  vars: {no_log: true}\n")
    fixed = "a-token-that-is-printed-on-purpose"
    play.sim.fault("/api/v1/oauth/token/", status=200, body={"access_token": fixed, "expires_in": 3600})
    play.sim.fault("/api/fabric/device/status", status=200, body={}, times=None)
    outcome = play(tasks, variables=USER, env={"SSL_CERT_FILE": str(play.sim.ca), "ANSIBLE_INJECT_INVOCATION": "true"})
    assert (fixed in outcome.output) is not MASKED_BY_CORE


@pytest.mark.daily("they fail")
@pytest.mark.parametrize("passwords", [{"luser1": "luser1"}, {"luser1": "wrong", "ftm1": "client"}], ids=["they succeed", "they fail"])
def test_a_loop_over_names(play: Player, passwords: dict[str, str]) -> None:
    """There is nothing in its items to hide. A callback that writes what it can finds nothing either."""
    first, second = shown(play)[3].split("\n\n")
    loops = "".join(f"- ignore_errors: true\n  block:\n{textwrap.indent(task.strip(), '    ')}\n" for task in (first, second))
    written = {"ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.junit", "JUNIT_OUTPUT_DIR": f"{play.environment['HOME']}/junit"}
    variables = {"vault_passwords": {user: PASSWORDS[password] for user, password in passwords.items()}}
    fails = "wrong" in passwords.values()
    outcome = play(loops, variables=variables, keep="fac_tokens", env={"SSL_CERT_FILE": str(play.sim.ca), **written})
    play.search_files()
    assert sorted(result["item"] for result in outcome["fac_tokens"]["results"]) == sorted(passwords)
    assert ["access_token" in result for result in outcome["fac_tokens"]["results"]] == [not fails] * len(passwords)
    assert [f"failed: [host000] (item={user}) =>" in outcome.output for user in passwords] == [fails] * len(passwords)
