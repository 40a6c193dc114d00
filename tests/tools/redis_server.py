# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Redis (or Valkey) for tests, as the distribution has it."""

from __future__ import annotations

import pathlib
import shutil
import socket
import subprocess
import time

PASSWORD = "Redis-Word-12345678"


def program() -> str | None:
    """Return the path of the server's program; None where there is none. The Makefile installs it where it can."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


class RedisServer:
    """A server on a free port of this machine, with a password, that keeps nothing on the disk."""

    def __init__(self, folder: pathlib.Path, *arguments: str) -> None:
        """:arg arguments: more of the server's own options, such as --maxmemory 1mb."""
        self.port = _free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self._folder = folder
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        """Start it; return when it answers."""
        own = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder), "--requirepass", PASSWORD]
        self._process = subprocess.Popen([str(program()), *own, *self._arguments], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError("the Redis server did not start")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """End it, at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def flush(self) -> None:
        """Forget all keys."""
        self._ask("FLUSHALL")

    def keys(self) -> list[str]:
        """Return the names of all keys."""
        return self._ask("KEYS", "*").split()

    def seconds_left(self, key: str) -> int:
        """Return the time to live of a key; -1 is for ever."""
        return int(self._ask("TTL", key))

    def dump(self) -> str:
        """Return names and contents of all keys, as text."""
        return "\n".join([*self.keys(), *(self._ask("GET", key) for key in self.keys())])

    def __enter__(self) -> RedisServer:
        return self.start()

    def __exit__(self, *problem: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            return self._ask("PING").strip() == "PONG"
        except (OSError, subprocess.CalledProcessError):
            return False

    def _ask(self, *command: str) -> str:
        client = shutil.which("redis-cli") or shutil.which("valkey-cli") or "redis-cli"
        arguments = [client, "-p", str(self.port), "-a", PASSWORD, "--no-auth-warning", *command]
        return subprocess.run(arguments, capture_output=True, text=True, errors="replace", check=True).stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
