# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures of the page: the same numbers make the same files."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from tests.bench.plays import WAYS

_COLOURS = {"a": "#777777", "b": "#bbbbbb", "c": "#0072b2", "d": "#56b4e9", "e": "#009e73", "f": "#d55e00", "g": "#e69f00", "h": "#cc79a7"}


def draw(numbers: Mapping[str, Any], folder: pathlib.Path) -> None:
    """Write the pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "forti.oauth", "font.size": 11}):
        _picture(numbers, "connections", "connections to the token service", folder / "bench_requests.svg")
        _picture(numbers, "wall", "seconds for the whole run", folder / "bench_seconds.svg")


def _picture(numbers: Mapping[str, Any], value: str, label: str, path: pathlib.Path) -> None:
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axes = figure.subplots()
    hosts = sorted(numbers["ways"], key=int)
    for way in WAYS:
        heights = [numbers["ways"][count][way.letter][value] for count in hosts]
        if any(heights):  # on this scale there is no zero
            axes.plot([int(count) for count in hosts], heights, marker="o", color=_COLOURS[way.letter], label=f"({way.letter}) {way.title}")
    axes.set(xscale="log", yscale="log", xlabel="hosts", ylabel=label, xticks=[int(count) for count in hosts])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(ScalarFormatter())
        axis.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(fontsize=9)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
