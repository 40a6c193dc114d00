# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for forti.oauth.awx_setup: an AWX, and the playbook of the installed collection."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.awx import Awx
from tests.awx.server import PASSWORD
from tests.integration.harness import Player
from tests.tools.build import ROOT

from .values import OWN_REPOSITORY, REPOSITORY, SECRETS, Setup


@pytest.fixture
def awx(tmp_path: pathlib.Path) -> Iterator[Awx]:
    """An AWX where nothing has been set up."""
    playbooks = [str(path.relative_to(ROOT)) for path in (ROOT / "playbooks").glob("*.yml")]
    with Awx(tmp_path, {REPOSITORY: playbooks, OWN_REPOSITORY: ["token.yml"]}) as running:
        yield running


@pytest.fixture
def setup(play: Player, awx: Awx, awx_collection: pathlib.Path, tmp_path: pathlib.Path) -> Setup:
    """Run the playbook of the installed collection; return what it printed."""
    environment = {**play.environment, "CONTROLLER_HOST": awx.url, "SSL_CERT_FILE": str(awx.ca)}
    installed = environment["ANSIBLE_COLLECTIONS_PATH"]
    token = awx.api.new_token()[1]

    def run(variables: dict[str, Any], *arguments: str, fails: bool = False, modules: pathlib.Path = awx_collection, **env: str) -> str:
        (tmp_path / "my_awx.yml").write_text(json.dumps(variables))
        program = str(pathlib.Path(sys.executable).parent / "ansible-playbook")
        command = [program, "forti.oauth.awx_setup", "-e", f"@{tmp_path}/my_awx.yml", *arguments]
        whole = {**environment, "ANSIBLE_COLLECTIONS_PATH": f"{installed}{os.pathsep}{modules}", **(env or {"CONTROLLER_OAUTH_TOKEN": token})}
        done = subprocess.run(command, env=whole, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        assert (done.returncode != 0) == fails, done.stdout[-6000:]
        assert "Traceback (most recent call last)" not in done.stdout, done.stdout[-6000:]
        for secret in (*SECRETS.values(), "Redis-for-Awx-4711", PASSWORD, *awx.api.issued):
            assert secret not in done.stdout
        return done.stdout

    return run


@pytest.fixture
def controller_collection(awx_collection: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    """The folder with the modules under the name that Automation Platform has for them. Both names are made of one source; no package brings this one."""
    place = tmp_path / "platform" / "ansible_collections" / "ansible" / "controller"
    shutil.copytree(awx_collection / "ansible_collections" / "awx" / "awx", place)
    (place / "MANIFEST.json").unlink()
    api = place / "plugins" / "module_utils" / "controller_api.py"
    api.write_text(api.read_text().replace('_COLLECTION_TYPE = "awx"', '_COLLECTION_TYPE = "controller"'))
    for path in (place / "meta" / "runtime.yml", *place.glob("plugins/modules/*.py"), *place.glob("plugins/doc_fragments/*.py")):
        path.write_text(path.read_text().replace("awx.awx", "ansible.controller"))
    return tmp_path / "platform"
