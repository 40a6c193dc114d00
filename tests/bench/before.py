# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of the version before, beside those of now: ratios, because the machines and the days differ."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.bench.developers import hit, measured
from tests.bench.lines import counted
from tests.bench.plays import WAYS

Numbers = Mapping[str, Any]
BEFORE = pathlib.Path(__file__).with_name("before.json")
_FORM = "{:.2f}"


def beside(numbers: Numbers) -> list[Sequence[str]]:
    """Return a table with its head: what was measured, the version before, and this one."""
    before = json.loads(BEFORE.read_text(encoding="utf-8"))
    heads = ("Measured", before["versions"]["collection"], numbers["versions"]["collection"])
    return [heads, *((title, _FORM.format(value(before)), _FORM.format(value(numbers))) for title, value in _rows(numbers))]


def _rows(numbers: Numbers) -> list[tuple[str, Callable[[Numbers], float]]]:
    many, most = measured(numbers, "100"), max(numbers["ways"], key=int)
    common = [way for way in WAYS if way.letter in "bcdefgh"]
    return [
        *((f"({way.letter}) {way.title}: processor, of (a), {counted(many, 'host')}", _of_a(many, way.letter, "processor")) for way in common),
        *((f"({way.letter}) {way.title}: memory, of (a), {counted(most, 'host')}", _of_a(most, way.letter, "memory")) for way in common if way.letter in "cde"),
        ("a hit, milliseconds, after a vault", lambda figures: hit(figures["parts"]["vault"]) / 1000),
        ("a hit, milliseconds, without a vault", lambda figures: hit(figures["parts"]["hit"]) / 1000),
        ("a fetch, processor, of requests.post", lambda figures: _first(figures, "fetch")),
        ("a first use with options, locks and store, the same", lambda figures: _first(figures, "first use")),
        *(
            (f"{title}: wall, {which}, of the run's store", _store(title, at))
            for title in numbers["stores"]["used"]
            if title != "the run"
            for at, which in enumerate(("first run", "next run"))
        ),
    ]


def _of_a(hosts: str, letter: str, value: str) -> Callable[[Numbers], float]:
    return lambda figures: figures["ways"][hosts][letter][value] / figures["ways"][hosts]["a"][value]


def _first(figures: Numbers, name: str) -> float:
    return figures["parts"]["cold"][name] / figures["parts"]["cold"]["requests.post"]


def _store(title: str, at: int) -> Callable[[Numbers], float]:
    return lambda figures: figures["stores"]["used"][title][at]["wall"] / figures["stores"]["used"]["the run"][0]["wall"]
