# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays against the simulator, and what they cost."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
from collections.abc import Iterable, Mapping

from extensions.simulator import Simulator
from tests.bench.measured import Cost, measure
from tests.bench.plays import MODULE, STORE_HOSTS, Way, playbook

_PROGRAMS = pathlib.Path(sys.executable).parent
_PLAIN = "x" * 30
_SECRET = {"username": "luser1", "password": "Pass-Word-12345678"}


@dataclasses.dataclass(frozen=True)
class Result:
    """Medians of some runs: seconds, MiB, and what the server saw of one run."""

    processor: float
    wall: float
    memory: float
    logins: int
    connections: int
    runs: int


class Table:
    """Runs plays; C(log) tells of each."""

    def __init__(self, sim: Simulator, folder: pathlib.Path, collections: pathlib.Path) -> None:
        self._sim = sim
        self._folder = folder
        self._options = {"server": sim.host, "ca_path": sim.ca, "client_id": "ansible"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "FAC_", "FORTI", "PYTHON"))}
        self._environment = {
            **kept,
            "HOME": str(folder),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "PLAIN": _PLAIN,
        }
        # As AWX gives them to a job.
        self.injected = {**self._environment, **{f"FAC_{name.upper()}": value for name, value in {**self._options, **_SECRET}.items()}}

    def compare(self, ways: Iterable[Way], *, hosts: int, rounds: int, slow_rounds: int) -> dict[str, Result]:
        """Run the ways in turn, so that a busy moment of the machine meets all of them; return medians."""
        runs: dict[Way, list[tuple[Cost, dict[str, int]]]] = {way: [] for way in ways}
        for number in range(rounds):
            for way, seen in runs.items():
                if not way.slow or number < slow_rounds:
                    self._sim.reset()
                    seen.append(self.run(way, hosts=hosts))
        return {way.letter: _median(costs) for way, costs in runs.items()}

    def run(self, way: Way, *, hosts: int, more: Mapping[str, str] | None = None, number: int = 0) -> tuple[Cost, dict[str, int]]:
        """Run one way; return what it cost and what the server saw."""
        before = self._sim.counts
        cost = self._measured(way, hosts=hosts, more=more or {}, number=number)
        print(f"  {way.title:<36}{hosts:>5} hosts {cost.processor:8.2f} s of processor {cost.wall:8.2f} s", flush=True)
        return cost, {name: count - before[name] for name, count in self._sim.counts.items()}

    def stores(self, caches: Mapping[str, str], *, rounds: int) -> dict[str, tuple[Result, Result]]:
        """Return the first use of each store and, but for the run's, the next run's; C(caches) is title -> value of the option."""
        runs: dict[str, tuple[list[tuple[Cost, dict[str, int]]], list[tuple[Cost, dict[str, int]]]]] = {title: ([], []) for title in caches}
        for number in range(rounds):
            for title, cache in caches.items():
                self._sim.reset()  # not between the two runs: the second one verifies the token of the first one
                for seen in runs[title]:
                    seen.append(self.run(MODULE, hosts=STORE_HOSTS, more={"FORTI_OAUTH_CACHE": cache.format(number=number)}))
        return {title: (_median(first), _median(then)) for title, (first, then) in runs.items()}

    def at_once(self, runs: int, cache: str) -> dict[str, int]:
        """Start so many runs at the same moment, as nodes of AWX would; return what the server saw."""
        self._sim.reset()
        with concurrent.futures.ThreadPoolExecutor(runs) as pool:
            waiting = [pool.submit(self._measured, MODULE, hosts=1, more={"FORTI_OAUTH_CACHE": cache}, number=number) for number in range(runs)]
            for run in waiting:
                run.result()
        return self._sim.counts

    def _measured(self, way: Way, *, hosts: int, more: Mapping[str, str], number: int) -> Cost:
        folder = self._folder / f"run{number}{'' if way.vault else 'injected'}"
        if not folder.exists():
            self._make(folder, way)
        (folder / "hosts").write_text("".join(f"site{host:05}\n" for host in range(hosts)))
        (folder / "play.yml").write_text(playbook(way))
        command = [str(_PROGRAMS / "ansible-playbook"), "-i", str(folder / "hosts"), "-c", "local", str(folder / "play.yml")]
        given = {**self._environment, "ANSIBLE_VAULT_PASSWORD_FILE": str(folder / "word")} if way.vault else self.injected
        return measure(command, {**given, **more}, str(folder))

    def _make(self, folder: pathlib.Path, way: Way) -> None:
        """Lay out an inventory as people do: variables in one file, the secret ones in another, encrypted."""
        variables = folder / "group_vars" / "all"
        variables.mkdir(parents=True)
        (variables / "main.yml").write_text(json.dumps({"plain": _PLAIN, **(_as_variables(self._options) if way.vault else {})}))
        if way.vault:
            (folder / "word").write_text("Vault-Word-1234")
            (variables / "vault.yml").write_text(json.dumps(_as_variables(_SECRET)))
            encrypt = [str(_PROGRAMS / "ansible-vault"), "encrypt", "--vault-password-file", str(folder / "word"), str(variables / "vault.yml")]
            subprocess.run(encrypt, env=self._environment, check=True, capture_output=True)


def _as_variables(options: Mapping[str, str]) -> dict[str, str]:
    return {f"fac_oauth_{name}": value for name, value in options.items()}


def _median(seen: list[tuple[Cost, dict[str, int]]]) -> Result:
    costs = [cost for cost, _counts in seen]
    middle = {name: statistics.median(getattr(cost, name) for cost in costs) for name in ("processor", "wall", "memory")}
    # Of counts the worst: a login too many in one run is a login too many.
    logins, connections = (max(counts[name] for _cost, counts in seen) for name in ("fac.login", "connections"))
    return Result(**middle, logins=logins, connections=connections, runs=len(seen))
