# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of the load says what was measured."""

from __future__ import annotations

import json

import pytest

from tests.load import report

FIGURES = json.loads(report.FIGURES.read_text(encoding="utf-8"))
TABLES = ("crowds", "goals", "nodes")


def test_the_page_is_what_the_figures_make() -> None:
    assert report.PAGE.read_text(encoding="utf-8") == report.page(FIGURES)


@pytest.mark.parametrize("name", TABLES)
def test_each_line_of_a_table_fits_its_head(name: str) -> None:
    head, *lines = FIGURES[name]
    assert lines
    assert {len(line) for line in lines} == {len(head)}


def test_no_ask_failed_and_no_login_was_too_many() -> None:
    head, *lines = FIGURES["nodes"]
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    lasting = [row for row in rows if row["tokens live"] == "10 h" and row["given up"] == "0"]
    assert [row for row in rows if row["failed"] != "0"] == []
    assert [row for row in lasting if row["logins"] != row["identities"]] == []
