# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collections of others, which tests play together with this one. They come out of the wheel of the package ansible, downloaded once.

python tests/tools/other_collections.py awx.awx fortinet.fortios
"""

from __future__ import annotations

import fcntl
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
_FOLDER = ROOT / ".work" / "collections"
_PACKAGE = "ansible==13.8.0"  # the last line that has awx.awx; it also has fortinet.fortimanager, fortinet.fortios and ansible.netcommon


def fetch(names: list[str]) -> pathlib.Path:
    """Return a folder for ANSIBLE_COLLECTIONS_PATH that holds these collections, such as C(awx.awx). What is there already costs nothing.

    :raises LookupError: one of them is not in the package.
    :raises subprocess.CalledProcessError: the package cannot be downloaded.
    """
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / "lock").open("w") as lock:  # several test workers want the same
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [name for name in names if not _place(name).is_dir()]
        if missing:
            _unpack(_wheel(), missing)
    return _FOLDER


def _place(name: str) -> pathlib.Path:
    return _FOLDER.joinpath("ansible_collections", *name.split("."))


def _wheel() -> pathlib.Path:
    wheels = list(_FOLDER.glob("*.whl"))
    if not wheels:
        # The package wants a newer Python than the oldest core's; only its files are wanted here.
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--python-version", "3.12"]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, "--dest", str(_FOLDER), _PACKAGE], check=True)
        wheels = list(_FOLDER.glob("*.whl"))
    return wheels[0]


def _unpack(wheel: pathlib.Path, names: list[str]) -> None:
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory(dir=_FOLDER) as draft:
        for name in names:
            inside = f"ansible_collections/{name.replace('.', '/')}/"
            members = [member for member in archive.namelist() if member.startswith(inside)]
            if not members:
                raise LookupError(f"{_PACKAGE} holds no collection {name}")
            archive.extractall(draft, members)
            _place(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(f"{draft}/{inside}", _place(name))


if __name__ == "__main__":
    print(fetch(sys.argv[1:]))
