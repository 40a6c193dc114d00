# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What comes from a server, a delegated host or a store is data: JSON within bounds, and texts without control characters."""

from __future__ import annotations

import json
import math
from typing import Any

_DEEPEST = 32  # levels of lists and objects; the deepest answer of a vendor page has five
_NO_INK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters to Python, but blank: with them a text could look like a line of its own
_MOST = 50_000  # values in one answer


def one_line(text: str) -> str:
    """Return a text with a blank in place of every character that is not printable or has no ink, such as a line end or what steers a terminal."""
    if text.isprintable() and _NO_INK.isdisjoint(text):
        return text
    return "".join(letter if letter.isprintable() and letter not in _NO_INK else " " for letter in text)


def cleaned(value: Any) -> Any:
    """Return a JSON value with C(one_line) applied to all of its texts."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {one_line(name): cleaned(item) for name, item in value.items()}
    return value


def parse_json(text: bytes, *, finite: bool = True) -> Any:
    """Return the value of a JSON text.

    :arg finite: whether to refuse numbers that are not finite; the caller checks each number itself if not.
    :raises ValueError: it is not JSON, holds a number that is not finite, or is nested too deep or too large to be an answer.
    """
    number = _finite if finite else float
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=number, parse_float=number)
    except RecursionError:
        raise ValueError("too deep") from None
    _check_bounds(value)
    return value


def _finite(text: str) -> float:
    number = float(text)
    if math.isfinite(number):
        return number
    raise ValueError("not finite")


def _check_bounds(value: Any) -> None:
    """Check depth and size, level by level. Core needs seconds for a list of 300,000 values, and fails with one that is 300 levels deep."""
    level, count = _nested([value]), 0
    for _depth in range(_DEEPEST):
        values = [value for item in level for value in (item.values() if isinstance(item, dict) else item)]
        count += len(values)
        if count > _MOST:
            raise ValueError("too large")
        level = _nested(values)
        if not level:
            return
    raise ValueError("too deep")


def _nested(values: list[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, (dict, list))]
