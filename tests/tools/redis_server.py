# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Redis (or Valkey) for tests, as the distribution has it. What is made of several is in redis_sentinel and redis_cluster."""

from __future__ import annotations

import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable

PASSWORD = "Redis-Word-12345678"
# Below the ports that the system gives to outgoing connections, also with _BUS: such a one must not take the port of a server that is down for a while.
# And none is another one's with _BUS.
_PORTS = range(11_000, 21_000)
_WORKERS = 8  # of pytest-xdist; each has ports of its own, because a server does not listen as soon as it has one
_GIVEN: set[int] = set()  # to a server that may not listen yet
_BUS = 10_000  # a node of a cluster listens at its port plus this, too


def program() -> str | None:
    """Return the path of the server's program; None where there is none. The Makefile installs it where it can."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


class Tls:
    """A certificate for 127.0.0.1, and the authority that signed it."""

    def __init__(self, folder: pathlib.Path) -> None:
        import trustme  # here: most tests do without it

        self.authority = folder / "tls-ca.pem"
        self._files = {"cert": folder / "tls-cert.pem", "key": folder / "tls-key.pem", "ca-cert": self.authority}
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(str(self.authority))
        certificate.cert_chain_pems[0].write_to_path(str(self._files["cert"]))
        certificate.private_key_pem.write_to_path(str(self._files["key"]))

    def of_server(self, port: int) -> dict[str, str]:
        """Return the options of a server that speaks nothing but TLS, with its like too."""
        files = {f"tls-{name}-file": str(path) for name, path in self._files.items()}
        return {"port": "0", "tls-port": str(port), "tls-auth-clients": "no", "tls-replication": "yes", **files}

    def of_client(self) -> list[str]:
        """Return the options of redis-cli."""
        return ["--tls", "--cacert", str(self.authority)]


class RedisServer:
    """A server on a free port of this machine, with a password, that keeps nothing on the disk."""

    def __init__(self, folder: pathlib.Path, *arguments: str, password: str = PASSWORD, tls: Tls | None = None) -> None:
        """
        :arg arguments: more of the server's own options, such as --maxmemory 1mb.
        :arg tls: the server speaks TLS with this certificate, and nothing else.
        """
        self.port = _free_port()
        self.url = f"rediss://:{password}@127.0.0.1:{self.port}/0?ssl_ca_certs={tls.authority}" if tls else f"redis://:{password}@127.0.0.1:{self.port}/0"
        self._folder = folder
        self._arguments = arguments
        self._password, self._tls = password, tls
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False

    @property
    def runs(self) -> bool:
        """Whether it was started, and neither stopped nor paused."""
        return self._process is not None and not self._paused

    def start(self) -> RedisServer:
        """Start it; return when it answers."""
        self.launch()
        return self.ready()

    def launch(self, *arguments: str) -> None:
        """Start it, and do not wait.

        :arg arguments: more options, for this time only.
        """
        with (self._folder / f"redis-{self.port}.log").open("ab") as log:
            self._process = subprocess.Popen([str(program()), *self._options(), *arguments], stdout=log)

    def ready(self) -> RedisServer:
        """Return when it answers."""
        until(self._answers, seconds=10, failure="the Redis server did not start")
        return self

    def stop(self) -> None:
        """End it, at once, even if it is paused."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process, self._paused = None, False

    def pause(self) -> None:
        """Let it do nothing until resume() is called. Its connections stay, and the system goes on to accept new ones."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            self._paused = True

    def resume(self) -> None:
        """Let it go on after pause()."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._paused = False

    def flush(self) -> None:
        """Forget all keys."""
        self.ask("FLUSHALL")

    def keys(self) -> list[str]:
        """Return the names of all keys."""
        return self.ask("KEYS", "*").split()

    def seconds_left(self, key: str) -> int:
        """Return the time to live of a key; -1 is for ever."""
        return int(self.ask("TTL", key))

    def dump(self) -> str:
        """Return names and contents of all keys, as text."""
        return "\n".join([*self.keys(), *(self.ask("GET", key) for key in self.keys())])

    def info(self, section: str) -> dict[str, str]:
        """Return what it says of itself."""
        return {name: value for name, _colon, value in (line.partition(":") for line in self.ask("INFO", section).splitlines())}

    def ask(self, *command: str) -> str:
        """Ask it by its own client.

        :raises subprocess.SubprocessError: it is not there, or is silent.
        """
        client = shutil.which("redis-cli") or shutil.which("valkey-cli") or "redis-cli"
        arguments = [client, *(self._tls.of_client() if self._tls else []), "-h", "127.0.0.1", "-p", str(self.port)]
        arguments += ["-a", self._password, "--no-auth-warning", *command]
        return subprocess.run(arguments, capture_output=True, text=True, errors="replace", check=True, timeout=10).stdout

    def __enter__(self) -> RedisServer:
        return self.start()

    def __exit__(self, *problem: object) -> None:
        self.stop()

    def _options(self) -> list[str]:
        """Return the arguments of the program."""
        own = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "dir": str(self._folder), "requirepass": self._password}
        own.update(self._tls.of_server(self.port) if self._tls else {})
        return [*(word for name, value in own.items() for word in (f"--{name}", value)), *self._arguments]

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise ChildProcessError(f"the Redis server ended at once, with {self._process.returncode}")
        return self.ask("PING").strip() == "PONG"


def until(done: Callable[[], bool], *, seconds: float, failure: str) -> None:
    """Return when something is so. A server that does not answer is asked again.

    :raises TimeoutError: it is not so after these seconds.
    """
    deadline = time.monotonic() + seconds
    while not _is(done):
        if time.monotonic() > deadline:
            raise TimeoutError(failure)
        time.sleep(0.03)


def _is(done: Callable[[], bool]) -> bool:
    try:
        return done()
    except subprocess.SubprocessError:
        return False


def _free_port() -> int:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _WORKERS
    while True:
        port = random.choice(_PORTS[worker::_WORKERS])
        if port not in _GIVEN and _is_free(port) and _is_free(port + _BUS):
            _GIVEN.add(port)
            return port


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
