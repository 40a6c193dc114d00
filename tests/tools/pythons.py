# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the Pythons of this machine that really run."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess

_VERSIONS = [(3, minor) for minor in range(14, 8, -1)]


def find(lowest: tuple[int, int], highest: tuple[int, int]) -> str | None:
    """Return the path of the newest Python within these versions. A pyenv shim of a version that is not active does not count."""
    for version in _VERSIONS:
        if lowest <= version <= highest:
            for candidate in _candidates(version):
                if version_of(candidate) == version:
                    return candidate
    return None


def _candidates(version: tuple[int, int]) -> list[str]:
    name = f"python{version[0]}.{version[1]}"
    on_path = [path for path in (shutil.which(name), shutil.which("python3")) if path]
    # Behind pyenv's shims, whatever HOME is now.
    shims = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder.rstrip("/").endswith("/shims")]
    behind = [path for folder in shims for path in sorted(glob.glob(f"{os.path.dirname(folder.rstrip('/'))}/versions/{version[0]}.{version[1]}.*/bin/python"))]
    return [*behind, *on_path]


def version_of(python: str) -> tuple[int, ...] | None:
    """Return the version of a Python, such as (3, 12); None if it does not run."""
    command = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return tuple(int(part) for part in answer.stdout.split()) if answer.returncode == 0 else None
