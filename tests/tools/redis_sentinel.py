# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Redis Sentinel for tests: a master, a replica, and three sentinels, all on this machine. It takes Redis 7 or Valkey."""

from __future__ import annotations

import pathlib

from tests.tools.redis_group import PATIENCE, REPLICATION, RedisGroup
from tests.tools.redis_server import PASSWORD, RedisServer, Tls, until

SERVICE = "forti"
SENTINEL_PASSWORD = "Sentinel-Word-12345678"
_NAMES = ("sentinel1", "sentinel2", "sentinel3")
_REPLICA = "replica"  # the user as which a replica comes to its master
_CONFIG = """
{options}
sentinel monitor {service} 127.0.0.1 {master} 2
sentinel auth-user {service} {name}
sentinel auth-pass {service} {password}
sentinel down-after-milliseconds {service} 500
sentinel failover-timeout {service} 2000
sentinel sentinel-user {name}
sentinel sentinel-pass {own_password}
"""
# How often they do something, in milliseconds. With their own numbers a start takes up to 10 seconds, and an old master takes more than 8 to become
# a replica. And they come to a new master only once a second: they would find it down after 500 milliseconds, and replace it at once.
# Five times the ping-period must be more than a second: what they know of a replica must not be older when they promote it, and they ask once a second.
_OFTEN = ("publish-period", "200", "info-period", "500", "ping-period", "250")


class Sentinel(RedisServer):
    """One sentinel. It keeps its configuration in a file, and writes what it finds out into it."""

    def __init__(self, folder: pathlib.Path, name: str, *, master: int, tls: Tls | None) -> None:
        """:arg master: the port of the first master."""
        super().__init__(folder, password=SENTINEL_PASSWORD, tls=tls)
        self.name = name
        own = {"port": str(self.port), "bind": "127.0.0.1", "dir": f'"{folder}"', "requirepass": SENTINEL_PASSWORD}
        own.update(tls.of_server(self.port) if tls else {})
        options = "\n".join([*(f"{option} {value}" for option, value in own.items()), *(f"user {_user(other, SENTINEL_PASSWORD)}" for other in _NAMES)])
        words = {"service": SERVICE, "master": master, "name": name, "password": PASSWORD, "own_password": SENTINEL_PASSWORD}
        self._config = folder / f"{name}.conf"
        self._config.write_text(_CONFIG.format(options=options, **words))

    def ready(self) -> Sentinel:
        """Return when it answers."""
        super().ready()
        self.ask("SENTINEL", "DEBUG", *_OFTEN)
        return self

    def master(self) -> int:
        """Return the port of the master, as this one believes."""
        return int(self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE).splitlines()[1])

    def replicas(self) -> list[int]:
        """Return the ports of the replicas that this one finds in order."""
        texts = self.ask("SENTINEL", "REPLICAS", SERVICE).split("\nname\n")
        found = [_pairs(text if number == 0 else f"name\n{text}") for number, text in enumerate(texts) if text.strip()]
        return [int(each["port"]) for each in found if each["flags"] == "slave" and each["master-link-status"] == "ok"]

    def is_content(self) -> bool:
        """Whether it finds the master, the replica and the two other sentinels in order."""
        known = _pairs(self.ask("SENTINEL", "MASTER", SERVICE))
        return known["flags"] == "master" and known["num-other-sentinels"] == "2" and len(self.replicas()) == 1 and self._agrees()

    def _agrees(self) -> bool:
        return self.ask("SENTINEL", "CKQUORUM", SERVICE).startswith("OK 3 usable")

    def _options(self) -> list[str]:
        return [str(self._config), "--sentinel"]


class RedisSentinel(RedisGroup):
    """A master, a replica, and three sentinels of which two must agree. Each sentinel has a user of its own at all others, as has the replica."""

    def __init__(self, folder: pathlib.Path, *, tls: bool = False) -> None:
        super().__init__(folder, tls=tls)
        users = [word for name in (*_NAMES, _REPLICA) for word in ("--user", *_user(name, PASSWORD).split())]
        self.servers = [RedisServer(folder, *REPLICATION, "--masteruser", _REPLICA, *users, tls=self._tls) for _each in range(2)]
        self.sentinels = [Sentinel(folder, name, master=self.servers[0].port, tls=self._tls) for name in _NAMES]
        self._before = self.servers[0].port
        self._lone: Sentinel | None = None

    @property
    def url(self) -> str:
        """The URL for clients."""
        scheme, more = ("rediss", f"&ssl_ca_certs={self._tls.authority}") if self._tls else ("redis", "")
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"{scheme}+sentinel://:{PASSWORD}@{hosts}/{SERVICE}/0?sentinel_password={SENTINEL_PASSWORD}{more}"

    @property
    def master(self) -> int:
        """The port of the master, as the sentinels say now."""
        return self._speaking()[0].master()

    @property
    def replica(self) -> int:
        """The port of the replica, as the sentinels say now."""
        return self._speaking()[0].replicas()[0]

    def masters(self) -> list[RedisServer]:
        """Return the present master."""
        return [self.server(self.master)]

    def owner(self, key: str) -> RedisServer:
        """Return the present master."""
        return self.server(self.master)

    def start(self) -> None:
        """Start all; return when all sentinels agree, and know all others."""
        first, second = self.servers
        first.launch()
        second.launch("--replicaof", "127.0.0.1", str(first.port))
        for server in self.servers:
            server.ready()
        for sentinel in self.sentinels:
            sentinel.launch()
        for sentinel in self.sentinels:
            sentinel.ready()
        self.settled()

    def settled(self, seconds: float = PATIENCE) -> None:
        """Return when all sentinels agree that all is well, and the replica has what the master has."""
        until(self._is_settled, seconds=seconds, failure="the sentinels do not agree")
        self._before = self.master

    def kill_master(self) -> RedisServer:
        """Kill the process of the present master, and return it."""
        server = self.server(self.master)
        self._before = server.port
        server.stop()
        return server

    def stop_master(self, seconds: float) -> RedisServer:
        """Pause the present master, and return it at once. It goes on after these seconds, and does not know then that it was replaced."""
        server = self.server(self.master)
        self._before = server.port
        self._pause(server, seconds)
        return server

    def restart(self, server: RedisServer) -> None:
        """Start a killed server again. If it was replaced, it is a replica from the start; else it is still the master, and is empty."""
        master = self.master
        server.launch(*(() if server.port == master else ("--replicaof", "127.0.0.1", str(master))))
        server.ready()

    def failed_over(self, timeout: float = PATIENCE) -> RedisServer:
        """Return the new master when the sentinels name another one than at the last kill_master, stop_master or split_sentinel."""
        until(
            lambda: all(sentinel.master() != self._before for sentinel in self._speaking()),
            seconds=timeout,
            failure="the sentinels did not name another master",
        )
        return self.server(self.master)

    def split_sentinel(self, *, with_master: bool = False) -> Sentinel:
        """Split the last sentinel off from the other sentinels and from the servers, and return it. It goes on to answer clients.

        The network of one machine cannot be cut without being root. So its user may do nothing more at all others, nor theirs at it, and their
        connections are closed. It then hears no more of the others than behind a cut cable, and believes what it believed before.

        :arg with_master: the master is on its side of the cut, so this sentinel finds it in order. It loses its replica, which the others promote.
            Clients can write to both masters then. Without it the sentinel sees the master as down, and still names it.
        """
        lone = self._lone = self.sentinels[-1]
        self._before = self.master
        side = [lone, self.server(self._before)] if with_master else [lone]
        for one in self._all():
            beyond = [other for other in self._all() if (other in side) != (one in side)]
            names = [other.name if isinstance(other, Sentinel) else _REPLICA for other in beyond if one in self.servers or other in self.sentinels]
            _allow(one, sorted(set(names)), "-@all")
        return lone

    def join_sentinel(self) -> None:
        """End what split_sentinel did, and return when all sentinels agree again."""
        self._lone = None
        for one in self._all():
            _allow(one, [*_NAMES, _REPLICA] if one in self.servers else [*_NAMES], "+@all")
        self.settled()

    def _is_settled(self) -> bool:
        agreed = {sentinel.master() for sentinel in self.sentinels}
        if len(agreed) > 1 or not all(sentinel.is_content() for sentinel in self.sentinels):
            return False
        replica = self.server(self.replica).info("replication")
        return replica["role"] == "slave" and replica["master_link_status"] == "up" and replica["master_port"] == str(*agreed)

    def _speaking(self) -> list[Sentinel]:
        """Return the sentinels that run and are not split off."""
        return [sentinel for sentinel in self.sentinels if sentinel.runs and sentinel is not self._lone]

    def _all(self) -> list[RedisServer]:
        return [*self.servers, *self.sentinels]


def _user(name: str, password: str) -> str:
    return f"{name} on >{password} ~* &* +@all"


def _allow(server: RedisServer, users: list[str], commands: str) -> None:
    """Let these users give all commands to a server, or none. Then their connections are closed, too: what was subscribed to would go on to come."""
    for user in users if server.runs else []:
        server.ask("ACL", "SETUSER", user, commands)
        if commands == "-@all":
            server.ask("CLIENT", "KILL", "USER", user)


def _pairs(text: str) -> dict[str, str]:
    """Return names and values that stand on alternate lines."""
    lines = text.splitlines()
    return dict(zip(lines[::2], lines[1::2]))
