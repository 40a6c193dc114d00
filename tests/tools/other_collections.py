# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collections of others, which tests play together with this one. They come out of wheels of the package ansible, each downloaded once.

python tests/tools/other_collections.py ansible.netcommon ansible.utils fortinet.fortios
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.tools.alone import alone
from tests.tools.build import ROOT

_FOLDER = ROOT / ".work" / "collections"
_OLD = "13.8.0"  # the last line that has awx.awx
_NEW = "14.5.0"  # has fortinet.fortimanager 2.15.0 and fortinet.fortios 2.6.0
_OF_NEW = ("ansible.netcommon", "ansible.utils", "fortinet.fortimanager", "fortinet.fortios")


def fetch(names: list[str]) -> pathlib.Path:
    """Return a folder for ANSIBLE_COLLECTIONS_PATH that holds these collections, such as C(awx.awx). What is there already costs nothing.

    :raises LookupError: one of them is not in the package.
    :raises ValueError: they come from two versions of the package. Fetch them in two calls.
    :raises subprocess.CalledProcessError: the package cannot be downloaded.
    """
    versions = {_NEW if name in _OF_NEW else _OLD for name in names}
    if len(versions) != 1:
        raise ValueError(f"fetch these in two calls: {' '.join(names)}")
    folder = _FOLDER / versions.pop()
    with alone(folder / "lock"):  # several test workers want the same
        missing = [name for name in names if not _place(folder, name).is_dir()]
        if missing:
            _unpack(_wheel(folder), missing, folder)
    return folder


def _place(folder: pathlib.Path, name: str) -> pathlib.Path:
    return folder.joinpath("ansible_collections", *name.split("."))


def _wheel(folder: pathlib.Path) -> pathlib.Path:
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        # The package wants a newer Python than the oldest core's; only its files are wanted here.
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--python-version", "3.13"]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), f"ansible=={folder.name}"], check=True)
        wheels = list(folder.glob("*.whl"))
    return wheels[0]


def _unpack(wheel: pathlib.Path, names: list[str], folder: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory(dir=folder) as draft:
        for name in names:
            inside = f"ansible_collections/{name.replace('.', '/')}/"
            members = [member for member in archive.namelist() if member.startswith(inside)]
            if not members:
                raise LookupError(f"ansible {folder.name} holds no collection {name}")
            archive.extractall(draft, members)
            _place(folder, name).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(f"{draft}/{inside}", _place(folder, name))


if __name__ == "__main__":
    print(fetch(sys.argv[1:]))
