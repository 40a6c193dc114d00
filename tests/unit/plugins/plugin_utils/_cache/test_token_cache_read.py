# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A response that the run keeps, such as a resource map: one request for all who ask for the same, in real processes."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, Refused, Unreachable
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest

from tests.unit.conftest import Processes
from tests.unit.plugins.plugin_utils._cache.harness import SERVER, CacheHarness, without_memory

KEY = {"server": SERVER, "access_token": "T30"}


class Reader:
    """Counts what it is asked for, in all processes."""

    def __init__(self, harness: CacheHarness, problem: FortiError | None = None, run: str | None = "run") -> None:
        self._harness, self._problem, self._run = harness, problem, run
        self._log = pathlib.Path(harness.folder / "read")

    @property
    def times(self) -> int:
        return len(self._log.read_text()) if self._log.exists() else 0

    def __call__(self, key: dict[str, str] | None = None, request_id: str | None = None) -> Any:
        request = CacheRequest(key=key or KEY, request_id=request_id, lock_timeout=20)
        return self._harness.cache(self._run).get_or_read(request, self._work)

    def _work(self) -> dict[str, Any]:
        time.sleep(0.1)
        with self._log.open("a") as log:
            log.write("x")
        if self._problem:
            raise self._problem
        return {"number": self.times}


def test_many_processes_make_one_request(harness: CacheHarness, in_processes: Processes) -> None:
    read = Reader(harness)
    assert in_processes(5, read) == [{"number": 1}] * 5
    assert read() == {"number": 1}
    assert read({**KEY, "access_token": "T31"}) == {"number": 2}


def test_force_reads_anew_once_for_a_task(harness: CacheHarness) -> None:
    read = Reader(harness)
    assert [read()["number"], read(request_id="task")["number"], read(request_id="task")["number"], read()["number"]] == [1, 2, 2, 2]


def test_without_tiers_nothing_is_kept(harness: CacheHarness) -> None:
    read = Reader(harness, run=None)
    assert [read()["number"], read()["number"]] == [1, 2]


@pytest.mark.parametrize(("problem", "later"), [(Refused("no"), 1), (Unreachable("down"), 2)])
def test_a_failure_is_shared(harness: CacheHarness, in_processes: Processes, problem: FortiError, later: int) -> None:
    read = Reader(harness, problem)

    def outcome() -> str:
        with pytest.raises(FortiError) as caught:
            read()
        return str(caught.value)

    refused = isinstance(problem, Refused)
    messages = in_processes(4, outcome)
    assert messages.count(str(problem)) == 1
    assert [without_memory(message, refused=refused) for message in messages if message != str(problem)] == [str(problem)] * 3
    assert read.times == 1
    again = outcome()
    assert (without_memory(again) if refused else again) == str(problem)
    assert read.times == later  # what was refused is not asked again for a minute; the network may be back


def test_a_refusal_is_forgotten(harness: CacheHarness, after: Callable[[float], None]) -> None:
    with pytest.raises(Refused):
        Reader(harness, Refused("no"))()
    after(61)
    assert Reader(harness)() == {"number": 2}
