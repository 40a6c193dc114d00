# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has the installed collection alone tries it as Getting started says: the simulator of the artifact, its lines to paste, the guide's commands."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from extensions.simulator.examples import variables
from tests.integration.harness import PASSWORDS, PROGRAM, users_environment
from tests.integration.printing import MASKED_BY_CORE
from tests.tools.build import ROOT
from tests.tools.guides import GUIDES, examples_of

GUIDE = GUIDES / "guide_start.rst"
START = re.compile(r"\$ python3 (~/\.ansible/collections/ansible_collections/forti/oauth/extensions/simulator) --port 8443\n")


def typed() -> list[str]:
    """Return the lines that the guide tells to type, after the start of the simulator."""
    section = START.split(GUIDE.read_text())[2].partition("\nNext\n----")[0]
    return re.findall(r"^ +\$ (.+)$", section, re.MULTILINE)


@pytest.fixture
def home(collections: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    """The home of a user who has installed the collection."""
    (tmp_path / ".ansible").mkdir()
    (tmp_path / ".ansible" / "collections").symlink_to(collections)
    return tmp_path


@pytest.fixture
def pasted(home: pathlib.Path) -> Iterator[tuple[str, str]]:
    """The simulator's host, as it runs with the command of the guide (but on a free port), and the lines that it tells to paste."""
    found = START.search(GUIDE.read_text())
    assert found
    command = [sys.executable, found[1].replace("~", str(home)), "--until-eof"]
    environment = {**users_environment(), "HOME": str(home)}
    environment.pop("XDG_CACHE_HOME", None)
    facts, deadline = home / ".cache" / "forti_oauth_simulator" / "simulator.json", time.monotonic() + 30
    with subprocess.Popen(command, env=environment, cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin and program.stdout
        while not facts.exists():
            assert program.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        lines = []
        while not lines or not lines[-1].startswith("export no_proxy="):
            lines.append(program.stdout.readline().strip())
        yield json.loads(facts.read_text())["host"], "\n".join(line for line in lines if line.startswith("export "))
        program.stdin.close()


def test_the_guide_leads_to_a_token(home: pathlib.Path, pasted: tuple[str, str]) -> None:
    host, exports = pasted
    (home / "first.yml").write_text(examples_of(GUIDE)[0])
    lines = [exports, *typed()]
    environment = {**users_environment(), "HOME": str(home), "PATH": f"{pathlib.Path(PROGRAM).parent}:/usr/bin:/bin", "https_proxy": "http://127.0.0.1:1"}
    shell = ["bash", "-euo", "pipefail", "-c", "\n".join(lines).replace("localhost:8443", host)]
    done = subprocess.run(shell, env=environment, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    assert ("$REDACTED$" if MASKED_BY_CORE else "censored") in done.stdout
    assert not re.search(r'"access_token": "[^$]', done.stdout)
    assert done.stdout.count("ok      login       a token until ") == 2
    assert '"fac_status.json": {' in done.stdout
    assert not [secret for secret in PASSWORDS.values() if secret in done.stdout]


def test_the_variables_are_those_of_the_guides() -> None:
    """The simulator has no Redis, and what an example defines itself it need not give."""
    pages = [*GUIDES.glob("*.rst"), ROOT / "README.md", *(ROOT / "roles").rglob("README.md")]
    blocks = [block for page in pages for block in examples_of(page)]
    used = {name for block in blocks for name in re.findall(r"(?<![.\w])vault_\w+(?!:)\b", block)}
    defined = {name for block in blocks for name in re.findall(r"^(vault_\w+):", block, re.MULTILINE)}
    assert used - defined - {"vault_redis_url"} - set(variables()) == set()
