# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments in .work, made when they are first asked for; among them one for each supported ansible-core.

python tests/tools/venvs.py venv        makes .work/venv, in which the tests run
python tests/tools/venvs.py quickstart  makes .work/quickstart, in which the demonstration runs
                                        a Python to make it with may follow, such as python3.12
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.tools.alone import alone
from tests.tools.build import ROOT
from tests.tools.pip_settings import settings_of_pip
from tests.tools.pythons import find, version_of

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
# Of the environments for the tests and for the demonstration.
_NEWEST_FIRST = ((3, 13), (3, 12), (3, 11), (3, 10))
# What the tests need, and the integration tests do not.
_NOT_FOR_PLAYS = ("ansible-builder", "ansible-core", "hypothesis", "pytest-ansible")
_REQUIREMENTS = ROOT / "tests" / "requirements.txt"
_FOR_A_DEMONSTRATION = ["ansible-core>=2.16", "flask", "requests", "trustme"]
# uv does not read the settings of pip. These are its own names for them, and what else makes it do as pip does. If pip is told more, it works itself.
_SETTINGS = {
    "cert": "SSL_CERT_FILE",
    "constraint": "UV_CONSTRAINT",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_DEFAULT_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
}
_SAY_NOTHING_OF_PACKAGES = {"cache-dir", "default-timeout", "disable-pip-version-check", "no-cache-dir", "no-color", "no-input", "progress-bar", "quiet"}
_SAY_NOTHING_OF_PACKAGES |= {"require-virtualenv", "retries", "root-user-action", "timeout", "user", "verbose"}
_AS_PIP_DOES = {"UV_COMPILE_BYTECODE": "1", "UV_INDEX_STRATEGY": "unsafe-best-match", "UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1"}


class NoPython(Exception):
    """This machine has no Python that will do; says which would."""


def core(version: str) -> pathlib.Path:
    """Return the programs of the environment with this ansible-core, such as 2.16.

    A release candidate counts where there is nothing newer: ~=2.22.0rc1 is 2.22.0rc1 and later, below 2.23.
    """
    needed = [line for line in listed(_REQUIREMENTS) if not line.startswith(_NOT_FOR_PLAYS)]
    return venv(f"core-{version}", PYTHONS[version], [f"ansible-core~={version}.0rc1", *needed])


def venv(name: str, pythons: tuple[tuple[int, int], ...], requirements: list[str], *, named: str = "") -> pathlib.Path:
    """Return the folder of programs of an environment with these requirements, on the first of these Pythons that is there.

    :arg named: the Python to take; empty for any of this machine
    :raises NoPython: there is none on this machine, or it has no venv
    """
    number, python = _python(pythons, named)
    folder = WORK / name
    # Not the path: one and the same Python has several, and to make the environment anew would pull it from under who works in it.
    # The folder, because programs in it name it in their first lines.
    ready, wanted = folder / "ready", "\n".join([number, str(folder), *requirements])
    with alone(WORK / f"{name}.lock"):
        if not ready.exists() or ready.read_text() != wanted:
            if subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=False).returncode:
                raise NoPython(f"{python} cannot make an environment (on Debian and Ubuntu, install python3-venv)")
            _install(folder / "bin" / "python", requirements)
            ready.write_text(wanted)
    return folder / "bin"


def _python(pythons: tuple[tuple[int, int], ...], named: str) -> tuple[str, str]:
    """Return the number of a Python, such as 3.12, and its path."""
    if named:
        there = [(version, named) for version in pythons if version == version_of(named)]
    else:
        there = [(version, found) for version in pythons if (found := find(version, version))]
    if not there:
        wanted = " or ".join(f"{major}.{minor}" for major, minor in pythons)
        raise NoPython(f"{named} is not Python {wanted}" if named else f"there is no Python {wanted} on this machine")
    (major, minor), path = there[0]
    return f"{major}.{minor}", path


def listed(path: pathlib.Path) -> list[str]:
    """Return the requirements in a file."""
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def _install(python: pathlib.Path, requirements: list[str]) -> None:
    """Install them by uv, which is quick; by pip where there is no uv, or where it does not find them all."""
    pip, uv, done = [str(python), "-m", "pip"], WORK / "uv" / "bin" / "uv", False
    with alone(WORK / "uv.lock"):
        if not uv.exists():
            _tried([*pip, "install", "--disable-pip-version-check", "--only-binary", ":all:", "--target", str(WORK / "uv"), "--upgrade", "uv"])
    told = settings_of_pip(str(python))
    if told.keys() <= {*_SETTINGS, *_SAY_NOTHING_OF_PACKAGES} and uv.exists():
        environment = {**os.environ, **_AS_PIP_DOES, **_variables_of_uv(told)}
        done = _tried([str(uv), "pip", "install", "--python", str(python), *requirements], environment)
    if not done:
        subprocess.run([*pip, "install", "-qq", "--disable-pip-version-check", *requirements], check=True)


def _variables_of_uv(told: dict[str, str]) -> dict[str, str]:
    """Return what pip is told, as variables of uv."""
    between = {"find-links": ","}
    return {name: between.get(option, " ").join(told[option].split()) for option, name in _SETTINGS.items() if told.get(option)}


def _tried(command: list[str], environment: dict[str, str] | None = None) -> bool:
    """Return whether a command did its work. What it says of a failure is of no use: there is another way."""
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0


def main(name: str, python: str = "") -> None:
    """Make an environment for the programs of the Makefile.

    :arg python: the Python to make it with; empty for the newest one that is there
    :raises SystemExit: there is none that will do
    """
    requirements = {"venv": listed(_REQUIREMENTS), "quickstart": _FOR_A_DEMONSTRATION}[name]
    try:
        venv(name, _NEWEST_FIRST, requirements, named=python)
    except NoPython as problem:
        sys.exit(f"{problem}. Install one, or name yours: make PYTHON=/usr/local/bin/python3.12")
    except subprocess.CalledProcessError:
        sys.exit("pip failed: see above. The environment is not complete.")


if __name__ == "__main__":
    main(*sys.argv[1:])
