# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments in .work, made when they are first asked for; among them one for each supported ansible-core."""

from __future__ import annotations

import pathlib
import subprocess

from tests.tools.build import ROOT
from tests.tools.pythons import find

WORK = ROOT / ".work"
# The controller's Pythons of each version, from its release notes; the first one that is there is taken. 3.10 is the oldest that will do here.
PYTHONS = {
    "2.16": ((3, 10), (3, 11), (3, 12)),
    "2.17": ((3, 12), (3, 11), (3, 10)),
    "2.18": ((3, 12), (3, 13), (3, 11)),
    "2.19": ((3, 12), (3, 13), (3, 11)),
    "2.20": ((3, 13), (3, 14), (3, 12)),
    "2.21": ((3, 13), (3, 14), (3, 12)),
    "2.22": ((3, 13), (3, 14)),
}
# What the integration tests need beside it.
_NEEDED = ["ansible-runner", 'awx_plugins.interfaces>=0.0.1a0; python_version >= "3.11"', "flask", "pytest", "pytest-xdist", "redis", "requests", "trustme"]


class NoPython(Exception):
    """This machine has no Python that will do; says which would."""


def core(version: str) -> pathlib.Path:
    """Return the programs of the environment with this ansible-core, such as 2.16.

    A release candidate counts where there is nothing newer: ~=2.22.0rc1 is 2.22.0rc1 and later, below 2.23.
    """
    return venv(f"core-{version}", PYTHONS[version], [f"ansible-core~={version}.0rc1", *_NEEDED])


def venv(name: str, pythons: tuple[tuple[int, int], ...], requirements: list[str]) -> pathlib.Path:
    """Return the folder of programs of an environment with these requirements, on the first of these Pythons that is there.

    :raises NoPython: there is none on this machine
    """
    there = [(f"{version[0]}.{version[1]}", found) for version in pythons if (found := find(version, version))]
    if not there:
        raise NoPython(f"there is no Python {' or '.join(f'{major}.{minor}' for major, minor in pythons)} on this machine")
    number, python = there[0]
    folder = WORK / name
    # Not the path: one and the same Python has several, and to make the environment anew would pull it from under who works in it.
    ready, wanted = folder / "ready", "\n".join([number, *requirements])
    if not ready.exists() or ready.read_text() != wanted:
        subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-qq", "--disable-pip-version-check", *requirements], check=True)
        ready.write_text(wanted)
    return folder / "bin"
