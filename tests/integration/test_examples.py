# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the guides, the README files and the plugins runs as it stands, with only servers, credentials and places of files replaced."""

from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.integration.harness import PASSWORDS, Player
from tests.tools.build import ROOT
from tests.tools.guides import GUIDES, examples_of

# Pages that a test of their own runs, and examples that cannot run by themselves: a text that is in them, and why.
ELSEWHERE = {
    "guide_awx.rst": "test_awx_setup.py, test_awx_jobs.py",
    "guide_later_tasks.rst": "test_later_tasks.py",
    "guide_secrets.rst": "test_guide_secrets.py",
}
NOT_BY_ITSELF = {"ansible.builtin.pause:": "a person types; test_challenge.py answers in a second task"}
PLUGINS = [*(ROOT / "plugins" / "modules").glob("*.py"), *(ROOT / "plugins" / "lookup").glob("*.py")]
PAGES = [path for path in [*GUIDES.glob("*.rst"), ROOT / "README.md", ROOT / "roles" / "token" / "README.md", *PLUGINS] if examples_of(path)]

SERVERS = ("fac.example.com", "customerapiauth.fortinet.com", "www.forticwp.com", "www.forticasb.com")
USERS = {"fac": "luser1", "realm": "remote1", "iam": "robot", "push": "push1", "radius": "radius1", "forticloud": "luser1"}
INVENTORY = "localhost ansible_connection=local\njumphost ansible_connection=local\n[firewalls]\nfirewall1\nfirewall2\n"
# What a page takes for granted.
BEFORE = {"fac_oauth_token_info.py": "- {forti.oauth.fac_oauth_token: , register: fac}\n"}
ASKED_FOR_A_CODE = {"fac_oauth_token.py"}  # here vault_fac_username is a user with a FortiToken


def credentials(play: Player, page: pathlib.Path) -> dict[str, Any]:
    """Return the variables that a page's examples take."""
    known: dict[str, Any] = {f"vault_{name}_username": user for name, user in USERS.items()}
    known.update({f"vault_{name}_password": PASSWORDS[user] for name, user in USERS.items()})
    known.update(vault_forticloud_api_id="luser1", vault_fac_client_secret=PASSWORDS["client"], vault_portal_client_secret=PASSWORDS["portal"])
    known.update(vault_forticwp_credential=PASSWORDS["credential"], vault_forticwp_username="cwp@example.com", vault_forticwp_password=PASSWORDS["cwp"])
    if page.name in ASKED_FOR_A_CODE:
        known.update(vault_fac_username="push1", vault_fac_password=PASSWORDS["push1"])
    code = play.sim.code(client_id="portal", username="luser1", redirect_uri="https://portal.example.com/callback")
    # The lookup's example has them in variables.
    known.update(user="luser1", password=PASSWORDS["luser1"], fac_oauth_server=play.sim.host)
    return {**known, "code": code, "otp": play.sim.otp("push1"), "radius_otp": play.sim.otp("radius1")}


def replaced(block: str, play: Player, folder: pathlib.Path) -> str:
    """Return an example with the simulator for the servers."""
    for server in SERVERS:
        block = block.replace(server, play.sim.host)
    if "vault_radius" in block:
        block = block.replace("{{ otp }}", "{{ radius_otp }}")
    return block.replace("/etc/ssl/our-ca.pem", str(play.sim.ca)).replace("/etc/agent.conf", str(folder / "agent.conf"))


def plays(page: pathlib.Path, play: Player, folder: pathlib.Path) -> Iterator[str]:
    """Yield the plays of a page: examples that are plays as they are, lists of tasks as one play each. Files of variables are written."""
    for block in examples_of(page):
        if any(text in block for text in NOT_BY_ITSELF):
            continue
        content = yaml.safe_load(block)
        text = replaced(block, play, folder).replace("---\n", "", 1)
        if isinstance(content, dict):
            (folder / "secrets.yml").write_text(text)
        elif "hosts" in content[0]:
            yield text
        else:
            tasks = BEFORE.get(page.name, "") + text
            yield f"- hosts: localhost\n  gather_facts: false\n  tasks:\n{textwrap.indent(tasks, '    ')}"


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in ELSEWHERE], ids=lambda page: str(page.relative_to(ROOT)))
def test_examples(play: Player, page: pathlib.Path, tmp_path: pathlib.Path) -> None:
    book = list(plays(page, play, tmp_path))
    (tmp_path / "given.yml").write_text(yaml.safe_dump(credentials(play, page)))
    env = {
        "FAC_USERNAME": "luser1",
        "FAC_PASSWORD": PASSWORDS["luser1"],
        "FORTICWP_CREDENTIAL": PASSWORDS["credential"],
        "SSL_CERT_FILE": str(play.sim.ca),
    }
    output = play.playbook("---\n" + "".join(book), "--extra-vars", f"@{tmp_path}/given.yml", inventory=INVENTORY, env=env)
    assert "no hosts matched" not in output
    assert output.count("PLAY [") == len(book)


def test_each_page_and_each_exception_is_there() -> None:
    names = {page.name for page in PAGES}
    assert set(ELSEWHERE) | set(BEFORE) | ASKED_FOR_A_CODE <= names
    assert {path.name for path in GUIDES.glob("*.rst")} - names == {"guide_troubleshooting.rst"}
    blocks = [block for page in PAGES for block in examples_of(page)]
    assert [text for text in NOT_BY_ITSELF if not any(text in block for block in blocks)] == []
