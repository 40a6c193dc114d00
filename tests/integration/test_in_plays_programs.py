# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays that something else runs: the strategy of Mitogen, which takes the place of core's connections and workers, and ansible-pull."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from tests.integration.harness import PASSWORDS, PROGRAM, Player
from tests.integration.running import Running
from tests.tools.build import ROOT

ENVIRONMENT = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]}
LOOKUP = "lookup('forti.oauth.fac_oauth_token')"
HOSTS = 4


@pytest.fixture(scope="module")
def mitogen(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder with the strategies of Mitogen."""
    folder = tmp_path_factory.mktemp("mitogen")
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--retries", "1", "--timeout", "15", "--target", str(folder)]
    done = subprocess.run([sys.executable, "-m", "pip", "install", *options, "-r", str(ROOT / "tests" / "tools" / "mitogen.txt")], check=False)
    if done.returncode:
        pytest.skip("the package mitogen cannot be downloaded here: not tried with its strategy")
    return folder / "ansible_mitogen" / "plugins" / "strategy"


@pytest.mark.long
@pytest.mark.parametrize("connection", ["local", "ssh"])
def test_under_mitogen(play: Player, mitogen: pathlib.Path, connection: str) -> None:
    """One login for all hosts, also for hosts that cannot be reached: no connection is made."""
    outcome = play(
        f"""
- {{forti.oauth.fac_oauth_token: , register: r}}
- {{set_fact: {{looked: "{{{{ {LOOKUP} }}}}"}}, no_log: true}}
- {{include_role: {{name: forti.oauth.token}}}}
- {{forti.oauth.fac_oauth_token: , register: here, delegate_to: localhost}}
- {{forti.oauth.fac_oauth_token: {{password: '{{{{ secret.wrong }}}}', retries: 0}}, register: wrong, ignore_errors: true}}
- {{forti.oauth.fac_oauth_token_info: {{access_token: '{{{{ r.access_token }}}}'}}, register: info}}
- {{command: id, register: real, ignore_unreachable: true}}
""",
        keep="r looked token_fac here wrong info real",
        hosts=HOSTS,
        head="strategy: mitogen_linear",
        variables={"token_fac_options": {}, "ansible_host": "host.invalid"},
        connection=connection,
        env={**ENVIRONMENT, "ANSIBLE_STRATEGY_PLUGINS": str(mitogen)},
    )
    assert len(outcome.kept) == HOSTS
    for host in outcome.kept.values():
        assert len({host["looked"], *(host[name]["access_token"] for name in ("r", "here", "token_fac"))}) == 1
        assert host["info"]["valid"] and host["wrong"]["status"] == 401
        assert host["real"].get("rc") == (0 if connection == "local" else None)
    assert sum(result["source"] == "login" for result in outcome.of_all("r")) == 1
    assert [play.sim.counts[name] for name in ("fac.login", "fac.token", "fac.verify")] == [1, 2, HOSTS]
    assert "AnsiballZ" not in outcome.output  # core itself would send command as such a file


@pytest.mark.long
def test_ansible_pull(play: Player, tmp_path: pathlib.Path) -> None:
    """The machine fetches its playbook and runs it on itself. What is printed is searched for every secret."""
    repository = tmp_path / "repository"
    repository.mkdir()
    proof = tmp_path / "proof"
    tasks = [
        {"forti.oauth.fac_oauth_token": None, "register": "r"},
        {"copy": {"content": f"{{{{ (r.access_token == {LOOKUP}) | ternary('the same', 'another') }}}}, {{{{ r.source }}}}", "dest": str(proof)}},
    ]
    (repository / "local.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    for command in (["init", "--quiet"], ["add", "."], ["-c", "user.name=me", "-c", "user.email=me@example.com", "commit", "--quiet", "-m", "play"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    home = pathlib.Path(play.environment["HOME"])
    environment = {**play.environment, **ENVIRONMENT, "PATH": f"{pathlib.Path(PROGRAM).parent}{os.pathsep}{play.environment['PATH']}"}
    pull = [PROGRAM.replace("ansible-playbook", "ansible-pull"), "-vvvv", "--url", f"file://{repository}", "--directory", str(home / "pulled")]
    with Running([*pull, "-i", "localhost,"], environment, tmp_path, into=home / "output") as run:
        assert run.end() == 0, run.output[-6000:]
    assert proof.read_text() == "the same, login"
    assert play.sim.counts["fac.token"] == 1
    play.search_files()
