# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers as tables, in the terminal and on the page; ratios are within one run of the bench."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench import before, developers, gains, plots
from tests.bench.developers import hit, measured
from tests.bench.lines import counted
from tests.bench.plays import STORE_HOSTS, WAYS
from tests.tools.columns import aligned, markdown

Numbers = Mapping[str, Any]
Rows = list[Sequence[str]]
_TEMPLATE = pathlib.Path(__file__).with_name("page.md")
_WAY_HEADS = ("Way", "logins", "connections", "processor s", "of (a)", "wall s", "memory MiB", "of (a)")


def terminal(numbers: Numbers) -> str:
    """Return the tables as text for a terminal."""
    tables = [(f"{hosts} hosts, two tasks", _WAY_HEADS, _ways(results)) for hosts, results in numbers["ways"].items()]
    tables.append((f"Stores, {STORE_HOSTS} hosts, one task", _STORE_HEADS, _stores(numbers)))
    tables.append(("One lookup, in microseconds", _PART_HEADS, _parts(numbers)))
    tables.append(("What was to reach", _GOAL_HEADS, _goals(numbers)))
    return "\n\n".join(f"{title}\n{aligned([heads, *rows])}" for title, heads, rows in tables)


def page(numbers: Numbers) -> str:
    """Return the page: its text from page.md, with the numbers in it."""
    goals = _goals(numbers)
    found = {
        **numbers["versions"],
        **gains.words(numbers),
        **developers.words(numbers),
        "latency": f"{numbers['latency'] * 1000:.0f}",
        "gains": markdown([gains.HEADS, *gains.rows(numbers)]),
        **{f"alt_{picture.value}": picture.described(numbers) for picture in plots.PICTURES},
        "reached": f"{sum(goal[-1] == 'reached' for goal in goals)} of {len(goals)} goals are reached.",
        "goals": markdown([_GOAL_HEADS, *goals]),
        "ways": "\n\n".join(f"#### {counted(hosts, 'host')}\n\n{markdown([_WAY_HEADS, *_ways(results)])}" for hosts, results in numbers["ways"].items()),
        "stores": markdown([_STORE_HEADS, *_stores(numbers)]),
        "parts": markdown([_PART_HEADS, *_parts(numbers)]),
        "before": markdown(before.beside(numbers)),
        "grows": markdown([_GROW_HEADS, *_grows(numbers)]),
    }
    return _TEMPLATE.read_text(encoding="utf-8").format_map(found)


def _ways(results: Mapping[str, Any]) -> Rows:
    base = results["a"]
    rows: Rows = []
    for way in WAYS:
        seen = results[way.letter]
        ratios = [f"{seen[name] / base[name]:.2f}" for name in ("processor", "memory")]
        rows.append(
            (
                f"({way.letter}) {way.title}",
                str(seen["logins"]),
                str(seen["connections"]),
                f"{seen['processor']:.2f}",
                ratios[0],
                f"{seen['wall']:.2f}",
                f"{seen['memory']:.1f}",
                ratios[1],
            )
        )
    return rows


_STORE_HEADS = ("Store", "logins, first run", "next run", "processor, of the run's store", "next run", "wall, of the run's store", "next run")


def _stores(numbers: Numbers) -> Rows:
    used = numbers["stores"]["used"]
    base = used["the run"][0]
    return [
        (
            title,
            *(str(result["logins"]) for result in results),
            *(f"{result['processor'] / base['processor']:.2f}" for result in results),
            *(f"{result['wall'] / base['wall']:.2f}" for result in results),
        )
        for title, results in used.items()
    ]


_PART_HEADS = ("Part", "first in a process", "the same, without a vault", "again in it")


def _parts(numbers: Numbers) -> Rows:
    parts = numbers["parts"]
    warm, cold, again, env = parts["vault"], parts["hit"], parts["again"], parts["env"]
    titles = {
        "load": "load the plugin",
        "options": "options: all that was asked, as one text",
        "key": "name and key from it",
        "read": "read the file",
        "decrypt": "decrypt",
    }
    rows: Rows = [(title, f"{warm[name]:.0f}", f"{cold[name]:.0f}", f"{again[name]:.0f}" if name in again else "") for name, title in titles.items()]
    rows.append(("**the hit, without loading**", *(f"{hit(times):.0f}" for times in (warm, cold, again))))
    rows.append(("for comparison: lookup env, load", f"{env['load']:.0f}", "", ""))
    rows.append(("lookup env, run", f"{env['run']:.0f}", "", ""))
    return rows


_GOAL_HEADS = ("Goal", "Wanted", "Measured", "")


def _goals(numbers: Numbers) -> Rows:
    ways, alone, parts = numbers["ways"], numbers["alone"], numbers["parts"]
    many, fifty, most = ways[measured(numbers, "100")], ways[measured(numbers, "50")], max(ways, key=int)
    lookup, cold = many["c"]["processor"], parts["cold"]
    ours = [ways[count][letter] for count in ways for letter in "cdehij"]
    goals: list[tuple[str, float, float, str]] = [
        ("lookup, processor, of lookup env", 1.10, lookup / many["b"]["processor"], "{:.2f}"),
        ("lookup, processor, of a plain variable", 1.15, lookup / many["a"]["processor"], "{:.2f}"),
        ("module alone, processor, of uri on every host (50 hosts)", 0.10, alone["d"]["processor"] / alone["f"]["processor"], "{:.3f}"),
        ("module, processor, of uri, each with the second task (50 hosts)", 0.10, fifty["d"]["processor"] / fifty["f"]["processor"], "{:.3f}"),
        ("logins, most of all runs", 1, max(result["logins"] for result in ours), "{:.0f}"),
        ("a hit, milliseconds, first in a process", 1, hit(parts["vault"]) / 1000, "{:.2f}"),
        ("a hit, the same, in a run without a vault", 1, hit(parts["hit"]) / 1000, "{:.2f}"),
        ("a fetch, processor, of requests.post", 1.2, cold["fetch"] / cold["requests.post"], "{:.2f}"),
        ("a first use with options, locks and store, the same", 1.35, cold["first use"] / cold["requests.post"], "{:.2f}"),
        ("largest process, lookup and module, of a plain variable's", 1.05, max(many[letter]["memory"] for letter in "cd") / many["a"]["memory"], "{:.2f}"),
        ("role, processor, of a plain variable", 2.5, many["e"]["processor"] / many["a"]["processor"], "{:.2f}"),
        ("role by include_role, the same", 2.5, many["j"]["processor"] / many["a"]["processor"], "{:.2f}"),
        (f"largest process, role, of a plain variable's ({most} hosts)", 1.15, ways[most]["e"]["memory"] / ways[most]["a"]["memory"], "{:.2f}"),
        (f"largest process, role by include_role, the same ({most} hosts)", 1.15, ways[most]["j"]["memory"] / ways[most]["a"]["memory"], "{:.2f}"),
    ]
    return [(title, f"≤ {wanted:g}", form.format(found), "reached" if found <= wanted else "not reached") for title, wanted, found, form in goals]


_MANY = 10_000
_GROW_HEADS = ("Way", "processor ms for each further host", f"{_MANY:,} hosts: logins", "processor, of (a)")


def _grows(numbers: Numbers) -> Rows:
    """Reckon on from the two largest numbers of hosts, along a straight line."""
    fewer, more = sorted(numbers["ways"], key=int)[-2:]
    slopes, totals, logins = {}, {}, {}
    for way in WAYS:
        low, high = (numbers["ways"][count][way.letter] for count in (fewer, more))
        slopes[way.letter] = (high["processor"] - low["processor"]) / (int(more) - int(fewer))
        totals[way.letter] = high["processor"] + slopes[way.letter] * (_MANY - int(more))
        logins[way.letter] = high["logins"] + (high["logins"] - low["logins"]) / (int(more) - int(fewer)) * (_MANY - int(more))
    return [
        (f"({way.letter}) {way.title}", f"{slopes[way.letter] * 1000:.1f}", f"{logins[way.letter]:.0f}", f"{totals[way.letter] / totals['a']:.2f}")
        for way in WAYS
    ]
