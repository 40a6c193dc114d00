# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stranger does: an empty environment, the artifact, and the playbook of the README."""

from __future__ import annotations

import importlib.metadata
import os
import pathlib
import subprocess
import sys
import venv

import pytest

from extensions.simulator import Simulator
from tests.integration.harness import PASSWORDS
from tests.tools.build import ROOT, build
from tests.tools.guides import examples_of


@pytest.mark.long
def test_the_artifact_in_an_empty_environment(sim: Simulator, tmp_path: pathlib.Path) -> None:
    programs, home = tmp_path / "venv" / "bin", tmp_path / "home"
    home.mkdir()
    venv.create(tmp_path / "venv", with_pip=True)
    core = f"ansible-core=={importlib.metadata.version('ansible-core')}"
    given = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "FAC_", "FORTI", "PYTHON"))}
    environment = {
        **given,
        "HOME": str(home),
        "PATH": f"{programs}:{given['PATH']}",
        "SSL_CERT_FILE": str(sim.ca),
        "FAC_SERVER": sim.host,
        "FAC_CA_PATH": str(sim.ca),
        "FAC_CLIENT_ID": "ansible",
        "FAC_USERNAME": "luser1",
        "FAC_PASSWORD": PASSWORDS["luser1"],
    }

    def run(*command: str, env: dict[str, str] = environment) -> str:
        done = subprocess.run(command, env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout

    run(str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check", core, "requests", env=dict(os.environ))
    run("ansible-galaxy", "collection", "install", str(build(tmp_path / "dist")))
    assert (home / ".ansible" / "collections" / "ansible_collections" / "forti" / "oauth").is_dir()
    playbook, _requirements = examples_of(ROOT / "README.md")
    (tmp_path / "first.yml").write_text(playbook)
    output = run("ansible-playbook", "first.yml")
    assert "failed=0" in output
    assert (sim.counts["fac.login"], sim.counts["resource"]) == (1, 1)
    assert sys.prefix not in output
