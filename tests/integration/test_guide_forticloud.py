# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page "FortiCloud" says: the downloaded file works as it is, and a play whose token somebody else ends heals itself."""

from __future__ import annotations

import pathlib
import subprocess

import pytest
import yaml

from tests.integration.harness import PASSWORDS, PROGRAM, Player
from tests.tools.guides import example

LOGIN = "/api/v1/oauth/token/"
PROGRAMS = "/ES/api/fortiflex/v2/programs/list"
API_USER = {"vault_forticloud_api_id": "luser1", "vault_forticloud_password": PASSWORDS["luser1"]}
HOSTS = "".join(f"host{number} ansible_connection=local\n" for number in range(3))
# The lines of downloaded files, as public texts quote them: a space at an end, a word twice, spaces after a colon, brackets.
CREDENTIAL = f"""apiId:luser1
password:{PASSWORDS["luser1"]}
clientId for FortiManager Cloud Cloud:FortiManager\x20
clientId for Asset Management Cloud:  assetmanagement
clientId for FlexVM Cloud:   flexvm
clientId for FortiSASE (Beta) Cloud:   FortiSASE
"""
# Another program logs in as the same API user.
SOMEBODY = """
- name: Somebody else logs in
  ansible.builtin.uri:
    url: https://customerapiauth.fortinet.com/api/v1/oauth/token/
    method: POST
    body_format: json
    body: {grant_type: password, client_id: flexvm, username: luser1, password: "{{ vault_forticloud_password }}"}
  run_once: true
  no_log: true
"""


@pytest.mark.daily("*-crlf")
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("portal", "client_id"), [("Asset Management", "assetmanagement"), ("FortiManager", "FortiManager"), ("FortiSASE (Beta)", "FortiSASE")]
)
def test_the_downloaded_file(play: Player, tmp_path: pathlib.Path, portal: str, client_id: str, line_end: str) -> None:
    """The file is encrypted, as the page tells."""
    (tmp_path / "api_user.txt").write_bytes(CREDENTIAL.replace("\n", line_end).encode())
    (tmp_path / "word").write_text("the word of the vault")
    vault = str(pathlib.Path(PROGRAM).with_name("ansible-vault"))
    subprocess.run([vault, "encrypt", "--vault-password-file", str(tmp_path / "word"), str(tmp_path / "api_user.txt")], env=play.environment, check=True)
    book = example("guide_forticloud", "api_user.txt").replace("customerapiauth.fortinet.com", play.sim.host)
    arguments = ("--vault-password-file", str(tmp_path / "word"), "--extra-vars", f"portal='{portal}'")
    play.playbook(book, *arguments, inventory="", env={})
    assert [request["path"] for request in play.sim.requests] == [LOGIN]
    (token,) = (token for token in play.sim.secrets() if play.sim.live_state.tokens.live(token, "fac"))
    access = play.sim.live_state.tokens.live(token, "fac")
    assert access is not None and access.owner.client_id == client_id


def test_a_portal_that_the_downloaded_file_does_not_have(play: Player, tmp_path: pathlib.Path) -> None:
    (tmp_path / "api_user.txt").write_text(CREDENTIAL)
    book = example("guide_forticloud", "api_user.txt").replace("customerapiauth.fortinet.com", play.sim.host)
    play.playbook(book, "--extra-vars", "portal=FortiEDR", inventory="", env={}, fails=True)
    assert play.sim.requests == []


def healing(play: Player, *, ended_before: str = "") -> str:
    """Return the play that heals itself, with the simulator for the servers.

    :arg ended_before: the name of the task before which somebody else ends the token; none if it is empty.
    """
    text = example("guide_forticloud", "rescue:")
    if ended_before:
        place = f"    - name: {ended_before}\n"
        assert text.count(place) == 1
        somebody = "".join(f"    {line}\n" for line in SOMEBODY.strip().splitlines())
        text = text.replace(place, somebody + place)
    return text.replace("customerapiauth.fortinet.com", play.sim.host).replace("support.fortinet.com", play.sim.host)


def run(play: Player, text: str, *, env: dict[str, str] | None = None) -> str:
    vault = pathlib.Path(play.environment["HOME"], "vault.yml")
    vault.write_text(yaml.safe_dump(API_USER))
    return play.playbook(text, "--extra-vars", f"@{vault}", inventory=HOSTS, env={"SSL_CERT_FILE": str(play.sim.ca), **(env or {})})


def calls(play: Player) -> list[str]:
    """Return the tokens that came with the calls, in their order."""
    return [request["headers"]["Authorization"] for request in play.sim.requests if request["path"] == PROGRAMS]


@pytest.mark.long
def test_nothing_is_healed_if_nothing_is_wrong(play: Player) -> None:
    output = run(play, healing(play))
    assert play.sim.counts["fac.login"] == 1
    assert len(calls(play)) == 3
    assert "rescued=0" in output and "rescued=1" not in output


def test_a_token_that_somebody_else_has_ended(play: Player) -> None:
    """Three hosts fail at the same task; the play heals with one more login for all of them."""
    output = run(play, healing(play, ended_before="Read the programs, with a second try"))
    assert play.sim.counts["fac.login"] == 1 + 1 + 1  # the play's, somebody's, the play's second one
    dead, alive = calls(play)[:3], calls(play)[3:]
    assert len(set(dead)) == len(set(alive)) == 1
    assert set(dead) != set(alive) and len(alive) == 3
    assert output.count("rescued=1") == 3


@pytest.mark.long
def test_a_kept_token_that_somebody_else_has_ended(play: Player, tmp_path: pathlib.Path) -> None:
    """A later run finds it in a directory. C(verify) is off here: the play heals without it, too."""
    env = {"FORTI_OAUTH_CACHE": str(tmp_path / "kept"), "FAC_VERIFY": "never"}
    run(play, healing(play), env=env)
    play.sim.live_state.expire()
    run(play, healing(play), env=env)
    assert play.sim.counts["fac.login"] == 2
    run(play, healing(play), env=env)
    assert play.sim.counts["fac.login"] == 2  # the new token is kept


@pytest.mark.long
def test_until_does_not_heal(play: Player) -> None:
    """Core fills in the header once, before the first try, also if there is a lookup in it."""
    login = f"server='{play.sim.host}', client_id='flexvm', username='luser1', password=secret.luser1, return_as='authorization'"
    tasks = f"""
- uri:
    url: 'https://{play.sim.host}{PROGRAMS}'
    method: POST
    headers: {{Authorization: "{{{{ lookup('forti.oauth.fac_oauth_token', force=true, {login}) }}}}"}}
    body_format: json
    body: {{}}
  register: flex
  until: flex.json.status == 0
  retries: 3
  delay: 0
  no_log: true
"""
    play.sim.fault(PROGRAMS, status=200, body={"status": -1, "message": "Invalid security token."}, times=2)
    play(tasks, env={"SSL_CERT_FILE": str(play.sim.ca)})
    assert len(calls(play)) == 3
    assert len(set(calls(play))) == 1
