# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of verdicts, and the line that sums it up."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    """What was tried, on which version, and what came of it: passed, FAILED or not tried."""

    name: str
    version: str
    verdict: str
    seconds: float
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether it was tried, and passed."""
        return self.verdict == "passed"


def table(head: tuple[str, str, str, str, str], rows: list[Row]) -> str:
    """Return a table as text, as wide as its widest cells."""
    lines = [head, *((row.name, row.version, row.verdict, f"{row.seconds:.0f}", row.note) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name, version, verdict, seconds, note = cells
    return f"{name:<{widths[0]}}  {version:<{widths[1]}}  {verdict:<{widths[2]}}  {seconds:>{widths[3]}}  {note}".rstrip()


def closing(things: str, rows: list[Row]) -> str:
    """Return the line that ends the report, such as "12 gates: 11 passed, 0 failed, 1 not tried"."""
    passed, failed = (sum(row.verdict == verdict for row in rows) for verdict in ("passed", "FAILED"))
    return f"{len(rows)} {things}: {passed} passed, {failed} failed, {len(rows) - passed - failed} not tried"
