# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a store costs when many runs ask at once: logins, waits, processor time, commands to Redis, derived keys.

python -m tests.load             100 runs with 5 askers each, for 1, 10 and 100 identities, some 10 minutes with two processors
python -m tests.load --nodes     only the second table, some 15 minutes
python -m tests.load --quick     20 runs, for 1 and 10 identities, and 10 nodes; some 3 minutes

The first table is of the token cache alone. All askers of a row are processes that ask at the same moment; there are no waves. The token service
is made up: it takes 0.1 s.

cold    nothing is kept anywhere
warm    the shared store has the token, the run has not
ready   as warm, but a key costs next to nothing to derive, and the library redis is imported before: what a shared store costs apart from both
again   the run has the token; the second ask of the askers of the row before

processor     milliseconds for each ask, without derivation and without the import of the library redis, which have columns of their own; with
              what an asker does while it waits for another one of its run
of the run's  the same, as a ratio to the run's own store with as many identities
commands      to Redis, for each ask; and of these to connect, such as AUTH

The second table is of the whole provider: 100 nodes, which are runs of up to four processes each, ask a simulator for 100, 1,000 and 10,000 tokens of
1, 10 and 100 identities, with a directory, a Redis, Sentinel and a cluster. Where the tokens live for 5 seconds, they end while the nodes ask.

refreshes, verified    requests to the service beside the logins
connections, memory    of Redis: the most at once, those that were made, and by how much its memory grew
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

import tests.chaos.importable  # noqa: F401  # pylint: disable=unused-import  # before what needs it
from tests.load.crowd import Crowd, let_ask
from tests.load.fleet import FLEET_HEADS, fleet_rows
from tests.load.rows import HEADS, Row, aligned, wanted
from tests.tools.redis_server import RedisServer, program

_CONNECTING = ("auth", "hello", "client", "select")
_OURS = ("info", "config", "ping")


class Redis(RedisServer):
    """A Redis that counts what it is told."""

    def forget_counts(self) -> None:
        """Begin to count."""
        self.ask("CONFIG", "RESETSTAT")

    def counts(self) -> tuple[int, int]:
        """Return the number of commands since, and how many of them only connected."""
        found = [line.removeprefix("cmdstat_").partition(":calls=") for line in self.ask("INFO", "commandstats").splitlines() if ":calls=" in line]
        numbers = [(name.partition("|")[0], int(rest.partition(",")[0])) for name, _mark, rest in found]
        told = [(name, number) for name, number in numbers if name not in _OURS]
        mine = 1  # the AUTH of each question of ours is the cost of INFO alone: CONFIG RESETSTAT forgets the one before
        connecting = sum(number for name, number in told if name in _CONNECTING) - mine
        return sum(number for _name, number in told) - mine, connecting


def main() -> int:
    """Run it, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs and identities")
    parser.add_argument("--nodes", action="store_true", help="only the second table")
    parser.add_argument("--identities", type=int, nargs="+", metavar="NUMBER", help="only for so many identities")
    chosen = parser.parse_args()
    runs, identities = (20, chosen.identities or [1, 10]) if chosen.quick else (100, chosen.identities or [1, 10, 100])
    if not chosen.nodes:
        _crowds(runs, identities)
    print("\n100 nodes" if not chosen.quick else "\n10 nodes")
    print(aligned([FLEET_HEADS, *(row.cells() for row in fleet_rows(quick=chosen.quick))]))
    return 0


def _crowds(runs: int, identities: Sequence[int]) -> None:
    """Print the first table, and what was to be reached."""
    print(f"{runs} runs with 5 askers each: {runs * 5} processes at once in each row")
    rows: list[Row] = []
    for number in identities:
        for row in _rows(runs, number):
            rows.append(row)
            print(f"{row.identities} identities, {row.store}, {row.state} ...", file=sys.stderr, flush=True)
        print(aligned([HEADS, *(row.cells(rows) for row in rows if row.identities == number)]), flush=True)
    print("\n".join(["", *wanted(rows, runs)]))


def _rows(runs: int, identities: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="forti_oauth_load_") as name:
        folder = pathlib.Path(name)
        yield from _of_store("the run", "run", ("cold",), Crowd(runs, 5, identities, "run"), folder / "run", None)
        kept = str(folder / "kept")
        yield from _of_store("a directory", kept, ("cold", "warm", "ready"), Crowd(runs, 5, identities, kept), folder / "directory", None)
        if program() is not None:
            with Redis(folder) as redis:
                crowd = Crowd(runs, 5, identities, redis.url)
                yield from _of_store("Redis", redis.url, ("cold", "warm", "ready"), crowd, folder / "redis", redis)


def _of_store(title: str, cache: str, states: Sequence[str], crowd: Crowd, folder: pathlib.Path, redis: Redis | None) -> Iterator[Row]:
    """Measure a store in each state; the askers of each state find what those before them have left."""
    folder.mkdir()
    for state in states:
        if state == "ready":
            crowd = Crowd(crowd.runs, crowd.askers, crowd.identities, cache, is_ready=True)
            let_ask(crowd, folder / "under the other keys")
        if redis:
            redis.forget_counts()
        asks = let_ask(crowd, folder / state)
        try:
            commands = redis.counts() if redis else None
        except subprocess.CalledProcessError:
            commands = None
        yield Row(crowd.identities, title, state, asks, commands)
    yield Row(crowd.identities, title, "again", asks, None)


if __name__ == "__main__":
    sys.exit(main())
