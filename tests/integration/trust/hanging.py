# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock of a directory that hangs."""

from __future__ import annotations

import contextlib
import fcntl
import pathlib
from collections.abc import Iterator

from tests.integration.harness import Player


def lock_of(play: Player, tasks: str, store: pathlib.Path, env: dict[str, str]) -> pathlib.Path:
    """Run a play that logs in, and return the lock that it held in the directory. Its file is there only while it is held."""
    play.sim.fault("/api/v1/oauth/token/", delay=1.5)
    found: list[pathlib.Path] = []
    with play.started(tasks, env=env) as run:
        run.wait_until(lambda: found.extend((store / "locks").glob("*")) or found, "the lock is held")
        assert run.end() == 0, run.output[-3000:]
    return found[0]


@contextlib.contextmanager
def held(lock: pathlib.Path) -> Iterator[None]:
    """Hold a lock, as a stopped process does."""
    with lock.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
