# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of a picture, and where their labels stand. Ways that look the same are one line with one label."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.plays import WAYS

CHARACTERS = 18  # of one row of a label
_HARD_SPACE = "\u00a0"
_ORDER = [way.label for way in WAYS]


@dataclasses.dataclass(frozen=True)
class Line:
    """One way, or several that coincide: from the least to the most of them, at each number of hosts."""

    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def apart(self, other: Line) -> float:
        """Return how far it is from another one where they are farthest apart."""
        return max(max(self.low[at] - other.high[at], other.low[at] - self.high[at]) for at in range(len(self.low)))

    def with_line(self, other: Line) -> Line:
        """Return both as one line."""
        names = sorted(self.names + other.names, key=_ORDER.index)
        return Line(tuple(names), tuple(map(min, self.low, other.low)), tuple(map(max, self.high, other.high)))

    def end(self, unit: str) -> str:
        """Say how high it ends."""
        low, high = rounded(self.low[-1]), rounded(self.high[-1])
        number = low if low == high else f"{low} to {high}"
        return counted(number, unit)

    def label(self, unit: str) -> list[str]:
        """Return the rows of its label: how high it ends, then the names. No name is broken."""
        names = ", ".join(name.replace(" ", _HARD_SPACE) for name in self.names)
        rows = textwrap.wrap(names, CHARACTERS, break_long_words=False, break_on_hyphens=False)
        return [self.end(unit), *(row.replace(_HARD_SPACE, " ") for row in rows)]


def rounded(number: float) -> str:
    """Return a number with as many digits as a reader wants."""
    return f"{number:.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def counted(number: str, unit: str) -> str:
    """Return a number with its unit, in the plural if it is not one."""
    return f"{number} {unit}{'' if number == '1' else 's'}"


def lines(numbers: Mapping[str, Any], value: str) -> list[Line]:
    """Return a line for each way that has a label, but for those that are zero all along; the one that ends highest first."""
    hosts = sorted(numbers["ways"], key=int)
    found = []
    for way in WAYS:
        heights = tuple(numbers["ways"][count][way.letter][value] for count in hosts)
        if way.label and any(heights):
            found.append(Line((way.label,), heights, heights))
    return sorted(found, key=lambda line: -line.high[-1])


def told_apart(found: Sequence[Line], least: float) -> list[Line]:
    """Join the lines that are nowhere as far apart as C(least), until none is left."""
    for at, line in enumerate(found):
        for other in found[at + 1 :]:
            if line.apart(other) < least:
                rest = [each for each in found if each not in (line, other)]
                return told_apart(sorted([*rest, line.with_line(other)], key=lambda each: -each.high[-1]), least)
    return list(found)


def spread(wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """Return the tops of labels, downwards: near to where they are wanted, none over another, all between top and bottom if there is room."""
    tops: list[float] = []
    for place, height in zip(wanted, heights):
        tops.append(max(place, top))
        top = tops[-1] + height
    for at in reversed(range(len(tops))):
        tops[at] = min(tops[at], bottom - heights[at])
        bottom = tops[at]
    return tops
