# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the benchmarks says what was measured, and its pictures can be read: on a telephone, on light and on dark, without telling colours apart."""

from __future__ import annotations

import copy
import itertools
import json
import pathlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import pytest

from tests.bench import gains, plots, report
from tests.bench.lines import Line, lines, spread, told_apart
from tests.bench.plays import WAYS

ROOT = pathlib.Path(__file__).parents[2]
FIGURES = json.loads((ROOT / "tests" / "bench" / "figures.json").read_text())
LABELLED = [way.letter for way in WAYS if way.label]
LOGINS, SECONDS = plots.PICTURES
TELEPHONE, ITS_MARGINS = 390, 32
WIDEST = {"strong": 0.62, "": 0.52}  # letters of the widest usual font, by its size
WIDEST_DIGITS = 0.64
IN_SVG = "{http://www.w3.org/2000/svg}"

# How the runs end, in seconds.
CASES: dict[str, Mapping[str, float]] = {
    "as measured": {},
    "all the same": dict.fromkeys(LABELLED, 100.0),
    "all far apart": {letter: 100.0 * (at + 1) for at, letter in enumerate(LABELLED)},
    "all close above": {letter: 500.0 + 30 * at for at, letter in enumerate(LABELLED)},
    "all close below": {**{letter: 30.0 * at + 1 for at, letter in enumerate(LABELLED)}, "f": 700.0},
    "with long numbers": {"f": 900.0, "e": 600.0, **dict(zip("cdiga", (116.0, 112.0, 108.0, 104.0, 100.0)))},
    "three groups": dict(zip(LABELLED, (100.0, 100.5, 300.0, 300.5, 500.0, 500.5, 501.0))),
}


def figures(seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return the figures with other seconds, which grow with the hosts."""
    changed = copy.deepcopy(FIGURES)
    most = max(changed["ways"], key=int)
    for hosts, letter in itertools.product(changed["ways"], seconds):
        changed["ways"][hosts][letter]["wall"] = seconds[letter] * int(hosts) / int(most)
    return changed


def drawn(seconds: Mapping[str, float], picture: plots.Picture = SECONDS) -> ET.Element:
    """Return a picture."""
    return ET.fromstring(plots.svg(picture, figures(seconds)))


def texts(picture: ET.Element) -> list[tuple[str, float, float, float]]:
    """Return what is written in it: the words, from where to where, and the line that they stand on."""
    found = []
    for text in picture.iter(f"{IN_SVG}text"):
        words, style = text.text or "", text.get("class", "")
        width = len(words) * plots.FONT * WIDEST.get(style, WIDEST_DIGITS)
        back = {"end": width, "middle": width / 2}.get(style, 0)
        found.append((words, float(text.get("x", "")) - back, float(text.get("x", "")) - back + width, float(text.get("y", ""))))
    return found


def brightness(colour: str) -> float:
    """Return the relative luminance of a colour, as the WCAG define it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours."""
    darker, lighter = sorted((brightness(one), brightness(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_page_is_what_the_figures_make() -> None:
    assert (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8") == report.page(FIGURES)


@pytest.mark.parametrize("picture", plots.PICTURES, ids=lambda picture: picture.value)
def test_the_picture_is_what_the_figures_make(picture: plots.Picture) -> None:
    assert (ROOT / "docs" / "images" / picture.file).read_text(encoding="utf-8") == plots.svg(picture, FIGURES)


@pytest.mark.parametrize("seconds", CASES.values(), ids=list(CASES))
@pytest.mark.parametrize("picture", plots.PICTURES, ids=lambda picture: picture.value)
def test_no_text_of_a_picture_is_over_another(seconds: Mapping[str, float], picture: plots.Picture) -> None:
    for (words, left, right, line), (others, other_left, other_right, other_line) in itertools.combinations(texts(drawn(seconds, picture)), 2):
        beside = right <= other_left or other_right <= left
        assert beside or abs(line - other_line) >= plots.FONT, f"{words!r} and {others!r}"


@pytest.mark.parametrize("seconds", CASES.values(), ids=list(CASES))
def test_all_text_is_in_the_picture(seconds: Mapping[str, float]) -> None:
    picture = drawn(seconds)
    height = float(picture.get("height", ""))
    outside = [words for words, left, right, line in texts(picture) if left < 0 or right > plots.WIDTH or line < plots.FONT or line > height - 4]
    assert outside == []


@pytest.mark.parametrize("seconds", CASES.values(), ids=list(CASES))
def test_each_way_has_its_name_in_one_label(seconds: Mapping[str, float]) -> None:
    written = " ".join(words for words, *_where in texts(drawn(seconds)))
    assert {way.label: written.count(way.label) for way in WAYS if way.label} == {way.label: 1 for way in WAYS if way.label}


@pytest.mark.parametrize(("case", "wanted"), [("all the same", 1), ("all far apart", len(LABELLED)), ("three groups", 3)])
def test_lines_that_coincide_are_one_line(case: str, wanted: int) -> None:
    picture = drawn(CASES[case])
    of_lines = [path for path in picture.iter(f"{IN_SVG}path") if "line" in path.get("class", "")]
    assert len(of_lines) == wanted
    assert len({path.get("d") for path in of_lines}) == len({path.get("class") for path in of_lines}) == wanted


def test_lines_that_end_together_but_come_apart_before_stay_two() -> None:
    early, late = Line(("early",), (0, 50, 60), (0, 50, 60)), Line(("late",), (0, 10, 60), (0, 10, 60))
    assert told_apart([early, late], 20) == [early, late]


def test_a_strip_tells_from_where_to_where_it_goes() -> None:
    lookup, module = Line(("lookup",), (1, 16), (1, 16)), Line(("module",), (2, 19.6), (2, 19.6))
    both = told_apart([module, lookup], 5)
    assert both == [Line(("lookup", "module"), (1, 16), (2, 19.6))]
    assert both[0].label("second") == ["16 to 20 seconds", "lookup, module"]


def test_lines_without_any_login_are_not_drawn() -> None:
    assert "no token at all" not in [name for line in lines(FIGURES, "logins") for name in line.names]


def test_labels_go_up_if_there_is_no_room_below() -> None:
    assert spread([10, 90, 95], [20, 20, 20], 0, 100) == [10, 60, 80]


def test_labels_go_down_if_there_is_no_room_above() -> None:
    assert spread([-5, 0, 70], [20, 20, 20], 0, 100) == [0, 20, 70]


def test_a_telephone_shows_text_that_can_be_read() -> None:
    sizes = {float(size) for size in re.findall(r"font(?:-size)?:\s*([\d.]+)px", plots.svg(LOGINS, FIGURES))}
    assert sizes
    assert min(sizes) * (TELEPHONE - ITS_MARGINS) / plots.WIDTH >= 12


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_is_seen_on_its_background(dark: bool) -> None:
    style = drawn({}).findtext(f"{IN_SVG}style") or ""
    light_rules, _media, dark_rules = style.partition("@media(prefers-color-scheme:dark)")
    colours = dict(re.findall(r"(text|\.paper|\.mark|\.line\d)\{(?:fill|stroke):(#\w+)", dark_rules if dark else light_rules))
    paper, ink = colours.pop(".paper"), colours.pop("text")
    assert contrast(paper, ink) >= 7
    assert len(colours) == 1 + len(LABELLED)  # the marks of the axes, and each line
    assert {name: contrast(paper, colour) for name, colour in colours.items() if contrast(paper, colour) < 3} == {}


def test_a_picture_is_described_in_words() -> None:
    page = report.page(FIGURES)
    for picture in plots.PICTURES:
        assert f"![{picture.described(FIGURES)}](images/{picture.file})" in page
    assert "uri on every host: 900 seconds" in SECONDS.described(figures(CASES["with long numbers"]))


def test_the_page_begins_with_the_gain() -> None:
    head, _heading, rest = report.page(FIGURES).partition("\n## For developers of the collection\n")
    assert head.index(f"**{gains.words(FIGURES)['gain']}.**") < head.index("| Way to a token |") < head.index("**On many hosts, use") < head.index("![")
    assert not re.search("reached|microsecond|processor s|hit|goal", head)
    assert "goals are reached." in rest


@pytest.mark.parametrize(
    ("lookup", "uri", "wanted", "saved"),
    [
        (16, 128.4, "the run takes 16 seconds: 112 seconds less than with `uri` on every host.", "112"),
        (128, 16, "the run takes 128 seconds: 112 seconds more than with `uri` on every host.", "−112"),
        (16.1, 15.9, "the run takes 16 seconds: as long as with `uri` on every host.", "0"),
        (1, 2, "the run takes 1 second: 1 second less than with `uri` on every host.", "1"),
    ],
)
def test_the_words_fit_other_figures(lookup: float, uri: float, wanted: str, saved: str) -> None:
    changed = figures({"c": lookup, "f": uri})
    assert wanted in " ".join(report.page(changed).split())
    assert [row[-1] for row in gains.rows(changed) if row[0] == "lookup"] == [saved]


@pytest.mark.parametrize(
    ("logins", "wanted"), [(1, "**One login in place of 490.**"), (2, "**2 logins in place of 490.**"), (12, "**12 logins in place of 490.**")]
)
def test_logins_are_counted_in_words_that_fit(logins: int, wanted: str) -> None:
    changed = figures({})
    at_most_hosts = changed["ways"][max(changed["ways"], key=int)]
    at_most_hosts["c"]["logins"], at_most_hosts["f"]["logins"] = logins, 490
    assert wanted in report.page(changed)


def test_figures_without_redis_make_a_page_too() -> None:
    changed = figures({})
    del changed["stores"]["used"]["Redis"], changed["stores"]["at once"]
    assert "with a directory it made 0 logins.\n" in report.page(changed)


def test_the_goals_are_counted() -> None:
    good, bad = figures({}), figures({})
    good["parts"]["vault"] = dict.fromkeys(good["parts"]["vault"], 100)
    bad["parts"]["vault"] = dict.fromkeys(bad["parts"]["vault"], 1000)
    reached = [int(re.findall(r"^(\d+) of \d+ goals are reached", report.page(changed), re.MULTILINE)[0]) for changed in (good, bad)]
    assert reached[0] == reached[1] + 1
