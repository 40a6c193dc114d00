# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guides and README files tell to type is typed into a shell, against the simulator. What is not is named here, with the reason."""

from __future__ import annotations

import pathlib
import re
import subprocess

from tests.integration.harness import PASSWORDS, PROGRAM, Player
from tests.tools.build import ROOT
from tests.tools.guides import GUIDES

_IN_RST = re.compile(r"^\.\. code-block:: console\n\n((?: .*\n|\n)+)", re.MULTILINE)
_IN_MARKDOWN = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = dict.fromkeys(sorted(GUIDES.glob("*.rst")), _IN_RST) | dict.fromkeys((ROOT / "README.md", *ROOT.glob("roles/*/README.md")), _IN_MARKDOWN)
LINES = [line.strip().removeprefix("$ ") for path, blocks in PAGES.items() for block in blocks.findall(path.read_text()) for line in block.splitlines() if line]
NOT_TYPED = {
    r"(read -rs|ansible-vault create|keyring set) |.* --ask-vault-pass": "asks a person",
    r"python3 -m pip install |ansible-galaxy collection install awx\.awx ": "changes the machine, from the network",
    r"git clone |make quickstart$|make test$": "what everything here begins with",
    r"make build|ansible-galaxy collection install .*dist/": "test_fresh_install.py",
    r"export FAC_SERVER=fac\.example\.com": "the test has its own server",
    r"python3 ~/\.ansible/.*/simulator --port |sed -i |export SSL_CERT_FILE=~/\.cache/forti|ansible-playbook first\.yml -e @~": "test_simulator_goes_along.py",
    r"cd ~/|ansible-builder |podman push ": "test_execution_environment.py",
    r"export (CONTROLLER_|SSL_CERT_FILE=)|ansible-playbook forti\.oauth\.awx_setup$": "awx/test_setup.py",
    r"ansible-playbook token\.yml$|FORTISASE_ACCESS_TOKEN=|rm ~/\.fortisase_token$": "test_later_tasks.py",
    r"ansible-galaxy collection install (forti\.oauth|-r requirements\.yml)$": "asks Galaxy; test_fresh_install.py installs the artifact",
}


def typed() -> list[str]:
    """Return the lines that the test types."""
    return [line for line in LINES if not any(re.match(pattern, line) for pattern in NOT_TYPED)]


def test_console_lines(play: Player) -> None:
    path = f"{pathlib.Path(PROGRAM).parent}:{play.environment['PATH']}"
    user = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"], "FORTICWP_CREDENTIAL": PASSWORDS["credential"]}
    environment = {**play.environment, **user, "SSL_CERT_FILE": str(play.sim.ca), "PATH": path}
    shell = ["bash", "-euo", "pipefail", "-c", "\n".join(typed())]
    done = subprocess.run(
        shell, env=environment, cwd=environment["HOME"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout
    assert "FAC_CLIENT_ID" in done.stdout  # what ansible-doc shows
    assert play.sim.counts["fac.login"] == 3  # a run each: a task's, a template's, and the doctor's that is asked for one
    assert not [secret for secret in play.sim.secrets() if secret in done.stdout]


def test_the_lines_are_known() -> None:
    """A new line either runs in a shell, or has its reason; and no reason outlives its line."""
    assert {line.split()[0] for line in typed()} == {"ansible", "ansible-doc", "ansible-playbook", "export"}
    assert [pattern for pattern in NOT_TYPED if not any(re.match(pattern, line) for line in LINES)] == []
