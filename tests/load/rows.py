# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of the table, and what is wanted of them."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence

from tests.load.crowd import Ask

HEADS = (
    "identities",
    "store",
    "state",
    "logins",
    "given up",
    "median ms",
    "p99 ms",
    "processor",
    "of the run's",
    "derivation",
    "import",
    "keys derived",
    "commands",
    "connecting",
)


@dataclasses.dataclass(frozen=True)
class Row:
    """What a crowd saw with one store."""

    identities: int
    store: str
    state: str
    asks: list[Ask]
    commands: tuple[int, int] | None  # to Redis; how many of them only connected

    @property
    def processor(self) -> float:
        """Milliseconds for each ask, without derivation and import."""
        return statistics.mean(ask.again if self.state == "again" else ask.processor for ask in self.asks) * 1000

    @property
    def derivations(self) -> int:
        """How many keys were derived by scrypt."""
        return sum(ask.derivations for ask in self.asks)

    def ratio(self, rows: Sequence[Row]) -> float:
        """Return its processor time as a ratio to that of the run's own store."""
        state = self.state if self.state == "again" else "cold"
        return self.processor / next(row.processor for row in rows if (row.identities, row.store, row.state) == (self.identities, "the run", state))

    def cells(self, rows: Sequence[Row]) -> tuple[str, ...]:
        """Return the cells of the table."""
        first = (str(self.identities), self.store, self.state)
        if self.state == "again":
            return (*first, *[""] * 4, f"{self.processor:.2f}", f"{self.ratio(rows):.2f}", *[""] * 5)
        waits = sorted(ask.waited * 1000 for ask in self.asks)
        parts = [statistics.mean(getattr(ask, name) for ask in self.asks) * 1000 for name in ("derivation", "importing")]
        commands = [f"{number / len(self.asks):.2f}" for number in self.commands] if self.commands else ["", ""]
        return (
            *first,
            str(sum(ask.logins for ask in self.asks)),
            str(sum(ask.given_up for ask in self.asks)),
            f"{statistics.median(waits):.1f}",
            f"{waits[int(len(waits) * 0.99)]:.1f}",
            f"{self.processor:.2f}",
            f"{self.ratio(rows):.2f}",
            *(f"{part:.1f}" for part in parts),
            str(self.derivations),
            *commands,
        )


GOAL_HEADS = ("Goal", "Wanted", "Measured", "")


def goals(rows: Sequence[Row], runs: int) -> list[tuple[str, str, str, str]]:
    """Return what was to be reached, and whether it was."""
    shared = [row for row in rows if row.store != "the run"]
    derived = [row.derivations for row in shared if row.identities == 1 and row.state in ("cold", "warm")]
    ratios = [row.ratio(rows) for row in shared if row.state in ("ready", "again")]
    commands = [row.commands[0] / len(row.asks) for row in shared if row.commands and row.state == "warm"]
    logins = [(sum(ask.logins for ask in row.asks), row.identities if row.state == "cold" else 0) for row in shared if row.state != "again"]
    return [
        _goal("keys derived for one identity: one for each run", max(derived, default=0), runs),
        _goal("a warm shared store, apart from derivation, of the run's processor time", max(ratios, default=0), 1.5),
        _goal("commands to a warm Redis for each ask", max(commands, default=0), 3),
        _goal("logins too many: one for each identity in a cold store, none in a warm one", max(number - most for number, most in logins), 0),
    ]


def _goal(what: str, most: float, bound: float) -> tuple[str, str, str, str]:
    return what, f"≤ {bound:g}", f"{most:.4g}", "reached" if most <= bound else "not reached"
