# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the guides, the README files and the plugins runs as it stands, with only servers, credentials and places of files replaced."""

from __future__ import annotations

import pathlib
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from extensions.simulator.examples import variables
from tests.integration.harness import PASSWORDS, Player
from tests.tools.build import ROOT, known_files
from tests.tools.guides import examples_of

# What does not run here: the page, a text that only this example of it has, and the test that runs it, or why none can.
LATER = (
    *("Call an API that", "FortiFlex", "Asset Management", "FortiManager Cloud\n", "FortiManager\n", "FortiGate", "FortiSASE", "Write a token for"),
    *("The token comes from group_vars", "Get a token on the controller"),
)
RECIPES = (
    *("Compare two FortiAuthenticators", "london-fw1:", "hosts: london:paris", "# customers.yml", "- name: All customers"),
    *("community.general.keyring", "community.hashi_vault.vault_kv2_get", "agent.conf.j2"),
)
NOT_HERE = {
    ("CONTRIBUTING.md", "bugfixes:"): "a changelog fragment",
    ("README.md", "  - name: forti.oauth\n    version:"): "a requirements.yml, which asks Galaxy; test_fresh_install.py installs the artifact",
    ("guide_awx.rst", "awx_setup_organization: Default"): "awx/test_setup.py",
    ("guide_awx.rst", "playbook: token.yml"): "awx/test_setup_existing.py",
    ("guide_awx.rst", "- name: https://github.com/forti-oauth/forti.oauth.git"): "awx/test_requirements.py",
    ("guide_awx.rst", "- name: Get a token\n  hosts: localhost"): "awx/test_requirements.py",
    ("guide_awx.rst", "fac_authorization:"): "awx/test_inventory.py",
    ("guide_awx.rst", "- name: Ask a FortiAuthenticator for its state"): "test_awx_jobs.py",
    ("guide_awx.rst", "forti.oauth.awx_sample"): "test_awx_jobs.py",
    ("guide_fortiauthenticator.rst", "ansible.builtin.pause:"): "a person types; test_challenge.py answers in a second task",
    ("guide_fortiauthenticator.rst", "code_verifier:"): "test_guide_fortiauthenticator.py",
    ("guide_forticloud.rst", "api_user.txt"): "test_guide_forticloud.py",
    ("guide_forticloud.rst", "rescue:"): "test_guide_forticloud.py",
    ("guide_from_uri.rst", "Refresh the token if it ends"): "test_guide_from_uri.py",
    ("guide_later_tasks.rst", "# group_vars/fortigate.yml"): "test_later_tasks.py",
    ("guide_later_tasks.rst", "# group_vars/fortimanager.yml"): "test_later_tasks.py",
    **{("guide_later_tasks.rst", f"---\n- name: {name}"): "test_later_tasks.py" for name in LATER},
    ("guide_recipes.rst", "\nansible-navigator:"): "the settings of another program, which wants an image",
    **{("guide_recipes.rst", text): "test_guide_recipes.py" for text in RECIPES},
    **{("guide_secrets.rst", f"- name: {name}\n"): "test_guide_secrets.py" for name in ("Use it", "Ask the FortiAuthenticator", "Show why it failed")},
}
PLUGINS = [*(ROOT / "plugins" / "modules").glob("*.py"), *(ROOT / "plugins" / "lookup").glob("*.py")]
TEXTS = [ROOT / name for name in known_files() if name.endswith((".md", ".rst"))]
PAGES = [path for path in [*TEXTS, *PLUGINS] if examples_of(path)]

SERVERS = ("fac.example.com", "customerapiauth.fortinet.com", "www.forticwp.com", "www.forticasb.com")
INVENTORY = "localhost ansible_connection=local\njumphost ansible_connection=local\n[firewalls]\nfirewall1\nfirewall2\n"
# Who vault_fac_username is on a page, where it is not luser1 with the right password.
FAC_USER = {
    "fac_oauth_token.py": ("push1", PASSWORDS["push1"]),  # has a FortiToken
    "guide_troubleshooting.rst": ("luser1", PASSWORDS["wrong"]),  # its example shows a failure
}


def credentials(play: Player, page: pathlib.Path) -> dict[str, Any]:
    """Return the variables that a page's examples take."""
    known = variables()
    if page.name in FAC_USER:
        known.update(zip(("vault_fac_username", "vault_fac_password"), FAC_USER[page.name], strict=True))
    code = play.sim.code(client_id="portal", username="luser1", redirect_uri="https://portal.example.com/callback")
    return {**known, "code": code, "otp": play.sim.otp("push1"), "radius_otp": play.sim.otp("radius1")}


def runs(page: pathlib.Path) -> list[str]:
    """Return the examples of a page that run here."""
    return [block for block in examples_of(page) if not any(page.name == name and text in block for name, text in NOT_HERE)]


def replaced(block: str, play: Player, folder: pathlib.Path) -> str:
    """Return an example with the simulator for the servers."""
    for server in SERVERS:
        block = block.replace(server, play.sim.host)
    if "vault_radius" in block:
        block = block.replace("{{ otp }}", "{{ radius_otp }}")
    return block.replace("/etc/ssl/our-ca.pem", str(play.sim.ca)).replace("/etc/agent.conf", str(folder / "agent.conf"))


def plays(page: pathlib.Path, play: Player, folder: pathlib.Path) -> Iterator[str]:
    """Yield the plays of a page: examples that are plays as they are, lists of tasks as one play each. Files of variables are written."""
    for block in runs(page):
        content = yaml.safe_load(block)
        text = replaced(block, play, folder).replace("---\n", "", 1)
        if isinstance(content, dict):
            (folder / "secrets.yml").write_text(text)
        elif "hosts" in content[0]:
            yield text
        else:
            yield f"- hosts: localhost\n  gather_facts: false\n  tasks:\n{textwrap.indent(text, '    ')}"


@pytest.mark.daily("README.md", "docs/docsite/rst/guide_start.rst", "plugins/*")
@pytest.mark.parametrize("page", [page for page in PAGES if runs(page)], ids=lambda page: str(page.relative_to(ROOT)))
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
    assert output.count("PLAY [") == len(yaml.safe_load("".join(book)))
    # A task of a role has the role's name before a colon, and may have nothing to do.
    assert re.findall(r"^TASK \[([^\]:]+)\] \*+\n(?:(?!TASK |PLAY ).*\n)*?skipping: ", output, re.MULTILINE) == []


def test_each_exception_is_one_example() -> None:
    found = {(name, text): sum(text in block for page in PAGES if page.name == name for block in examples_of(page)) for name, text in NOT_HERE}
    assert {exception: times for exception, times in found.items() if times != 1} == {}
    assert set(FAC_USER) <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_example_is_overlooked(page: pathlib.Path) -> None:
    """An example written in a way that examples_of does not know would never run."""
    written = re.findall(r"^\s*(?:\.\. (?:code|code-block|sourcecode):: *|[`~]{3,} *)(?:ya?ml|jinja)", page.read_text(), re.MULTILINE)
    assert len(examples_of(page)) == len(written)
