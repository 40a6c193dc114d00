# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both modules and both lookups ask a server that does something wrong: many cases in one play, since plays are slow, and a test for each case.

A test compares what the user sees, and the requests that the server saw. It fails if a case took so long that something hangs.
"""

from __future__ import annotations

import dataclasses
import itertools
import resource
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from tests.integration.harness import PASSWORDS, Outcome, Player

LONGEST = 60  # seconds for all four; no case takes more than a few on an idle machine
ASKED = {"retries": 0, "cache": "none"}
SECRETS = {
    "fac_oauth_token": {"username": "luser1", "password": PASSWORDS["luser1"]},
    "forticwp_token": {"credential": PASSWORDS["credential"]},
}
# Each asker leaves its own result in a variable named after it and the case.
ASKERS = {
    "fac_module": "- {{forti.oauth.fac_oauth_token: '{{{{ fac_oauth_token[{case}] }}}}', register: fac_module_{case}, ignore_errors: true}}\n",
    "fac_lookup": (
        "- {{set_fact: {{x: \"{{{{ lookup('forti.oauth.fac_oauth_token', **fac_oauth_token[{case}]) }}}}\"}}, "
        "register: fac_lookup_{case}, ignore_errors: true}}\n"
    ),
    "cwp_module": "- {{forti.oauth.forticwp_token: '{{{{ forticwp_token[{case}] }}}}', register: cwp_module_{case}, ignore_errors: true}}\n",
    "cwp_lookup": (
        "- {{set_fact: {{x: \"{{{{ lookup('forti.oauth.forticwp_token', **forticwp_token[{case}]) }}}}\"}}, "
        "register: cwp_lookup_{case}, ignore_errors: true}}\n"
    ),
}
CLOCK = '- {{set_fact: {{at_{case}: "{{{{ now().timestamp() }}}}"}}}}\n'


@dataclasses.dataclass(frozen=True)
class Case:
    """What a server does, and what comes of it."""

    fault: dict[str, Any] | None  # what the simulator does; None where another server, or none, is asked
    says: str  # in the message
    cwp_says: str | None = None  # where that differs for FortiCWP
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    requests: int = 1  # of each asker

    def says_to(self, asker: str) -> str:
        """Return what an asker is told."""
        return self.cwp_says if self.cwp_says and asker.startswith("cwp") else self.says


@dataclasses.dataclass(frozen=True)
class Asked:
    """What came of a table of cases."""

    cases: dict[str, Case]
    outcome: Outcome
    host: str  # of the simulator
    requests: list[dict[str, Any]]  # that the simulator saw
    memory: int  # KiB; the most that one process has taken

    def result(self, asker: str, name: str) -> dict[str, Any]:
        """Return what an asker got in a case."""
        found: dict[str, Any] = self.outcome[f"{asker}_{list(self.cases).index(name)}"]
        return found

    def requests_of(self, name: str) -> list[dict[str, Any]]:
        """Return the requests that the simulator saw during a case."""
        began, ended = self._times(name)
        return [request for request in self.requests if began <= request["at"] < ended]

    def check(self, name: str) -> None:
        """Check what came of a case."""
        case, (began, ended) = self.cases[name], self._times(name)
        for asker in ASKERS:
            result = self.result(asker, name)
            assert result["failed"], asker
            assert case.says_to(asker) in result["msg"], asker
            assert "\n" not in result["msg"] or asker.endswith("lookup"), asker
        paths = [request["path"] for request in self.requests_of(name)]
        assert len(paths) == (case.requests * len(ASKERS) if case.fault else 0), paths
        assert ended - began < LONGEST

    def _times(self, name: str) -> tuple[float, float]:
        number = list(self.cases).index(name)
        return float(self.outcome[f"at_{number}"]), float(self.outcome[f"at_{number + 1}"])


def ask(play: Player, cases: dict[str, Case], **how: Any) -> Asked:
    """Let all four ask, case after case."""
    for case in cases.values():
        if case.fault is not None:
            play.sim.fault("*", **case.fault, times=case.requests * len(ASKERS))
    options = {name: [{**secret, **ASKED, **case.options} for case in cases.values()] for name, secret in SECRETS.items()}
    tasks = "".join(text.format(case=number) for number in range(len(cases)) for text in (CLOCK, *ASKERS.values())) + CLOCK.format(case=len(cases))
    kept = [f"at_{number}" for number in range(len(cases) + 1)]
    kept += [f"{asker}_{number}" for asker, number in itertools.product(ASKERS, range(len(cases)))]
    outcome = play(tasks, keep=" ".join(kept), variables=options, **how)
    return Asked(cases, outcome, play.sim.host, play.sim.requests, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


class Tables:
    """Tables of cases. Each table is asked in one play, when the first test wants to know what came of it."""

    def __init__(self, new_play: Callable[[], Player], ask_table: Callable[[Player, str], Asked]) -> None:
        self._new_play, self._ask = new_play, ask_table
        self._asked: dict[str, Asked | BaseException] = {}

    def __getitem__(self, table: str) -> Asked:
        """Return what came of a table. A play that fails is not run again: it fails all tests of its table."""
        if table not in self._asked:
            try:
                self._asked[table] = self._ask(self._new_play(), table)
            except Exception as problem:
                self._asked[table] = problem
        asked = self._asked[table]
        if isinstance(asked, BaseException):
            raise asked
        return asked


def each_case(tables: Mapping[str, Iterable[str]]) -> list[Any]:
    """Return a parameter of pytest for each case of each table: the names of both. One worker runs all cases of a table, and so its play once."""
    return [
        pytest.param(table, name, id=f"{table}: {name}", marks=pytest.mark.xdist_group(f"table {table}")) for table, names in tables.items() for name in names
    ]


def each_table(tables: Iterable[str]) -> list[Any]:
    """Return a parameter of pytest for each table, for the same workers."""
    return [pytest.param(table, id=table, marks=pytest.mark.xdist_group(f"table {table}")) for table in tables]
