# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks of the guide to FortiCloud that need more than servers and credentials: a downloaded file, a token that is ended in the middle."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from tests.integration.harness import PASSWORDS, Player
from tests.tools.guides import example

FILE = "apiId:{user}\npassword:{password}\nclientId for Asset Management Cloud:assetmanagement\n"
END = "    - {name: Somebody logs in, ansible.builtin.uri: {url: '%s/end_tokens', method: POST, body_format: json, body: {user: luser1}}}\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_the_downloaded_file_is_used_as_it_is(play: Player, tmp_path: pathlib.Path, line_end: str) -> None:
    text = FILE.format(user="luser1", password=PASSWORDS["luser1"]).replace("\n", line_end)
    (tmp_path / "forticloud.txt").write_text(text, newline="")
    playbook = example("guide_forticloud", "forticloud.txt").replace("customerapiauth.fortinet.com", play.sim.host)
    play.playbook(playbook.replace("'forticloud.txt'", f"'{tmp_path}/forticloud.txt'"), env={"SSL_CERT_FILE": str(play.sim.ca)}, inventory="")
    (login,) = play.sim.requests
    assert (login["status"], yaml.safe_load(login["body"])["client_id"]) == (200, "assetmanagement")


def test_a_play_heals_if_its_token_was_ended(play: Player) -> None:
    playbook = example("guide_forticloud", "- name: Heal a play").replace("fac.example.com", play.sim.host)
    before, here, after = playbook.partition("    - name: Use it, and get a new one")
    vault = pathlib.Path(play.environment["HOME"], "vault.yml")
    vault.write_text(yaml.safe_dump({"vault_fac_username": "luser1", "vault_fac_password": PASSWORDS["luser1"]}))
    environment = {"SSL_CERT_FILE": str(play.sim.ca)}
    output = play.playbook(before + END % play.sim.control + here + after, "--extra-vars", f"@{vault}", env=environment, inventory="")
    assert "rescued=1" in output
    assert play.sim.counts["fac.login"] == 2
    calls = [request["status"] for request in play.sim.requests if request["path"] == "/api/fabric/device/status"]
    assert calls == [401, 200]


def test_a_play_whose_token_lives_logs_in_once(play: Player) -> None:
    playbook = example("guide_forticloud", "- name: Heal a play").replace("fac.example.com", play.sim.host)
    vault = pathlib.Path(play.environment["HOME"], "vault.yml")
    vault.write_text(yaml.safe_dump({"vault_fac_username": "luser1", "vault_fac_password": PASSWORDS["luser1"]}))
    play.playbook(playbook, "--extra-vars", f"@{vault}", env={"SSL_CERT_FILE": str(play.sim.ca)}, inventory="")
    assert play.sim.counts["fac.login"] == 1
