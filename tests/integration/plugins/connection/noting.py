# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import pathlib
import subprocess
import uuid

from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: noting
short_description: A connection that notes what it was told
description:
  - Runs commands here, and writes the options that it has for each of them into a file of its own.
options:
  host:
    description: Where it leads.
    vars: [{name: ansible_host}]
  remote_user:
    description: Who comes.
    vars: [{name: ansible_user}]
  password:
    description: With which password.
    vars: [{name: ansible_password}]
  session_key:
    description: With which headers.
    type: dict
    vars: [{name: ansible_httpapi_session_key}]
  noted_in:
    description: The folder of the files.
    vars: [{name: ansible_noted_in}]
"""


class Connection(ConnectionBase):
    transport = "noting"
    has_pipelining = False

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        told = {name: self.get_option(name) for name in ("host", "remote_user", "password", "session_key")}
        pathlib.Path(self.get_option("noted_in"), f"{uuid.uuid4().hex}.json").write_text(json.dumps(told))
        done = subprocess.run(cmd, shell=True, executable="/bin/sh", input=in_data or b"", capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path: str, out_path: str) -> None:
        raise NotImplementedError

    def fetch_file(self, in_path: str, out_path: str) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self._connected = False
