# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that the integration tests start get signals as those that a person starts at a terminal."""

from __future__ import annotations

import pathlib
import signal
import sys
from collections.abc import Iterator

import pytest

from tests.integration.running import Running

WAITS = "import time; print('it waits', flush=True); time.sleep(20)"


@pytest.fixture
def in_background() -> Iterator[None]:
    """Ignore SIGINT, as a script of a shell makes what it starts with & do."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("in_background")
def test_ctrl_c_ends_a_program_where_the_tests_run_in_the_background(tmp_path: pathlib.Path) -> None:
    with Running([sys.executable, "-c", WAITS], {}, tmp_path) as run:
        run.wait_for("it waits")
        run.send(signal.SIGINT)
        assert run.end() == -signal.SIGINT
    assert "KeyboardInterrupt" in run.output
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN  # the tests themselves go on in the background
