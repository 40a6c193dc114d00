# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real ssh server for tests, as the distribution has it; and a look at all that runs meanwhile."""

from __future__ import annotations

import getpass
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
from typing import Any

PRIVILEGE_SEPARATION = pathlib.Path("/run/sshd")  # root's sshd does not start without it
CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
LogLevel DEBUG3
Subsystem sftp internal-sftp
SetEnv {environment}
"""


def program() -> str | None:
    """Return the absolute path of the server's program, which it insists on; None where there is none."""
    return shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


class SshServer:
    """A server on a free port of this machine, which lets in the user of the tests, with a key of its own."""

    def __init__(self, folder: pathlib.Path, environment: dict[str, str]) -> None:
        """:arg environment: what processes on the host have in theirs, such as HOME."""
        self.key, self.log = folder / "key", folder / "sshd.log"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        for key in (self.key, folder / "host_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        self._config = folder / "sshd_config"
        pairs = " ".join(f'"{name}={value}"' for name, value in environment.items())
        self._config.write_text(CONFIG.format(port=self.port, folder=folder, environment=pairs))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def variables(self) -> dict[str, Any]:
        """Return what a play needs to come here."""
        options = "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -F /dev/null"
        return {
            "ansible_host": "127.0.0.1",
            "ansible_port": self.port,
            "ansible_user": getpass.getuser(),
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_host_key_checking": False,
            "ansible_ssh_common_args": options,
        }

    @property
    def pid(self) -> int:
        """Return the number of the process whose children are the sessions."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> SshServer:
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        with self.log.open("wb") as log:
            command = [str(program()), "-D", "-e", "-f", str(self._config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while "Server listening on" not in self.log.read_text(errors="replace"):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"the ssh server did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *problem: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


class Watch:
    """Notes the command line of every process that this test started, and the environment of those on the host, every 20 milliseconds.

    Others that run on this machine, such as other tests, are left out.
    """

    def __init__(self, host: int) -> None:
        """:arg host: the process of the ssh server."""
        self.commands: set[str] = set()
        self.environments: set[str] = set()
        self._host = host
        self._before = _processes() - {host}
        self._parents: dict[int, int] = {os.getpid(): 0}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        self._thread.join()

    def _look_again_and_again(self) -> None:
        while not self._over.wait(0.02):
            for pid in sorted(_processes() - self._before):
                self._look(pid)

    def _look(self, pid: int) -> None:
        above = self._ancestors(pid)
        if os.getpid() not in above:
            return
        self.commands.add(_read(pid, "cmdline").replace("\0", " "))
        if self._host in above:
            self.environments.add(_read(pid, "environ").replace("\0", "\n"))

    def _ancestors(self, pid: int) -> list[int]:
        """Return the process and those above it, also where one that stood between has ended since."""
        above: list[int] = []
        while pid and pid not in above:
            above.append(pid)
            if pid not in self._parents:
                stat = _read(pid, "stat").rpartition(")")[2].split()
                self._parents[pid] = int(stat[1]) if stat else 0
            pid = self._parents[pid]
        return above


def _processes() -> set[int]:
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}


def _read(pid: int, name: str) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""  # it has ended, or is another user's
