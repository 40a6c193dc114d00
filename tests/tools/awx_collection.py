# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection awx.awx, which Galaxy has, and so has the package ansible on PyPI."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import zipfile

from tests.tools.build import ROOT

# The newest version of the package that brings it. It is taken apart, not installed: any ansible-core may use the collection.
PACKAGE = "ansible==13.8.0"
FOLDER = ROOT / ".work" / "awx-collection"
PARTS = ("ansible_collections/awx/awx/meta/", "ansible_collections/awx/awx/plugins/", "ansible_collections/awx/awx/MANIFEST.json")


def folder() -> pathlib.Path | None:
    """Return a folder for ANSIBLE_COLLECTIONS_PATH that holds the collection, after a download the first time; None if it cannot be had."""
    if not FOLDER.exists():
        FOLDER.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER.parent) as temporary:
            if not _unpacked(pathlib.Path(temporary)):
                return None
            _move(pathlib.Path(temporary) / "tree")
    return FOLDER


def _unpacked(temporary: pathlib.Path) -> bool:
    wanted = ["--no-deps", "--only-binary", ":all:", "--python-version", "3.13", "--dest", str(temporary), PACKAGE]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *wanted]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return False
    (wheel,) = temporary.glob("*.whl")
    with zipfile.ZipFile(wheel) as package:
        package.extractall(temporary / "tree", [name for name in package.namelist() if name.startswith(PARTS)])
    return True


def _move(tree: pathlib.Path) -> None:
    try:
        tree.rename(FOLDER)
    except OSError:
        if not FOLDER.exists():  # another process was quicker otherwise
            raise
