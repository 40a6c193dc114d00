# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the collection from the files that git knows, and install it, as a user would have it."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GALAXY = str(pathlib.Path(sys.executable).parent / "ansible-galaxy")


def build(destination: pathlib.Path) -> pathlib.Path:
    """Build the artifact into a folder and return its path. What lies about in the checkout does not get in."""
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy(pathlib.Path(folder))
        _run(GALAXY, "collection", "build", "--force", "--output-path", str(destination.resolve()), folder)
    return max(destination.glob("forti-oauth-*.tar.gz"), key=lambda path: path.stat().st_mtime)


def copy(destination: pathlib.Path) -> None:
    """Copy the files that git knows, or would add, into a folder."""
    for name in known_files():
        target = destination / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)


def install(destination: pathlib.Path) -> pathlib.Path:
    """Build the collection and install it into a folder, for ANSIBLE_COLLECTIONS_PATH; return the folder."""
    artifact = build(destination)
    _run(GALAXY, "collection", "install", "--force", "--offline", "--collections-path", str(destination), str(artifact))
    return destination


def known_files() -> list[str]:
    """Return the names of the files that git knows, or would add."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    print(build(pathlib.Path(sys.argv[1])))
