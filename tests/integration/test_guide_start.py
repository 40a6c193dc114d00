# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first examples that a reader meets work with a server of an own CA, whose file only the environment names, and without it, too."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml

from tests.integration.harness import PASSWORDS, Player
from tests.tools.build import ROOT
from tests.tools.guides import GUIDES, examples_of

FIRST = {
    "README.md": ROOT / "README.md",
    "guide_start.rst": GUIDES / "guide_start.rst",
    "guide_role.rst": GUIDES / "guide_role.rst",
    "roles/token/README.md": ROOT / "roles" / "token" / "README.md",
}
GIVEN: dict[str, Any] = {
    "vault_fac_username": "luser1",
    "vault_fac_password": PASSWORDS["luser1"],
    "vault_forticwp_credential": PASSWORDS["credential"],
}
LOGIN = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]}
CA_PATHS = ("FAC_CA_PATH", "FORTICWP_CA_PATH")


def run(play: Player, page: str, env: dict[str, str], *, fails: bool = False) -> None:
    """Run the first example of a page."""
    text = examples_of(FIRST[page])[0]
    for server in ("fac.example.com", "www.forticwp.com"):
        text = text.replace(server, play.sim.host)
    given = pathlib.Path(play.environment["HOME"], "given.yml")
    given.write_text(yaml.safe_dump(GIVEN))
    play.playbook(text, "--extra-vars", f"@{given}", inventory="localhost ansible_connection=local\n", env={**LOGIN, **env}, fails=fails)


@pytest.mark.daily("README.md")
@pytest.mark.parametrize("page", FIRST)
def test_with_a_ca_that_only_the_environment_names(play: Player, page: str) -> None:
    """SSL_CERT_FILE is not set, so the system's certificates count for C(uri), and the simulator's CA is not among them."""
    play.environment.pop("SSL_CERT_FILE", None)
    run(play, page, {})
    assert play.sim.counts["fac.login"] == 1
    assert play.sim.counts["resource"] >= 1


@pytest.mark.daily("README.md-empty")
@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
@pytest.mark.parametrize("page", FIRST)
def test_without_the_variable(play: Player, page: str, value: str | None) -> None:
    """The line C(ca_path) does nothing then."""
    for name in CA_PATHS:
        play.environment.pop(name)
    empty = {} if value is None else dict.fromkeys(CA_PATHS, value)
    run(play, page, {**empty, "SSL_CERT_FILE": str(play.sim.ca), "REQUESTS_CA_BUNDLE": str(play.sim.ca)})
    assert play.sim.counts["resource"] >= 1


@pytest.mark.long
def test_uri_alone_does_not_know_the_variable(play: Player) -> None:
    """The test of the test."""
    play.environment.pop("SSL_CERT_FILE", None)
    play.playbook(
        f"- hosts: localhost\n  gather_facts: false\n  tasks: [{{ansible.builtin.uri: {{url: '{play.sim.url}/api/fabric/device/status'}}}}]\n",
        inventory="",
        env={},
        fails=True,
    )
    assert play.sim.requests == []
