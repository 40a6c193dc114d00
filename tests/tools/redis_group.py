# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Redis Sentinel and a Redis Cluster for tests have in common: servers that start and end together, of which some are masters."""

from __future__ import annotations

import contextlib
import pathlib
import threading
from typing import TypeVar

from tests.tools.redis_server import PASSWORD, RedisServer, Tls

# Full copies are sent at once, not after 5 seconds.
REPLICATION = ("--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0")
PATIENCE = 20  # seconds until everything is up

G = TypeVar("G", bound="RedisGroup")


class RedisGroup:
    """Servers that start and end together. None of them is left over when one does not start."""

    def __init__(self, folder: pathlib.Path, *, tls: bool) -> None:
        self.servers: list[RedisServer] = []
        self._tls = Tls(folder) if tls else None
        self._timers: list[threading.Timer] = []

    @property
    def url(self) -> str:
        """The URL for clients."""
        raise NotImplementedError

    def masters(self) -> list[RedisServer]:
        """Return the present masters."""
        raise NotImplementedError

    def owner(self, key: str) -> RedisServer:
        """Return the master that has this key, or would have it."""
        raise NotImplementedError

    def start(self) -> None:
        """Start all; return when they work together."""
        raise NotImplementedError

    def stop(self) -> None:
        """End all, at once."""
        for timer in self._timers:
            timer.cancel()
        for server in self._all():
            server.stop()

    def server(self, port: int) -> RedisServer:
        """Return the server at this port."""
        return next(server for server in self.servers if server.port == port)

    def flush(self) -> None:
        """Forget all keys."""
        for server in self.masters():
            server.flush()

    def keys(self) -> list[str]:
        """Return the names of all keys."""
        return [key for server in self.masters() for key in server.keys()]  # noqa: SIM118

    def dump(self) -> str:
        """Return names and contents of all keys, as text."""
        return "\n".join(server.dump() for server in self.masters())

    def seconds_left(self, key: str) -> int:
        """Return the time to live of a key; -1 is for ever."""
        return self.owner(key).seconds_left(key)

    def _all(self) -> list[RedisServer]:
        return self.servers

    def _pause(self, server: RedisServer, seconds: float) -> None:
        """Pause a server, and return. It goes on by itself after these seconds."""
        server.pause()
        timer = threading.Timer(seconds, server.resume)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def __enter__(self: G) -> G:
        with contextlib.ExitStack() as stack:
            stack.callback(self.stop)
            self.start()
            stack.pop_all()
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()
