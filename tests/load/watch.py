# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Redis says of itself while it is used: connections and memory."""

from __future__ import annotations

import dataclasses
import subprocess
import threading
from collections.abc import Callable, Sequence

from tests.tools.redis_server import RedisServer

_EVERY = 0.25  # seconds


@dataclasses.dataclass
class Peak:
    """The most of all servers together, and of connections also how many were made."""

    clients: int = 0
    kib: float = 0
    made: int = 0


class Watch:
    """Looks at servers while something goes on: ``with Watch(servers) as watch: ...``, then C(watch.peak)."""

    def __init__(self, servers: Callable[[], Sequence[RedisServer]]) -> None:
        """:arg servers: returns those that hold keys now."""
        self._servers = servers
        self.peak = Peak()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._looks = 0

    def __enter__(self) -> Watch:
        self._since = self._sum("memory", "used_memory"), self._sum("stats", "total_connections_received")
        self._looks = 0
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        self._thread.join()
        self.peak.made = int(self._sum("stats", "total_connections_received") - self._since[1]) - self._looks

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            try:
                self.peak.clients = max(self.peak.clients, int(self._sum("clients", "connected_clients")) - 1)
                self.peak.kib = max(self.peak.kib, (self._sum("memory", "used_memory") - self._since[0]) / 1024)
            except subprocess.SubprocessError:  # a server that is down
                continue

    def _sum(self, section: str, name: str) -> float:
        servers = self._servers()
        self._looks += len(servers)
        return sum(float(server.info(section)[name]) for server in servers)
