# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import subprocess

from ansible.plugins.connection import ConnectionBase
from ansible.utils.display import Display

DOCUMENTATION = """
name: elsewhere
short_description: A host that is not the controller, although it is the same machine
description:
  - Stands for ssh in tests. Modules are sent and run as on any other host.
options: {}
"""


class Connection(ConnectionBase):
    transport = "elsewhere"
    has_pipelining = False

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        Display().vvv(f"EXEC {cmd}")
        done = subprocess.run(cmd, shell=True, executable="/bin/sh", input=in_data or b"", capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path: str, out_path: str) -> None:
        shutil.copyfile(in_path, out_path)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        shutil.copyfile(in_path, out_path)

    def close(self) -> None:
        self._connected = False
