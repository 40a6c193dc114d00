# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers as tables, in the terminal and on the page."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from tests.tools.build import ROOT
from tests.tools.columns import aligned, markdown

Numbers = Mapping[str, Any]
Table = Sequence[Sequence[str]]  # with its head
FIGURES = pathlib.Path(__file__).with_name("figures.json")
PAGE = ROOT / "docs" / "load.md"
_TEMPLATE = pathlib.Path(__file__).with_name("page.md")
_CROWD_LEFT, _FIRST = (1, 2), (0,)


def terminal(numbers: Numbers) -> str:
    """Return the tables as text for a terminal."""
    return "\n\n".join(
        [
            f"{numbers['runs']} runs with 5 askers each\n" + aligned(numbers["crowds"], left=_CROWD_LEFT),
            "What was to reach\n" + aligned(numbers["goals"]),
            f"{numbers['runs']} nodes\n" + aligned(numbers["nodes"]),
        ]
    )


def page(numbers: Numbers) -> str:
    """Return the page: its text from page.md, with the numbers in it."""
    found = {
        **numbers["versions"],
        "runs": str(numbers["runs"]),
        "summary": markdown(_summary(numbers["nodes"])),
        "starved": _starved(numbers["nodes"]),
        **{name: markdown(numbers[name], left=left) for name, left in (("crowds", _CROWD_LEFT), ("goals", _FIRST), ("nodes", _FIRST))},
    }
    return _TEMPLATE.read_text(encoding="utf-8").format_map(found)


_SUMMARY_HEADS = ("10,000 asks by 100 nodes", "identities", "logins", "verified", "median ms", "slowest s", "connections at once", "memory of Redis MiB")


def _summary(nodes: Table) -> list[Sequence[str]]:
    """Return the rows with the most asks, in the units that a reader wants."""
    rows = [row for row in _rows(nodes) if row["asks"] == "10,000" and row["tokens live"] == "10 h"]
    return [
        _SUMMARY_HEADS,
        *(
            (
                row["store"],
                *(row[name] for name in ("identities", "logins", "verified", "median ms")),
                f"{float(row['p99 ms']) / 1000:.0f}",
                row["connections at once"],
                f"{float(row['memory KiB']) / 1024:.1f}" if row["memory KiB"] else "",
            )
            for row in rows
        ),
    ]


def _starved(nodes: Table) -> str:
    """Say how many gave a store up, for each store."""
    rows = _rows(nodes)
    stores = dict.fromkeys(row["store"] for row in rows)
    counts = {store: sum(int(row["given up"]) for row in rows if row["store"] == store) for store in stores}
    told = ", ".join(f"{store} {count}" for store, count in counts.items())
    return f"Of all processes below, so many gave their store up: {told}."


def _rows(table: Table) -> list[dict[str, str]]:
    head, *lines = table
    return [dict(zip(head, line, strict=True)) for line in lines]
