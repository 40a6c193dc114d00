# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords that stand encrypted in the playbook, wherever a playbook can have them."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import textwrap

import pytest

from tests.integration.harness import PASSWORDS, Player


@pytest.fixture
def vault_password(tmp_path: pathlib.Path) -> pathlib.Path:
    """The file with the password of the vault."""
    path = tmp_path / "vault-password"
    path.write_text("the-password-of-the-vault\n")
    return path


def encrypted(secret: str, password: pathlib.Path, *, indent: int) -> str:
    """Return what ansible-vault writes for this secret, to stand behind a key."""
    command = [str(pathlib.Path(sys.executable).parent / "ansible-vault"), "encrypt_string", "--vault-password-file", str(password), secret]
    head, _newline, lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().partition("\n")
    return f"{head}\n{textwrap.indent(textwrap.dedent(lines), ' ' * indent)}"


def test_wherever_it_stands(play: Player, vault_password: pathlib.Path) -> None:
    user, credential = PASSWORDS["luser1"], PASSWORDS["credential"]
    tasks = f"""
- forti.oauth.fac_oauth_token:
    username: luser1
    password: {encrypted(user, vault_password, indent=6)}
  register: direct
- forti.oauth.fac_oauth_token: {{username: luser1, password: '{{{{ fac_oauth_password }}}}'}}
  register: variable
- forti.oauth.fac_oauth_token: {{username: luser1}}
  register: by_its_name
- set_fact:
    by_name: "{{{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=fac_oauth_password) }}}}"
    by_variable: "{{{{ lookup('forti.oauth.fac_oauth_token', username='luser1') }}}}"
  no_log: true
- include_role: {{name: forti.oauth.token}}
  vars: {{token_fac_options: {{username: luser1, password: '{{{{ fac_oauth_password }}}}'}}, token_forticwp_options: '{{{{ cwp }}}}'}}
"""
    head = f"""
vars:
  fac_oauth_password: {encrypted(user, vault_password, indent=4)}
  cwp:
    credential: {encrypted(credential, vault_password, indent=6)}
"""
    names = "direct variable by_its_name by_name by_variable token_fac token_forticwp"
    outcome = play(tasks, keep=names, head=head, env={"ANSIBLE_VAULT_PASSWORD_FILE": str(vault_password)})
    tokens = {outcome[name]["access_token"] for name in ("direct", "variable", "by_its_name", "token_fac")} | {outcome["by_name"], outcome["by_variable"]}
    assert len(tokens) == 1
    assert outcome["token_forticwp"]["access_token"]
    assert (play.sim.counts["fac.login"], play.sim.counts["forticwp.credentials"]) == (1, 1)


@pytest.mark.long
def test_a_store_whose_address_is_secret(play: Player, vault_password: pathlib.Path) -> None:
    tasks = f"""
- forti.oauth.token_store_info:
    cache: {encrypted(str(vault_password.parent / "tokens"), vault_password, indent=6)}
  register: store
"""
    outcome = play(tasks, keep="store", env={"ANSIBLE_VAULT_PASSWORD_FILE": str(vault_password)})
    assert outcome["store"]["count"] == 0
