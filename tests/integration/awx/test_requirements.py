# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The easy way into AWX: a project whose collections/requirements.yml brings the collection along, and a job on whatever has requests."""

from __future__ import annotations

import pathlib
import subprocess

import pytest
import yaml

from tests.integration.harness import PASSWORDS, Player
from tests.integration.jobs import AwxJob
from tests.tools.awx_types import credential
from tests.tools.build import GALAXY, ROOT, copy
from tests.tools.guides import example

from .values import REPOSITORY, REQUIREMENTS, TOKEN_YML

pytest.importorskip("ansible_runner", reason="there is no ansible-runner on this machine: no job was tried as AWX runs it")
pytest.importorskip("awx_plugins.interfaces", reason="AWX's own code is not on this machine, or Python is too old for it: no job was tried as AWX runs it")


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> str:
    """The URL of a git repository with this collection."""
    folder = tmp_path / "forti.oauth.git"
    copy(folder)
    author = ("-c", "user.name=forti.oauth", "-c", "user.email=forti.oauth@example.com")
    for command in (["init", "--quiet", "--initial-branch=main"], ["add", "--all"], [*author, "commit", "--quiet", "--message=all of it"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return f"file://{folder}"


def test_a_project_brings_the_collection_along(play: Player, repository: str, tmp_path: pathlib.Path) -> None:
    requirements = tmp_path / "requirements.yml"
    requirements.write_text(example("guide_awx", REQUIREMENTS).replace(REPOSITORY, repository))
    # As AWX's own playbook for the update of a project does it.
    command = [GALAXY, "collection", "install", "-r", str(requirements), "--collections-path", str(tmp_path / "requirements_collections")]
    environment = {**play.environment, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "requirements_collections")}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    inputs = credential(
        "fac", server=play.sim.host, client_id="ansible", username="luser1", password=PASSWORDS["luser1"], ca_cert=pathlib.Path(play.sim.ca).read_text()
    )
    job = AwxJob(tmp_path / "job", example("guide_awx", TOKEN_YML), {"fac": inputs}, answers={})
    printed = job.run({name: value for name, value in environment.items() if not name.startswith(("FAC_", "FORTI"))})
    assert job.leaked(printed, play.sim) == set()
    assert f"https://{play.sim.host}: by login, good until" in job.output()
    assert play.sim.counts["fac.login"] == 1


def test_the_repository_of_the_collection_is_such_a_project() -> None:
    wanted = {"collections": [{"name": REPOSITORY, "type": "git", "version": "main"}]}
    assert yaml.safe_load(example("guide_awx", REQUIREMENTS)) == wanted
    assert yaml.safe_load((ROOT / "collections" / "requirements.yml").read_text()) == wanted
