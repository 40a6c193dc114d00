# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures of the page, as SVG: the same numbers make the same files.

A picture is narrow and its text large, so that a telephone, which shrinks it, leaves the text readable. It brings its own background, light
or dark as the reader has chosen. Each line has its label at its end; colours and dashes only help.
"""

from __future__ import annotations

import dataclasses
import math
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from tests.bench.lines import Line, counted, lines, spread, told_apart

WIDTH, FONT, ROW = 500, 18, 22
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 275, 60, 320  # of the field of the lines
_HEIGHT, _LABELS = 392, 296  # of the whole; where the labels begin
_APART = 8  # lines that are nowhere as far apart look the same
_BETWEEN_TICKS = 40
_TO_MIDDLE = 14  # from the top of a label to the middle of its first row
# Of the highest line, the lowest, and those between: on light, on dark, and the dashes. Okabe and Ito's colours, some darker or lighter.
_STYLES = (
    ("#d55e00", "#ff8f5c", "none"),
    ("#0072b2", "#6cb6ff", "none"),
    ("#00805d", "#3ddbb0", "10 5"),
    ("#aa4499", "#e3a5cb", "3 4"),
    ("#946200", "#ffc44d", "12 4 3 4"),
    ("#555555", "#bbbbbb", "6 3"),
    ("#7a4a2b", "#d9a98a", "2 6"),
)


@dataclasses.dataclass(frozen=True)
class Picture:
    """What a picture shows."""

    file: str
    value: str
    title: str
    unit: str

    def lines(self, numbers: Mapping[str, Any]) -> list[Line]:
        """Return its lines, the highest first."""
        found = lines(numbers, self.value)
        return told_apart(found, _APART / (_BOTTOM - _TOP) * _ticks(found)[-1])

    def described(self, numbers: Mapping[str, Any]) -> str:
        """Say in words what it shows, for who does not see it."""
        most = max(numbers["ways"], key=int)
        ends = "; ".join(f"{', '.join(line.names)}: {line.end(self.unit)}" for line in self.lines(numbers))
        return f"{self.title}, by number of hosts. At {counted(most, 'host')}: {ends}."


PICTURES = (
    Picture("bench_requests.svg", "logins", "Logins at the token service", "login"),
    Picture("bench_seconds.svg", "wall", "Seconds for the whole run", "second"),
)


def draw(numbers: Mapping[str, Any], folder: pathlib.Path) -> None:
    """Write the pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        (folder / picture.file).write_text(svg(picture, numbers), encoding="utf-8")


def svg(picture: Picture, numbers: Mapping[str, Any]) -> str:
    """Return a picture."""
    hosts = sorted(map(int, numbers["ways"]))
    found = picture.lines(numbers)
    field = _Field(hosts[-1], _ticks(found)[-1])
    labels = [line.label(picture.unit) for line in found]
    heights = [len(rows) * ROW + 6 for rows in labels]
    height = max(_HEIGHT, _TOP + sum(heights))
    ends = [field.y((line.low[-1] + line.high[-1]) / 2) for line in found]
    body = [*_frame(picture, hosts, _ticks(found), field)]
    for at, top in enumerate(spread([end - _TO_MIDDLE for end in ends], heights, _TOP - _TO_MIDDLE, height)):
        body += _line(found[at], hosts, field, f"line{_rank(at, len(found))}")
        body += _label(labels[at], top, ends[at])
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">'
    paper = f'<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>'
    return "\n".join([head, f"<title>{escape(picture.described(numbers))}</title>", _style(), paper, *body, "</svg>", ""])


@dataclasses.dataclass(frozen=True)
class _Field:
    """Where a number of hosts and a height are."""

    hosts: int
    peak: float

    def x(self, hosts: float) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * hosts / self.hosts, 1)

    def y(self, height: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * height / self.peak, 1)


def _ticks(found: Sequence[Line]) -> list[float]:
    """Return round heights from zero up to the first above all lines, at most six."""
    peak = max(max(line.high) for line in found)
    power = 10 ** math.floor(math.log10(peak))
    step = next(power * factor for factor in (0.2, 0.5, 1, 2) if peak <= 5 * power * factor)
    return [round(step * at, 6) for at in range(math.ceil(peak / step) + 1)]


def _rank(at: int, count: int) -> int:
    """Return the number of a line's style."""
    return {0: 0, count - 1: 1}.get(at, at + 1) % len(_STYLES)


def _frame(picture: Picture, hosts: Sequence[int], ticks: Sequence[float], field: _Field) -> Iterator[str]:
    """Draw the title and the axes."""
    yield _text(picture.title, 14, 28, "strong")
    for height in ticks:
        yield f'<path class="grid" d="M{_LEFT} {field.y(height)}H{_RIGHT}"/>'
        yield _text(f"{height:g}", _LEFT - 8, field.y(height) + 6, "end")
    free = math.inf
    for count in reversed(hosts):
        if field.x(count) + _BETWEEN_TICKS <= free:
            free = field.x(count)
            yield f'<path class="mark" d="M{free} {_BOTTOM}v6"/>'
            yield _text(str(count), free, _BOTTOM + 26, "end" if count == hosts[-1] else "middle")
    yield _text("hosts", (_LEFT + _RIGHT) / 2, _BOTTOM + 50, "middle")


def _line(line: Line, hosts: Sequence[int], field: _Field, style: str) -> Iterator[str]:
    """Draw a line; if it is several ways that differ a little, the strip between them."""
    there = [f"{field.x(count)} {field.y(height)}" for count, height in zip(hosts, line.high)]
    back = [f"{field.x(count)} {field.y(height)}" for count, height in zip(hosts, line.low)][::-1]
    if there == back[::-1]:
        yield f'<path class="open {style}" d="M{"L".join(there)}"/>'
        yield from (f'<circle class="{style}" r="4" cx="{x}" cy="{y}"/>' for x, y in map(str.split, there))
    else:
        yield f'<path class="strip {style}" d="M{"L".join(there + back)}z"/>'


def _label(rows: Sequence[str], top: float, end: float) -> Iterator[str]:
    """Write a label, with a stroke to it from the end of its line."""
    yield f'<path class="mark" d="M{_RIGHT + 6} {end}L{_LABELS - 4} {round(top + _TO_MIDDLE, 1)}"/>'
    for at, row in enumerate(rows):
        yield _text(row, _LABELS, round(top + ROW * (at + 1) - 2, 1), "" if at else "strong")


def _text(words: str, x: float, y: float, style: str) -> str:
    return f'<text class="{style}" x="{x}" y="{y}">{escape(words)}</text>'


def _style() -> str:
    """Return the style sheet."""
    dashes = "".join(f".open.line{at}{{stroke-dasharray:{dash}}}" for at, (_light, _dark, dash) in enumerate(_STYLES))
    return (
        f"<style>text{{font:{FONT}px system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}}.strong{{font-weight:bold}}"
        ".end{text-anchor:end}.middle{text-anchor:middle}.grid,.mark{stroke-width:1}"
        f".open,.strip{{stroke-width:3;stroke-linejoin:round}}path.open{{fill:none}}{dashes}{_colours(0, '#1f2328', '#ffffff', '#d0d7de', '#6e7781')}"
        f"@media(prefers-color-scheme:dark){{{_colours(1, '#e6edf3', '#161b22', '#30363d', '#8b949e')}}}</style>"
    )


def _colours(scheme: int, ink: str, paper: str, grid: str, mark: str) -> str:
    """Return the rules of the light or the dark scheme."""
    of_lines = "".join(f".line{at}{{stroke:{style[scheme]};fill:{style[scheme]}}}" for at, style in enumerate(_STYLES))
    return f"text{{fill:{ink}}}.paper{{fill:{paper}}}.grid{{stroke:{grid}}}.mark{{stroke:{mark}}}{of_lines}"
