# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Podman with a storage and settings of its own, which builder and runner find through the environment."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

from tests.integration.harness import users_environment

_LINES_OF_A_LOG = 40
_SETTINGS = """
[containers]
netns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "{runtime}"
"""
_STORAGE = """
[storage]
driver = "overlay"
graphroot = "{kept}"
runroot = "{running}"
[storage.options.overlay]
skip_mount_home = "true"
"""


class Failed(Exception):
    """A step failed; says which command, and how its output ended."""


class Podman:
    """Runs commands that find this podman. Their output goes into a log."""

    def __init__(self, folder: pathlib.Path) -> None:
        """:arg folder: where images, settings and log are kept. It is made if it is not there."""
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "log"
        self.log.write_text("")
        settings, storage = self.folder / "containers.conf", self.folder / "storage.conf"
        settings.write_text(_SETTINGS.format(runtime="runc" if shutil.which("runc") else "crun"))
        # What runs must be forgotten when the machine starts again.
        running = f"/run/forti-oauth-ee-{hashlib.sha256(bytes(self.folder)).hexdigest()[:8]}"
        storage.write_text(_STORAGE.format(kept=self.folder / "storage", running=running))
        settings_of_podman = {"CONTAINERS_CONF": str(settings), "CONTAINERS_STORAGE_CONF": str(storage)}
        programs = {"PATH": os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])}
        self.environment = {**users_environment(), **programs, **settings_of_podman}

    def run(self, *command: str, **environment: str) -> str:
        """Run a command and return what it printed to stdout.

        :arg environment: more variables.
        :raises Failed: it did not return 0.
        """
        with self.log.open("a") as log:
            print("$", shlex.join(command), file=log, flush=True)
            settings = {**self.environment, **environment}
            done = subprocess.run(command, cwd=self.folder, env=settings, stdout=subprocess.PIPE, stderr=log, text=True, check=False)
            log.write(done.stdout)
        if done.returncode:
            end = self.log.read_text(errors="replace").splitlines()[-_LINES_OF_A_LOG:]
            raise Failed("\n".join([*end, f"{command[0]} returned {done.returncode}. All that was printed is in {self.log}."]))
        return done.stdout

    def has(self, image: str) -> bool:
        """Return whether there is such an image."""
        return subprocess.run(["podman", "image", "exists", image], env=self.environment, check=False).returncode == 0


def why_not() -> str | None:
    """Return what keeps this machine from all this, or None."""
    if os.geteuid():
        return "only root can make the base image out of Debian's packages"
    missing = [program for program in ("apt-get", "debootstrap", "podman") if not shutil.which(program)]
    if missing:
        return f"this machine has no {' and no '.join(missing)}"
    if mirror() is None:
        return "apt on this machine has no index of Debian's packages"
    if not importlib.util.find_spec("ansible_runner") or not importlib.util.find_spec("awx_plugins"):
        return "AWX's own code is not on this machine, or Python is too old for it"
    return None


def mirror() -> str | None:
    """Return the address of Debian's packages as apt on this machine has it, or None."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Identifier: Packages", "Origin: Debian", "Label: Debian"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return next((address for address in found if address.startswith("http")), None)
