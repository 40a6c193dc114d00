# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of measured numbers, for a terminal and for a page; and what they were measured with."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Collection, Sequence
from importlib.metadata import version

import yaml

from tests.tools.build import ROOT

Lines = Sequence[Sequence[str]]
_FIRST = (0,)


def aligned(lines: Lines, *, left: Collection[int] = _FIRST) -> str:
    """Return a table as text; the columns of ``left`` begin at their left."""
    table = [[cell.replace("**", "") for cell in line] for line in lines]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    sides = ["<" if column in left else ">" for column in range(len(widths))]
    return "\n".join("  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(line, sides, widths, strict=True)) for line in table)


def markdown(lines: Lines, *, left: Collection[int] = _FIRST) -> str:
    """Return a table as Markdown; the first line is its head, the columns of ``left`` begin at their left."""
    heads, *rows = lines
    marks = ["---" if column in left else "---:" for column in range(len(heads))]
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, marks, *rows])


def measured_with() -> dict[str, str]:
    """Return the date, and the versions and the machine that numbers are made with."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "collection": yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"],
        "core": version("ansible-core"),
        "python": platform.python_version(),
        "processors": str(os.cpu_count()),
    }
