# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redis that can be broken: one server, Sentinel, a cluster. What each of them can suffer, by the names that the plan has for it."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from tests.tools.redis_cluster import RedisCluster
from tests.tools.redis_sentinel import RedisSentinel
from tests.tools.redis_server import RedisServer

OUTAGE = 1.5  # seconds
_PREFIX, _CLUSTER_PREFIX = "forti_oauth:", "{forti_oauth}:"
_ENDLESS = "local found = {} for _, key in ipairs(redis.call('KEYS', '*')) do if redis.call('TTL', key) == -1 then found[#found + 1] = key end end return found"
Breaks = Mapping[str, Callable[[int], object]]


class Redis(Protocol):
    """What the chaos knows of each."""

    url: str

    def breaks(self) -> Breaks:
        """Return what can be done to it, by name. Each takes a number that decides how."""

    def endless(self) -> list[str]:
        """Return the keys without a time to live."""


class Server(RedisServer):
    """One server."""

    def breaks(self) -> Breaks:
        """Return what can be done to it."""
        return {
            "stop": lambda _dice: (self.stop(), time.sleep(OUTAGE), self.start()),
            "full": lambda _dice: _fill(self),
            "flush": lambda _dice: self.flush(),
            "silent": lambda dice: self._silent((0.5, 1.5, 5)[dice % 3]),
            "salt": lambda _dice: _damage(self, _PREFIX),
        }

    def endless(self) -> list[str]:
        """Return the keys without a time to live."""
        return _endless(self)

    def _silent(self, seconds: float) -> None:
        self.pause()
        time.sleep(seconds)
        self.resume()


class Sentinel(RedisSentinel):
    """A master, a replica and three sentinels."""

    def breaks(self) -> Breaks:
        """Return what can be done to it."""
        return {
            "kill": lambda _dice: _kill(self, self.kill_master),
            "stop": lambda _dice: _stop(self, self.stop_master),
            "split": lambda dice: self._split(with_master=bool(dice % 2)),
            "full": lambda _dice: _fill(*self.masters()),
            "flush": lambda _dice: self.flush(),
            "salt": lambda _dice: _damage(self.owner(_PREFIX), _PREFIX),
        }

    def endless(self) -> list[str]:
        """Return the keys without a time to live."""
        return _endless(*self.masters())

    def _split(self, *, with_master: bool) -> None:
        self.split_sentinel(with_master=with_master)
        if with_master:
            self.failed_over()
        time.sleep(OUTAGE)
        self.join_sentinel()


class Cluster(RedisCluster):
    """Three masters with a replica each. All keys are at one of the masters."""

    def breaks(self) -> Breaks:
        """Return what can be done to it."""
        return {
            "kill": lambda dice: _kill(self, lambda: self.kill_master(_which(dice))),
            "stop": lambda dice: _stop(self, lambda seconds: self.stop_master(seconds, _which(dice))),
            "move": lambda _dice: self.move_slot(self.slot(_CLUSTER_PREFIX)),
            "full": lambda _dice: _fill(*self.masters()),
            "flush": lambda _dice: self.flush(),
            "salt": lambda _dice: _damage(self.owner(_CLUSTER_PREFIX), _CLUSTER_PREFIX),
        }

    def endless(self) -> list[str]:
        """Return the keys without a time to live."""
        return _endless(*self.masters())


KINDS: dict[str, Callable[[pathlib.Path], contextlib.AbstractContextManager[Redis]]] = {"server": Server, "sentinel": Sentinel, "cluster": Cluster}


def _which(dice: int) -> str | int:
    """Return the master of the keys, three times of four."""
    return dice % 3 if dice % 4 == 0 else _CLUSTER_PREFIX


def _fill(*servers: RedisServer) -> None:
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.enter_context(_full(server))
        time.sleep(OUTAGE)


@contextlib.contextmanager
def _full(server: RedisServer) -> Iterator[None]:
    server.ask("CONFIG", "SET", "maxmemory", "1")
    try:
        yield
    finally:
        server.ask("CONFIG", "SET", "maxmemory", "0")


def _damage(server: RedisServer, prefix: str) -> None:
    server.ask("SET", f"{prefix}salt", "damaged", "EX", "3600")


def _endless(*servers: RedisServer) -> list[str]:
    found: list[str] = []
    for server in servers:
        with contextlib.suppress(subprocess.SubprocessError):  # it is down
            found += server.ask("EVAL", _ENDLESS, "0").split()
    return found


def _kill(group: Sentinel | Cluster, kill_master: Callable[[], RedisServer]) -> None:
    killed = kill_master()
    group.failed_over()
    group.restart(killed)
    group.settled()


def _stop(group: Sentinel | Cluster, stop_master: Callable[[float], object]) -> None:
    stop_master(2 * OUTAGE)
    group.failed_over()
    time.sleep(2 * OUTAGE)
    group.settled()
