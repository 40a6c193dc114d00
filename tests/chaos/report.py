# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of it, as a table."""

from __future__ import annotations

import collections
from typing import Any

_FIRST = ("asks", "hits", "logins", "refreshes", "revokes", "failed asks", "stores given up")


def table(status: dict[str, Any], seconds: float) -> str:
    """Return the counts as text."""
    counts, reasons, waits = status["counts"], status["reasons"], status["waits"]
    faults = {name.removeprefix("faults: "): number for name, number in sorted(counts.items()) if name.startswith("faults: ")}
    rows = [*((name, counts.get(name, 0)) for name in _FIRST), ("faults", sum(faults.values()))]
    width = max(len(name) for name, _number in rows)
    lines = [f"{name:<{width}}  {number:>6}" for name, number in rows]
    lines += [f"{'':<{width}}  faults: {_listed(faults)}", f"{'':<{width}}  logins: {_listed(reasons)}"]
    lines += [f"waits, without stops: median {waits['median']:.3f} s, p99 {waits['p99']:.1f} s, longest {waits['max']:.1f} s"]
    violations = collections.Counter(status["violations"])
    lines += [f"VIOLATIONS: {_listed(violations)}" if violations else "no violation"]
    return "\n".join([f"{seconds:.0f} seconds", *lines])


def _listed(numbers: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.items())
