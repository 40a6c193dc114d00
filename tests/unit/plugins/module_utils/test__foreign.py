# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is foreign is data: JSON within bounds, and texts that steer no terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._foreign import cleaned, one_line, parse_json

# What would steer a terminal, turn a line around, end one, or cannot be written at all.
STEERING = [
    pytest.param("\n", id="line end"),
    pytest.param("\r", id="carriage return"),
    pytest.param("\t", id="tab"),
    pytest.param("\0", id="null"),
    pytest.param("\x1b", id="escape"),
    pytest.param("\x7f", id="delete"),
    pytest.param("\x85", id="C1 next line"),
    pytest.param("\x9b", id="C1 control sequence"),
    pytest.param("\u2028", id="line separator"),
    pytest.param("\u2029", id="paragraph separator"),
    pytest.param("\u202e", id="right-to-left override"),
    pytest.param("\u2066", id="left-to-right isolate"),
    pytest.param("\u200b", id="zero width space"),
    pytest.param("\ufeff", id="byte order mark"),
    pytest.param("\ud800", id="half of a surrogate pair"),
    pytest.param("\U000e0041", id="invisible tag"),
    pytest.param("\ue000", id="private use"),
    pytest.param("\xa0", id="no-break space"),
    pytest.param("\u2800", id="braille without dots"),
    pytest.param("\u3164", id="Hangul filler"),
]


@pytest.mark.parametrize("letter", STEERING)
def test_what_is_not_printable_becomes_a_blank(letter: str) -> None:
    assert one_line(f"a{letter}b{letter}") == "a b "


@pytest.mark.parametrize("text", ["", "plain text", "größe", "日本語", "😀", "שלום", "<b>&amp;</b>", "{{ 1 + 1 }}", "a\\nb"])
def test_what_is_printable_stays_as_it_is(text: str) -> None:
    assert one_line(text) is text


@pytest.mark.parametrize("letter", STEERING)
def test_all_texts_of_a_value_are_cleaned_and_its_keys_too(letter: str) -> None:
    value = {f"a{letter}": [f"b{letter}", {"c": f"d{letter}"}], "e": {f"f{letter}": {f"g{letter}": [[letter]]}}}
    assert cleaned(value) == {"a ": ["b ", {"c": "d "}], "e": {"f ": {"g ": [[" "]]}}}


@pytest.mark.parametrize("value", [None, True, False, 0, -7, 1.5, "", [], {}, [None, 1], {"a": None, "b": [0.5, "text"]}], ids=str)
def test_other_values_stay_as_they_are(value: Any) -> None:
    assert cleaned(value) == value
    assert repr(cleaned(value)) == repr(value)


def test_cleaning_changes_nothing_in_its_place() -> None:
    value = {"a\n": ["b\n"]}
    assert cleaned(value) == {"a ": ["b "]}
    assert value == {"a\n": ["b\n"]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, 2.5, -3e2, "x", null, true]}', {"a": [1, 2.5, -300.0, "x", None, True]}),
        (b" [ ] ", []),
        (b'"text"', "text"),
        (b"5", 5),
        (b"null", None),
        ('"größe 日本"'.encode(), "größe 日本"),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\ud800"', "\ud800"),
        (b"1e-400", 0.0),
        (b"1.7976931348623157e308", 1.7976931348623157e308),
    ],
    ids=repr,
)
def test_json_is_parsed(text: bytes, value: Any) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" + "0" * 400 + ".0"], ids=lambda number: number[:10])
@pytest.mark.parametrize("around", ["{}", '{{"a": {}}}', '[[{{"a": [0, {}]}}]]'])
def test_a_number_that_is_not_finite_is_refused(number: str, around: str) -> None:
    with pytest.raises(ValueError, match=r"^not finite$"):
        parse_json(around.format(number).encode())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b"{'a': 1}",
        b"<html>",
        b"1 2",
        b'{"a": 1,}',
        b"nan",
        b'"\n"',
        b"\xff",
        b'"\xed\xa0\x80"',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b"9" * 5000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def nested(depth: int, around: Callable[[Any, int], Any]) -> Any:
    """Return a value of so many levels of lists and objects."""
    value = around(None, 0)
    for level in range(1, depth):
        value = around(value, level)
    return value


AROUND = [
    pytest.param(lambda value, _level: [] if value is None else [value], id="lists"),
    pytest.param(lambda value, _level: {} if value is None else {"a": value}, id="objects"),
    pytest.param(lambda value, level: [] if value is None else {"a": value} if level % 2 else [0, value], id="both"),
]


@pytest.mark.parametrize("around", AROUND)
def test_32_levels_are_parsed_and_one_more_is_refused(around: Callable[[Any, int], Any]) -> None:
    assert parse_json(json.dumps(nested(32, around)).encode()) == nested(32, around)
    with pytest.raises(ValueError, match=r"^too deep$"):
        parse_json(json.dumps(nested(33, around)).encode())


@pytest.mark.parametrize("depth", [33, 300, 2_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_any_depth_beyond_is_refused(depth: int, opening: str, closing: str) -> None:
    with pytest.raises(ValueError, match=r"^too deep$"):
        parse_json((opening * depth + "[]" + closing * depth).encode())


@pytest.mark.parametrize("count", [50_000, 50_001])
@pytest.mark.parametrize("shape", ["list", "object", "spread over levels"])
def test_50000_values_are_parsed_and_more_are_refused(count: int, shape: str) -> None:
    shapes = {
        "list": [0] * count,
        "object": {str(number): 0 for number in range(count)},
        "spread over levels": [[0] * 20_000, {"a": [0] * 20_000}, [[]] * (count - 40_005), 0],
    }
    text = json.dumps(shapes[shape]).encode()
    if count == 50_000:
        assert parse_json(text) == shapes[shape]
    else:
        with pytest.raises(ValueError, match=r"^too large$"):
            parse_json(text)


@pytest.mark.parametrize("text", [b"[" + b"[]," * 300_000 + b"[]]", b"[" * 500_000, b'{"a":' * 200_000], ids=["300,000 lists", "deep lists", "deep objects"])
def test_what_is_too_much_is_refused_at_once(text: bytes) -> None:
    """Core took 9 seconds for 300,000 empty lists."""
    started = time.monotonic()
    with pytest.raises(ValueError):
        parse_json(text)
    assert time.monotonic() - started < 2
