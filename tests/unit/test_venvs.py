# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Without a Python that will do, make says so in one line. And it takes the one that it is told."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

import pytest

from tests.tools.build import ROOT

if shutil.which("make") is None:
    pytest.skip("make is not installed: its messages were not tried", allow_module_level=True)
MAKE = str(shutil.which("make"))


def make(*arguments: str, path: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Run make with nothing but these programs, and those that are always there."""
    for name in ("sh", "sed", "dirname", "basename"):
        (path / name).symlink_to(str(shutil.which(name)))
    environment = {"PATH": str(path), "HOME": str(path)}
    return subprocess.run([MAKE, "SHELL=/bin/sh", "VENV=nowhere", *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [(), ("help",)], ids=["make", "make help"])
def test_the_commands_are_shown(tmp_path: pathlib.Path, arguments: tuple[str, ...]) -> None:
    done = make(*arguments, path=tmp_path)
    assert done.returncode == 0
    assert [line.split()[1] for line in done.stdout.splitlines() if line][:3] == ["quickstart", "test", "test-all"]


@pytest.mark.parametrize("arguments", [(), ("PYTHON=python3.12",)], ids=["none", "named"])
def test_there_is_no_python(tmp_path: pathlib.Path, arguments: tuple[str, ...]) -> None:
    done = make("quickstart", *arguments, path=tmp_path)
    name = "python3.12" if arguments else "python3"
    assert done.returncode != 0
    assert f"There is no {name} here. Install a Python from 3.10 to 3.13, or name yours: make PYTHON=" in done.stdout
    assert len((done.stdout + done.stderr).splitlines()) == 3  # what it does, the message, and make's own line


def test_it_is_too_old(tmp_path: pathlib.Path) -> None:
    """A Python that says that it is 3.8."""
    old = tmp_path / "python3"
    old.write_text(f'#!/bin/sh\n[ "$1" = -c ] && echo 3 8 || exec {sys.executable} "$@"\n')
    old.chmod(0o755)
    done = make("quickstart", path=tmp_path)
    assert done.returncode != 0
    assert "there is no Python 3.13 or 3.12 or 3.11 or 3.10 on this machine. Install one, or name yours: make PYTHON=" in done.stderr
    named = subprocess.run([sys.executable, "tests/tools/venvs.py", "quickstart", str(old)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert named.stderr == f"{old} is not Python 3.13 or 3.12 or 3.11 or 3.10. Install one, or name yours: make PYTHON=/usr/local/bin/python3.12\n"
