# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small disk for the directory of tokens, so that it can be full."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import time

_SIZE = 8  # MiB


class Disk:
    """A file system of its own, where this user may mount one; else a folder that is never full."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.is_mounted = False

    def __enter__(self) -> Disk:
        self.folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}m", "tmpfs", str(self.folder)]
        with contextlib.suppress(OSError):
            self.is_mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
        return self

    def __exit__(self, *problem: object) -> None:
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self, seconds: float) -> None:
        """Let it be full for so long."""
        if not self.is_mounted:
            return
        filler = self.folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        time.sleep(seconds)
        filler.unlink()
