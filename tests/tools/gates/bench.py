# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a gate does its work: a folder of its own, the tools, clean copies of the collection, and a log of all that was run."""

from __future__ import annotations

import functools
import os
import pathlib
import shutil
import subprocess
import threading

from tests.tools.build import ROOT, build, copy
from tests.tools.pythons import find
from tests.tools.venvs import WORK, listed, venv

GATES = WORK / "gates"
_REQUIREMENTS = pathlib.Path(__file__).parent / "requirements.txt"
_ONE_AT_A_TIME = threading.Lock()


class Failed(Exception):
    """The gate is shut; says why, where the log does not."""


class NotTried(Exception):
    """The gate cannot be tried on this machine; says why."""


class Bench:
    """What one gate has to hand, and what the table will say of it beside the verdict."""

    def __init__(self, name: str) -> None:
        self.folder = GATES / name
        self.home = self.folder / "home"
        self.log = self.folder / "log"
        self.version = ""
        self.note = ""
        self.home.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        _hand_on_settings_of_pip(self.home)

    def run(self, *command: str, programs: pathlib.Path | None = None, cwd: pathlib.Path = ROOT, **environment: str) -> str:
        """Run a command, note its output in the log, and return that.

        :arg programs: the folder of an environment whose programs come first; the tools' one, if not given
        :raises Failed: it did not return 0
        """
        programs = programs or tools()
        settings = {**_environment(), "HOME": str(self.home), "PATH": f"{programs}:{_path()}", **environment}
        with self.log.open("a") as log:
            print("$", *command, file=log, flush=True)
            start = log.tell()
            done = subprocess.run([programs / command[0], *command[1:]], cwd=cwd, env=settings, stdout=log, stderr=subprocess.STDOUT, check=False)
        output = self.log.read_bytes()[start:].decode(errors="replace")
        if done.returncode:
            raise Failed(f"{command[0]} returned {done.returncode}")
        return output

    def of_tool(self, name: str) -> None:
        """Name a tool's version in the table."""
        self.version = self.run("python", "-c", f"import importlib.metadata; print('{name}', importlib.metadata.version('{name}'))").strip()

    def copied(self) -> pathlib.Path:
        """Return a clean copy of the collection, in a place as ansible-test wants it. To it a repository is what is not ignored in the outer one."""
        tree = self.folder / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        collection = tree / "ansible_collections" / "forti" / "oauth"
        copy(collection)
        subprocess.run(["git", "init", "--quiet", str(collection)], check=True)
        return collection

    def linked(self) -> pathlib.Path:
        """Return a folder for ANSIBLE_COLLECTIONS_PATH in which the collection is this very checkout."""
        link = self.folder / "link" / "ansible_collections" / "forti" / "oauth"
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_symlink() and link.resolve() != ROOT:  # the checkout was moved
            link.unlink()
        if not link.is_symlink():
            link.symlink_to(ROOT, target_is_directory=True)
        return self.folder / "link"


def tools() -> pathlib.Path:
    """Return the folder of the tools' programs."""
    return venv("gates/tools", ((3, 13), (3, 12)), listed(_REQUIREMENTS))


@functools.cache
def artifact() -> pathlib.Path:
    """Return the collection as it would be published, built anew for this run."""
    with _ONE_AT_A_TIME:
        return build(GATES / "artifact")


def _environment() -> dict[str, str]:
    """Return the environment without what could change what Ansible and the collection do."""
    unwanted = ("ANSIBLE_", "FAC_", "FORTI", "GALAXY_IMPORTER_", "PYTHON", "VIRTUAL_ENV")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(unwanted)}, "LC_ALL": "C.UTF-8"}


@functools.cache
def _path() -> str:
    """Return the real Pythons and the system's programs. A shim of pyenv, which may run nothing, is found by ansible-test and ends it."""
    pythons = [os.path.dirname(found) for minor in range(14, 8, -1) if (found := find((3, minor), (3, minor)))]
    rest = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if not folder.rstrip("/").endswith("/shims")]
    return os.pathsep.join(dict.fromkeys([*pythons, *rest]))


def _hand_on_settings_of_pip(home: pathlib.Path) -> None:
    """Let pip, in a home of a gate's own, find the registry that its user has set."""
    for name in (".config/pip", ".pip", ".netrc"):
        real, link = pathlib.Path.home() / name, home / name
        if real.exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(real)
