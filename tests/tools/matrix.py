# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the integration tests on several versions of ansible-core, each on a Python that it supports.

python tests/tools/matrix.py            all supported versions
python tests/tools/matrix.py 2.16 2.22  these
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.tools.build import ROOT
from tests.tools.pythons import find

# The controller's Pythons of each version, from its release notes.
PYTHONS = {
    "2.16": ((3, 10), (3, 12)),
    "2.17": ((3, 10), (3, 12)),
    "2.18": ((3, 11), (3, 13)),
    "2.19": ((3, 11), (3, 13)),
    "2.20": ((3, 12), (3, 14)),
    "2.21": ((3, 12), (3, 14)),
    "2.22": ((3, 13), (3, 14)),
}
NEEDED = ["ansible-runner", "flask", "pytest", "pytest-xdist", "redis", "requests", "trustme"]


def main(versions: list[str]) -> int:
    """Run them all; return 0 if all passed."""
    verdicts = {version: _verdict(version) for version in versions}
    for version, verdict in verdicts.items():
        print(f"ansible-core {version}: {verdict}")
    return 0 if all("passed" in verdict and "failed" not in verdict for verdict in verdicts.values()) else 1


def _verdict(version: str) -> str:
    python = find(*PYTHONS[version])
    if python is None:
        return "not tried: there is no Python for it on this machine"
    venv = ROOT / ".work" / f"core-{version}"
    if not (venv / "ready").exists():
        subprocess.run([python, "-m", "venv", "--clear", str(venv)], check=True)
        # A release candidate counts where there is nothing newer: ~=2.22.0rc1 is 2.22.0rc1 and later, below 2.23.
        wanted = [f"ansible-core~={version}.0rc1", *NEEDED]
        subprocess.run([str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *wanted], check=True)
        (venv / "ready").touch()
    done = subprocess.run(
        [str(venv / "bin" / "python"), "-m", "pytest", "-q", "-n", "2", "tests/integration"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        print(done.stdout)
    exact = subprocess.run([str(venv / "bin" / "ansible"), "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[0]
    return f"{done.stdout.strip().splitlines()[-1]}  {exact}, Python {python}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(PYTHONS)))
