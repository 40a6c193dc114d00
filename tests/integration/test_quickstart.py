# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""make quickstart: what a newcomer sees first, on a machine whose settings would spoil a play."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

from tests.integration.harness import users_environment
from tests.tools.build import ROOT

# Each of them alone spoils a play, or hides what it prints.
SETTINGS = {
    "ANSIBLE_STRATEGY": "free",
    "ANSIBLE_STDOUT_CALLBACK": "minimal",
    "ANSIBLE_FORCE_COLOR": "1",
    "ANSIBLE_COLLECTIONS_PATH": "/nowhere",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    "FAC_CLIENT_SECRET": "not-of-the-simulator",
    "FAC_REALM": "corp",
    "FORTICWP_GRANT_TYPE": "password",
    "FORTI_OAUTH_CACHE": "redis://127.0.0.1:1/0",
    "https_proxy": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
}


def quickstart(home: pathlib.Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it as make does, in the environment of the tests."""
    (home / ".ansible.cfg").write_text("[defaults]\nstdout_callback = oneline\nstrategy = host_pinned\n")
    environment = {**users_environment(), "HOME": str(home), "PYTHONUNBUFFERED": "", **variables}
    return subprocess.run([sys.executable, str(ROOT / "tests" / "quickstart.py")], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.long
@pytest.mark.xdist_group("quickstart")
def test_settings_of_the_machine_do_not_spoil_it(tmp_path: pathlib.Path) -> None:
    done = quickstart(tmp_path, **SETTINGS)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = re.findall(r"^ok       (.*)$", done.stdout, re.MULTILINE)
    assert len(steps) == 7
    for step in steps:
        assert re.search(rf"^{re.escape(step)} +20 +\d+ +\d+\.\d$", done.stdout, re.MULTILINE)
    assert "         push1: approve the sign-in to https://localhost:" in done.stdout
    assert len(re.findall(r"^Forti\w+ is localhost:\d+, simulated on this machine\.$", done.stdout, re.MULTILINE)) == 2
    assert done.stdout.index("Logins that the simulated servers saw: FortiCWP 1, FortiAuthenticator 1.") < done.stdout.index("Next: ")
    assert "\033" not in done.stdout  # no terminal, no colours


@pytest.mark.long
@pytest.mark.xdist_group("quickstart")
def test_a_server_that_does_not_answer(tmp_path: pathlib.Path) -> None:
    done = quickstart(tmp_path, FAC_SERVER="localhost:1", FAC_CLIENT_ID="ansible", FAC_USERNAME="me", FAC_PASSWORD="any", FAC_RETRIES="0")
    assert done.returncode == 1
    assert "FortiAuthenticator is localhost:1.\n" in done.stdout
    assert "failed   FortiAuthenticator: token, push approved\n" in done.stdout
    assert re.search(r"^The play failed: https://localhost:1 could not be connected to.*\nAll that it said is in .*output\.txt\.$", done.stdout, re.MULTILINE)
    assert "Next:" not in done.stdout
