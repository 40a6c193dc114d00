# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit tests share: an environment without options, a clock, and real processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.tools.forks import once

Processes = Callable[[int, Callable[[], Any]], list[Any]]
_PATIENCE = 20  # seconds
with contextlib.suppress(ModuleNotFoundError):  # without it, its tests are skipped
    from hypothesis import HealthCheck, settings

    # FUZZ=long looks for more, at other places each time. What it finds is kept as an example beside the test.
    settings.register_profile("quick", deadline=None, max_examples=150, derandomize=True)
    settings.register_profile("long", deadline=None, max_examples=10_000, suppress_health_check=list(HealthCheck), print_blob=True)
    settings.load_profile(os.environ.get("FUZZ", "quick"))


@pytest.fixture(autouse=True)
def _no_options_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("FAC_", "FORTICWP_", "FORTI_OAUTH_")):
            monkeypatch.delenv(name)


@pytest.fixture
def in_processes() -> Processes:
    """Run a function in so many forked processes, all at the same moment; return what each returned."""
    return _in_processes


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the clock forward, or back, by so many seconds."""
    passed = [0.0]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + passed[0])

    def go(seconds: float) -> None:
        passed[0] += seconds

    return go


def _in_processes(count: int, function: Callable[[], Any]) -> list[Any]:
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(count), context.SimpleQueue()
    workers = [context.Process(target=_work, args=(start, results, function), daemon=True) for _each in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(_PATIENCE)
    assert [worker.exitcode for worker in workers] == [0] * count
    return [results.get() for _each in workers]


def _work(start: Any, results: Any, function: Callable[[], Any]) -> None:
    start.wait(_PATIENCE)
    results.put(function())


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What ansible-doc shows of all plugins and of the role, by kind and name."""
    from tests.unit.documentation import all_documentation  # here: this file is read before the collection can be imported

    shown: dict[str, dict[str, Any]] = once(tmp_path_factory, "ansible-doc", all_documentation)
    return shown
