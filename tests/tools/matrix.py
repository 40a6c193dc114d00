# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the integration tests on several versions of ansible-core, each on a Python that it supports.

python tests/tools/matrix.py                    all supported versions
python tests/tools/matrix.py 2.16 2.22          these
python tests/tools/matrix.py --daily 2.16 2.22  these, without the tests that make test leaves out, too
"""

from __future__ import annotations

import argparse
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.tools.build import ROOT
from tests.tools.pythons import find
from tests.tools.table import Row, closing, table
from tests.tools.venvs import PYTHONS, NoPython, core


def main() -> int:
    """Run them all; return 0 if all were tried and passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--daily", action="store_true", help="only the tests of make test")
    parser.add_argument("versions", nargs="*", default=list(PYTHONS), metavar="VERSION", help="of ansible-core; all supported ones")
    chosen = parser.parse_args()
    rows = [_row(version, ["-m", "not long"] if chosen.daily else []) for version in chosen.versions]
    print(table(("ansible-core", "Python", "verdict", "seconds", ""), rows))
    print(closing("versions of ansible-core", rows))
    return 0 if all(row.passed for row in rows) else 1


def _row(version: str, chosen: list[str]) -> Row:
    started = time.monotonic()
    try:
        programs = core(version)
    except NoPython as problem:
        return Row(version, "", "not tried", 0, str(problem))
    print(f"ansible-core {version} ...", flush=True)
    # The quickstart makes an ansible-core of its own in real life.
    of_all = ["tests/integration", "--ignore=tests/integration/test_quickstart.py"]
    tests = [str(programs / "python"), "-m", "pytest", "-q", "-n", "4", "--dist", "loadgroup", "-rs", *chosen, *of_all]
    done = subprocess.run(tests, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        print(done.stdout)
    return Row(*_versions(programs), "FAILED" if done.returncode else "passed", time.monotonic() - started, _note(done.stdout))


def _versions(programs: pathlib.Path) -> tuple[str, str]:
    """Return the exact versions of ansible-core and of the Python that it runs on."""
    command = [str(programs / "python"), "-c", "import ansible.release, platform; print(ansible.release.__version__, platform.python_version())"]
    core_version, python = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return core_version, python


def _note(output: str) -> str:
    """Return pytest's counts, what was skipped and why, and the oldest Python that modules ran on."""
    counts = output.strip().splitlines()[-1] if output.strip() else "no output"
    skipped = sorted({line.partition(": ")[2] for line in output.splitlines() if line.startswith("SKIPPED")})
    modules = "" if find((3, 9), (3, 9)) is None else "modules on Python 3.9 too"
    return "; ".join(part for part in (re.sub(r" in [\d.]+s.*", "", counts), modules, *skipped) if part)


if __name__ == "__main__":
    sys.exit(main())
