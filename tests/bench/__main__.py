# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this collection costs and saves, against the simulator. It writes docs/benchmarks.md and its pictures.

python -m tests.bench             all of it, some 20 minutes on a quiet machine with two processors
python -m tests.bench --quick     fewer hosts and runs, some 3 minutes; the page stays as it is
python -m tests.bench --again     writes the page and its pictures again from the figures of the last full run; nothing is measured
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

from extensions.simulator import Simulator
from tests.bench import plots, report
from tests.bench.plays import ALONE, WAYS
from tests.bench.table import Table
from tests.tools.build import ROOT, install
from tests.tools.columns import measured_with
from tests.tools.redis_server import RedisServer, program


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is run: hosts -> rounds, and rounds of what is slow."""

    rounds: dict[int, tuple[int, int]]
    alone: tuple[int, int]
    stores: int
    at_once: int
    samples: int


FULL = Plan({1: (3, 3), 10: (3, 2), 50: (3, 2), 100: (7, 1), 500: (1, 1)}, alone=(3, 2), stores=3, at_once=20, samples=200)
FIGURES = pathlib.Path(__file__).with_name("figures.json")
QUICK_FIGURES = ROOT / ".work" / "bench.json"
QUICK = Plan({1: (3, 1), 10: (3, 1), 50: (1, 1)}, alone=(1, 1), stores=1, at_once=5, samples=20)


def main() -> int:
    """Run it; return 0 if everything went well."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer hosts and runs")
    parser.add_argument("--latency", type=float, default=0.1, metavar="SECONDS", help="wait before each answer of the server (default 0.1)")
    parser.add_argument("--again", action="store_true", help="measure nothing; write the page again from the figures of the last full run")
    chosen = parser.parse_args()
    figures = QUICK_FIGURES if chosen.quick else FIGURES
    if not chosen.again:
        figures.write_text(json.dumps(_measured(QUICK if chosen.quick else FULL, chosen.latency), indent=1) + "\n")
    numbers = json.loads(figures.read_text())
    print(report.terminal(numbers))
    print(f"The figures are in {figures}.")
    if not chosen.quick:
        plots.draw(numbers, ROOT / "docs" / "images")
        (ROOT / "docs" / "benchmarks.md").write_text(report.page(numbers), encoding="utf-8")
    return 0


def _measured(plan: Plan, latency: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name, Simulator(latency=latency) as simulator:
        folder = pathlib.Path(name)
        print("Installing the collection ...", flush=True)
        table = Table(simulator, folder, install(folder / "collections"))
        table.compare(WAYS, hosts=1, rounds=1, slow_rounds=1)  # Python's caches of bytecode; not counted
        ways = {hosts: table.compare(WAYS, hosts=hosts, rounds=rounds, slow_rounds=slow) for hosts, (rounds, slow) in plan.rounds.items()}
        alone = table.compare(ALONE, hosts=50, rounds=plan.alone[0], slow_rounds=plan.alone[1])
        return {
            "latency": latency,
            "versions": measured_with(),
            "ways": {hosts: {letter: dataclasses.asdict(result) for letter, result in results.items()} for hosts, results in ways.items()},
            "alone": {letter: dataclasses.asdict(result) for letter, result in alone.items()},
            "stores": _stores(table, folder, plan),
            "parts": _parts(table, plan.samples),
        }


def _stores(table: Table, folder: pathlib.Path, plan: Plan) -> dict[str, object]:
    caches = {"the run": "run", "a directory": str(folder / "kept{number}")}
    if program() is None:
        return {"used": _as_dicts(table.stores(caches, rounds=plan.stores))}
    with RedisServer(folder) as redis:
        url = redis.url.rpartition("/")[0]  # without the number of its database: each round has an empty one
        used = table.stores({**caches, "Redis": f"{url}/{{number}}"}, rounds=plan.stores)
        counts = table.at_once(plan.at_once, f"{url}/15")
        return {"used": _as_dicts(used), "at once": {"runs": plan.at_once, "logins": counts["fac.login"], "connections": counts["connections"]}}


def _as_dicts(used: dict[str, tuple[object, object]]) -> dict[str, list[dict[str, object]]]:
    return {title: [dataclasses.asdict(result) for result in results] for title, results in used.items()}  # type: ignore[call-overload]


def _parts(table: Table, samples: int) -> dict[str, dict[str, float]]:
    script = str(pathlib.Path(__file__).with_name("hit.py"))
    done = subprocess.run([sys.executable, script, str(samples)], env=table.injected, stdout=subprocess.PIPE, text=True, check=True)
    parts: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return parts


if __name__ == "__main__":
    sys.exit(main())
