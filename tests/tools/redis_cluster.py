# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Redis Cluster for tests: three masters, and a replica of each, all on this machine. It takes Redis 7 or Valkey."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib

from tests.tools.redis_group import PATIENCE, REPLICATION, RedisGroup
from tests.tools.redis_server import PASSWORD, RedisServer, until

_MASTERS = 3
_SLOTS = 16384


@dataclasses.dataclass(frozen=True)
class Node:
    """A line of CLUSTER NODES: what one node says of another, or of itself."""

    id: str
    port: int
    flags: frozenset[str]
    master: str  # its ID; - if this one is a master
    slots: tuple[range, ...]

    @classmethod
    def from_line(cls, line: str) -> Node:
        """Read it."""
        words = line.split()
        ends = [word.split("-") for word in words[8:] if not word.startswith("[")]  # in brackets: a slot that moves
        slots = tuple(range(int(each[0]), int(each[-1]) + 1) for each in ends)
        return cls(words[0], int(words[1].partition("@")[0].rpartition(":")[2]), frozenset(words[2].split(",")), words[3], slots)


class RedisCluster(RedisGroup):
    """Three masters with a third of the slots each, and three replicas."""

    def __init__(self, folder: pathlib.Path, *, tls: bool = False, node_timeout: int = 1000) -> None:
        """:arg node_timeout: the milliseconds of silence after which a node counts as failed."""
        super().__init__(folder, tls=tls)
        own = ["--cluster-enabled", "yes", "--cluster-node-timeout", str(node_timeout), *REPLICATION, *(["--tls-cluster", "yes"] if tls else [])]
        self.servers = [RedisServer(folder, *own, "--cluster-config-file", f"nodes-{number}.conf", tls=self._tls) for number in range(2 * _MASTERS)]
        self._lost: RedisServer | None = None

    @property
    def url(self) -> str:
        """The URL for clients. It names the first three servers, which are the masters at first."""
        scheme, more = ("rediss", f"?ssl_ca_certs={self._tls.authority}") if self._tls else ("redis", "")
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in self.servers[:_MASTERS])
        return f"{scheme}+cluster://:{PASSWORD}@{hosts}/0{more}"

    def masters(self) -> list[RedisServer]:
        """Return the masters that have slots, in the order of the slots."""
        found = [node for node in self._nodes() if "master" in node.flags and node.slots and "fail" not in node.flags]
        return [self.server(node.port) for node in sorted(found, key=lambda node: node.slots[0].start)]

    def slot(self, key: str) -> int:
        """Return the slot of a key."""
        return int(self._speaking()[0].ask("CLUSTER", "KEYSLOT", key))

    def owner(self, key: str | int) -> RedisServer:
        """Return the master of a key, or of a slot."""
        slot = self.slot(key) if isinstance(key, str) else key
        return self.server(next(node.port for node in self._nodes() if any(slot in each for each in node.slots)))

    def start(self) -> None:
        """Start all; return when each node finds the cluster in order, and each replica has what its master has."""
        for server in self.servers:
            server.launch()
        for number, server in enumerate(self.servers):
            server.ready().ask("CLUSTER", "SET-CONFIG-EPOCH", str(number + 1))
        for one, other in itertools.combinations(self.servers, 2):
            one.ask("CLUSTER", "MEET", "127.0.0.1", str(other.port))
        bounds = [number * _SLOTS // _MASTERS for number in range(_MASTERS + 1)]
        for server, first, end in zip(self.servers, bounds, bounds[1:]):
            server.ask("CLUSTER", "ADDSLOTSRANGE", str(first), str(end - 1))
        until(self._have_met, seconds=PATIENCE, failure="the nodes of the cluster did not meet")
        for master, replica in zip(self.servers, self.servers[_MASTERS:]):
            replica.ask("CLUSTER", "REPLICATE", self._id(master))
        self.settled()

    def settled(self, seconds: float = PATIENCE) -> None:
        """Return when each node finds the cluster in order, and each replica has what its master has."""
        until(self._is_settled, seconds=seconds, failure="the cluster is not in order")

    def kill_master(self, which: str | int = 0) -> RedisServer:
        """Kill the process of a master, and return it.

        :arg which: the master of this key; or its place in masters().
        """
        server = self._lost = self._chosen(which)
        server.stop()
        return server

    def stop_master(self, seconds: float, which: str | int = 0) -> RedisServer:
        """Pause a master, and return it at once. It goes on after these seconds, and does not know then that it was replaced."""
        server = self._lost = self._chosen(which)
        self._pause(server, seconds)
        return server

    def restart(self, server: RedisServer) -> None:
        """Start a killed server again. If it was replaced, it becomes a replica; else it is still a master, and is empty."""
        server.start()

    def failed_over(self, timeout: float = PATIENCE) -> None:
        """Return when all nodes know another master for the slots of the one that was killed or stopped last, and find the cluster in order."""
        until(self._has_failed_over, seconds=timeout, failure="no replica took the place of its master")

    def begin_move(self, slot: int) -> tuple[RedisServer, RedisServer]:
        """Let a slot be on its way to another master, and return both. The old one answers ASK for keys that it does not have."""
        source = self.owner(slot)
        target = next(server for server in self.masters() if server is not source)
        target.ask("CLUSTER", "SETSLOT", str(slot), "IMPORTING", self._id(source))
        source.ask("CLUSTER", "SETSLOT", str(slot), "MIGRATING", self._id(target))
        return source, target

    def move_slot(self, slot: int) -> RedisServer:
        """Move a slot and its keys to another master, and return that one. The old one answers MOVED."""
        source, target = self.begin_move(slot)
        keys = source.ask("CLUSTER", "GETKEYSINSLOT", str(slot), "1000").split()
        if keys:
            source.ask("MIGRATE", "127.0.0.1", str(target.port), "", "0", "5000", "AUTH", PASSWORD, "KEYS", *keys)
        for server in [target, *(other for other in self.masters() if other is not target)]:
            server.ask("CLUSTER", "SETSLOT", str(slot), "NODE", self._id(target))
        return target

    def _chosen(self, which: str | int) -> RedisServer:
        return self.owner(which) if isinstance(which, str) else self.masters()[which]

    def _speaking(self) -> list[RedisServer]:
        return [server for server in self.servers if server.runs]

    def _nodes(self, asked: RedisServer | None = None) -> list[Node]:
        """Return all nodes, as one of them knows them."""
        lines = (asked or self._speaking()[0]).ask("CLUSTER", "NODES").splitlines()
        return [Node.from_line(line) for line in lines]

    def _id(self, server: RedisServer) -> str:
        return server.ask("CLUSTER", "MYID").strip()

    def _have_met(self) -> bool:
        views = [self._nodes(server) for server in self.servers]
        return all(len(nodes) == len(self.servers) and not any("handshake" in node.flags for node in nodes) for nodes in views)

    def _is_settled(self) -> bool:
        return all(self._is_content(server) for server in self.servers)

    def _is_content(self, server: RedisServer) -> bool:
        nodes, known = self._nodes(server), server.info("replication")
        roles = [node.master for node in nodes if node.flags <= {"myself", "master", "slave"}]
        replicas = {node.master for node in nodes if node.master != "-"}
        link = known.get("master_link_status", "up") == "up"
        return link and len(roles) == 2 * _MASTERS and len(replicas) == _MASTERS and self._finds_ok(server)

    def _has_failed_over(self) -> bool:
        assert self._lost is not None
        return all(self._finds_ok(server) and not self._has_slots(self._lost, server) for server in self._speaking() if server is not self._lost)

    def _has_slots(self, server: RedisServer, asked: RedisServer) -> bool:
        return any(node.port == server.port and node.slots for node in self._nodes(asked))

    @staticmethod
    def _finds_ok(server: RedisServer) -> bool:
        return server.ask("CLUSTER", "INFO").startswith("cluster_state:ok")
