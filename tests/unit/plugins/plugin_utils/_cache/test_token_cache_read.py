# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request for all who ask for the same, in real processes."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, Refused, Unreachable
from ansible_collections.forti.oauth.plugins.plugin_utils._kept import Asked
from ansible_collections.forti.oauth.plugins.plugin_utils._once import once_for_all

from tests.unit.conftest import Processes
from tests.unit.desk import SERVER, Desk

IDENTITY = {"server": SERVER, "access_token": "T30"}


class Reader:
    """Counts what it is asked for, in all processes."""

    def __init__(self, desk: Desk, problem: FortiError | None = None, run: str | None = "run") -> None:
        self._desk, self._problem, self._run = desk, problem, run
        self._log = pathlib.Path(desk.folder / "read")

    @property
    def times(self) -> int:
        return len(self._log.read_text()) if self._log.exists() else 0

    def __call__(self, identity: dict[str, str] | None = None, forced_by: str | None = None) -> Any:
        asked = Asked(identity=identity or IDENTITY, forced_by=forced_by, patience=20)
        return once_for_all(asked, "answer", self._work, shelf=self._desk.shelf(self._run))

    def _work(self) -> dict[str, Any]:
        time.sleep(0.1)
        with self._log.open("a") as log:
            log.write("x")
        if self._problem:
            raise self._problem
        return {"number": self.times}


def test_many_ask_once(desk: Desk, in_processes: Processes) -> None:
    read = Reader(desk)
    assert in_processes(5, read) == [{"number": 1}] * 5
    assert read() == {"number": 1}
    assert read({**IDENTITY, "access_token": "T31"}) == {"number": 2}


def test_force_reads_anew_once_for_a_task(desk: Desk) -> None:
    read = Reader(desk)
    assert [read()["number"], read(forced_by="task")["number"], read(forced_by="task")["number"], read()["number"]] == [1, 2, 2, 2]


def test_a_shelf_that_keeps_nothing(desk: Desk) -> None:
    read = Reader(desk, run=None)
    assert [read()["number"], read()["number"]] == [1, 2]


@pytest.mark.parametrize(("problem", "later"), [(Refused("no"), 1), (Unreachable("down"), 2)])
def test_a_failure_is_shared(desk: Desk, in_processes: Processes, problem: FortiError, later: int) -> None:
    read = Reader(desk, problem)

    def outcome() -> str:
        with pytest.raises(FortiError) as caught:
            read()
        return str(caught.value)

    assert in_processes(4, outcome) == [str(problem)] * 4
    assert read.times == 1
    assert outcome() == str(problem)
    assert read.times == later  # what was refused is not asked again for a minute; the network may be back


def test_a_refusal_is_forgotten(desk: Desk, after: Callable[[float], None]) -> None:
    with pytest.raises(Refused):
        Reader(desk, Refused("no"))()
    after(61)
    assert Reader(desk)() == {"number": 2}
