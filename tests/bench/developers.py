# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers in the sentences for the developers of the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.bench.plays import STORE_HOSTS, WAYS

Numbers = Mapping[str, Any]


def words(numbers: Numbers) -> dict[str, str]:
    """Return what page.md says to developers, by the names it has there."""
    most, many, fifty = max(numbers["ways"], key=int), measured(numbers, "100"), measured(numbers, "50")
    last, half, parts = numbers["ways"][most], numbers["ways"][fifty], numbers["parts"]
    processor = {letter: result["processor"] for letter, result in numbers["ways"][many].items()}
    return {
        "count": str(len(WAYS)),
        "runs_of_ways": _runs(numbers["ways"]),
        "many": many,
        "lookup_extra": f"{processor['c'] - processor['a']:.2f}",
        "env_extra": f"{processor['b'] - processor['a']:.2f}",
        "with_vault": f"{hit(parts['vault']) / 1000:.2f}",
        "without_vault": f"{hit(parts['hit']) / 1000:.2f}",
        "floor": f"{half['a']['processor'] / half['f']['processor']:.3f}",
        "fifty": fifty,
        "kept_kib": f"{(last['d']['memory'] - last['a']['memory']) * 1024 / int(most):.0f}",
        "include_mib": f"{last['j']['memory'] - last['e']['memory']:.0f}",
        "stores_hosts": f"{STORE_HOSTS} hosts",
    }


def measured(numbers: Numbers, hosts: str) -> str:
    """Return a number of hosts if it was measured, otherwise the largest."""
    return hosts if hosts in numbers["ways"] else max(numbers["ways"], key=int)


def hit(times: Mapping[str, float]) -> float:
    """Return the microseconds of a hit without the loading of the plugin."""
    return sum(time for name, time in times.items() if name != "load")


def _runs(ways: Mapping[str, Any]) -> str:
    """Say how often each way ran."""
    often, slow = (next(way.letter for way in WAYS if way.slow is kind) for kind in (False, True))
    named = " and ".join(f"({way.letter})" for way in WAYS if way.slow)
    runs, slow_runs = (", ".join(str(results[letter]["runs"]) for results in ways.values()) for letter in (often, slow))
    return f"With {', '.join(ways)} hosts there were {runs} runs; of the slow ways, {named}, {slow_runs}."
