# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a store costs when many runs ask at once: logins, waits, processor time, commands to Redis, derived keys.

It writes docs/load.md.

python -m tests.load             100 runs with 5 askers each, and 100 nodes, for 1, 10 and 100 identities; some 25 minutes with two processors
python -m tests.load --quick     20 runs and 10 nodes, for 1 and 10 identities; some 3 minutes; the page stays as it is
python -m tests.load --again     writes the page again from the figures of the last full run; nothing is measured

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
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence

import tests.chaos.importable  # noqa: F401  # pylint: disable=unused-import  # before what needs it
from tests.load import report
from tests.load.crowd import Crowd, let_ask
from tests.load.fleet import FLEET_HEADS, fleet_rows
from tests.load.rows import GOAL_HEADS, HEADS, Row, goals
from tests.tools.build import ROOT
from tests.tools.columns import measured_with
from tests.tools.redis_server import RedisServer, program

QUICK_FIGURES = ROOT / ".work" / "load.json"
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
    """Run it, print the tables, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer runs, nodes and identities; the page stays as it is")
    parser.add_argument("--again", action="store_true", help="measure nothing; write the page again from the figures of the last full run")
    chosen = parser.parse_args()
    figures = QUICK_FIGURES if chosen.quick else report.FIGURES
    if not chosen.again:
        figures.write_text(json.dumps(_measured(quick=chosen.quick), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    numbers = json.loads(figures.read_text(encoding="utf-8"))
    print(report.terminal(numbers))
    print(f"The figures are in {figures}.")
    if not chosen.quick:
        report.PAGE.write_text(report.page(numbers), encoding="utf-8")
    return 0


def _measured(*, quick: bool) -> dict[str, object]:
    runs, identities = (20, (1, 10)) if quick else (100, (1, 10, 100))
    rows = []
    for number in identities:
        for row in _rows(runs, number):
            rows.append(row)
            print(f"{row.identities} identities, {row.store}, {row.state} ...", file=sys.stderr, flush=True)
    return {
        "versions": measured_with(),
        "runs": runs,
        "crowds": [HEADS, *(row.cells(rows) for row in rows)],
        "goals": [GOAL_HEADS, *goals(rows, runs)],
        "nodes": [FLEET_HEADS, *(row.cells() for row in fleet_rows(quick=quick))],
    }


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
