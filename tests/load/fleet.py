# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of a hundred nodes: each store, so many asks, so many identities."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from extensions.simulator import Simulator
from tests.load.nodes import Fleet, let_ask
from tests.load.watch import Watch
from tests.tools.redis_cluster import RedisCluster
from tests.tools.redis_sentinel import RedisSentinel
from tests.tools.redis_server import RedisServer, program

FLEET_HEADS = (
    "store",
    "asks",
    "identities",
    "tokens live",
    "logins",
    "refreshes",
    "verified",
    "median ms",
    "p99 ms",
    "failed",
    "given up",
    "connections at once",
    "connections made",
    "memory KiB",
)
_LASTING, _SHORT = "ansible", "short"  # clients of the simulator
_LATENCY = 0.1  # seconds
_SHAPES = ((100, 1, 1), (100, 2, 5), (100, 4, 25))  # nodes, processes of each, asks of each process
_QUICK_SHAPES = ((10, 1, 1), (10, 2, 5))


@dataclasses.dataclass(frozen=True)
class FleetRow:
    """What a fleet saw."""

    store: str
    asks: int
    identities: int
    lives: str
    counts: dict[str, int]
    waits: list[float]
    failed: int
    given_up: int
    peak: tuple[int, int, float] | None  # of Redis: connections at once, made, and KiB

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the table."""
        waits = sorted(wait * 1000 for wait in self.waits)
        asked = [self.counts.get(name, 0) for name in ("fac.login", "fac.refresh", "fac.verify")]
        times = (f"{statistics.median(waits):.1f}", f"{waits[int(len(waits) * 0.99)]:.0f}")
        redis = [f"{number:.0f}" for number in self.peak] if self.peak else [""] * 3
        return (self.store, f"{self.asks:,}", str(self.identities), self.lives, *map(str, asked), *times, str(self.failed), str(self.given_up), *redis)


def fleet_rows(*, quick: bool) -> Iterator[FleetRow]:
    """Measure every store."""
    kinds = {"Redis": RedisServer, "Sentinel": RedisSentinel, "Cluster": RedisCluster} if program() else {}
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(Simulator(latency=_LATENCY))
        folder = pathlib.Path(stack.enter_context(_temporary()))
        yield from _of_store("a directory", str(folder / "kept"), folder, simulator, None, quick=quick)
        for title, kind in kinds.items():
            (folder / title).mkdir()
            with kind(folder / title) as redis:  # type: ignore[abstract]
                yield from _of_store(title, redis.url, folder, simulator, redis, quick=quick)


def _of_store(store: str, cache: str, folder: pathlib.Path, simulator: Simulator, redis: Any, *, quick: bool) -> Iterator[FleetRow]:
    shapes = _QUICK_SHAPES if quick else _SHAPES
    for nodes, processes, each in shapes:
        for identities in (1, 10) if quick else (1, 10, 100):
            yield _row(store, Fleet(nodes, processes, each, identities, _LASTING, cache), folder, simulator, redis)
    nodes, processes, each = shapes[-1]
    yield _row(store, Fleet(nodes, processes, each, 10, _SHORT, cache), folder, simulator, redis)


def _row(store: str, fleet: Fleet, folder: pathlib.Path, simulator: Simulator, redis: Any) -> FleetRow:
    simulator.reset()
    if redis is not None:
        redis.flush()
    cache = fleet.cache if redis is not None else f"{fleet.cache}{simulator.host}{fleet.total}{fleet.identities}{fleet.client_id}".replace(":", "")
    fleet = dataclasses.replace(fleet, cache=cache)
    lives = "5 s" if fleet.client_id == _SHORT else "10 h"
    print(f"{store}, {fleet.total:,} asks, {fleet.identities} identities, {lives} ...", file=sys.stderr, flush=True)
    with contextlib.ExitStack() as stack:
        watch = stack.enter_context(Watch(lambda: _servers(redis))) if redis is not None else None
        name = f"{store.replace(' ', '')}-{fleet.total}-{fleet.identities}-{fleet.client_id}"
        seen = let_ask(fleet, folder / name, {"server": simulator.host, "ca_path": str(simulator.ca)})
    peak = (watch.peak.clients, watch.peak.made, watch.peak.kib) if watch else None
    waits = [wait for one in seen for wait in one.waits]
    return FleetRow(
        store, fleet.total, fleet.identities, lives, simulator.counts, waits, sum(one.failed for one in seen), sum(one.given_up for one in seen), peak
    )


def _servers(redis: Any) -> Sequence[RedisServer]:
    return [redis] if isinstance(redis, RedisServer) else redis.masters()  # type: ignore[no-any-return]


def _temporary() -> Any:
    return tempfile.TemporaryDirectory(prefix="forti_oauth_fleet_")
