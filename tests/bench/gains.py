# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user gains: the head of the page. Each comparison is worded by what was measured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.lines import counted, rounded
from tests.bench.plays import WAYS

Numbers = Mapping[str, Any]
_CODE = re.compile(r"\b(uri|run_once)\b")
HEADS = ("Way to a token", "Logins", "Seconds", "Saved")


def words(numbers: Numbers) -> dict[str, str]:
    """Return what page.md says of the gain, by the names it has there."""
    most = max(numbers["ways"], key=int)
    uri, once, lookup, role, role_once = (numbers["ways"][most][letter] for letter in "fgcei")
    return {
        "hosts": counted(most, "host"),
        "gain": f"{'One login' if lookup['logins'] == 1 else _logins(lookup)} in place of {uri['logins']}",
        "uri_logins": _logins(uri),
        "lookup_logins": _logins(lookup),
        "once_logins": _logins(once),
        "uri_seconds": _seconds(uri),
        "lookup_seconds": _seconds(lookup),
        "once_seconds": _seconds(once),
        "role_seconds": _seconds(role),
        "role_once_seconds": _seconds(role_once),
        "lookup_beside_uri": beside(lookup["wall"], uri["wall"]),
        "once_beside_lookup": beside(once["wall"], lookup["wall"]),
        "kept": _kept(numbers["stores"]),
    }


def rows(numbers: Numbers) -> list[Sequence[str]]:
    """Return the ways that a user has, the slowest first."""
    results = numbers["ways"][max(numbers["ways"], key=int)]
    uri = results["f"]["wall"]
    ways = sorted((way for way in WAYS if way.label), key=lambda way: -results[way.letter]["wall"])
    return [
        (_CODE.sub(r"`\1`", way.label), str(results[way.letter]["logins"]), rounded(results[way.letter]["wall"]), _saved(results[way.letter]["wall"], uri))
        for way in ways
    ]


def beside(seconds: float, others: float) -> str:
    """Say how much longer or shorter a run is than another one, by the digits that are shown."""
    more = float(rounded(seconds)) - float(rounded(others))
    if not more:
        return "as long as"
    return f"{counted(rounded(abs(more)), 'second')} {'more' if more > 0 else 'less'} than"


def _saved(seconds: float, uri: float) -> str:
    saved = float(rounded(uri)) - float(rounded(seconds))
    return f"−{rounded(-saved)}" if saved < 0 else rounded(saved)


def _seconds(result: Mapping[str, Any]) -> str:
    return counted(rounded(result["wall"]), "second")


def _logins(result: Mapping[str, Any]) -> str:
    return counted(str(result["logins"]), "login")


def _kept(stores: Mapping[str, Any]) -> str:
    """Say how often the next run logs in with each store, and runs that start at once."""
    told = [f"with {title} it made {_logins(after)}" for title, (_first, after) in stores["used"].items() if title != "the run"]
    together = stores.get("at once")
    at_once = f" {together['runs']} runs that started at the same moment made {_logins(together)} with Redis." if together else ""
    return f"{', '.join(told)}.{at_once}"
