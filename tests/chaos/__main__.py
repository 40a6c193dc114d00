# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token cache under faults: many processes, two stores, and all that a seed can think of; and what must hold whatever happens.

python -m tests.chaos                  two minutes; prints the seed
python -m tests.chaos --seconds 15     a short one
python -m tests.chaos --redis sentinel with a Redis that fails over; or cluster
SEED=123 python -m tests.chaos         the same runs, asks and faults again; the processes may meet in another order
python -m tests.chaos --break NAME     break the cache itself, to see that it is noticed
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pathlib
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.sharedctypes import RawValue
from typing import Any

import tests.chaos.importable  # noqa: F401  # pylint: disable=unused-import  # before what needs it
from tests.chaos import broken, service
from tests.chaos.disk import Disk
from tests.chaos.piles import left_in_directory
from tests.chaos.plan import DIRECTORY, REDIS, run
from tests.chaos.redis import KINDS, Redis
from tests.chaos.report import table
from tests.chaos.runs import World, start
from tests.chaos.service import Line
from tests.chaos.stores import Disturber
from tests.tools.redis_server import program

_AT_ONCE = 24  # runs, each with some askers
_PATIENCE = 60  # seconds for those that are left at the end; no ask may take that long


def main() -> int:
    """Run it; return 0 if there was no violation."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120, help="how long runs are started (default 120)")
    parser.add_argument("--redis", choices=sorted(KINDS), default="server", help="which Redis (default server)")
    parser.add_argument("--break", choices=sorted(broken.WAYS), dest="broken", help="break the cache itself")
    parser.add_argument("--log", metavar="FILE", help="write all events")
    chosen = parser.parse_args()
    seed = os.environ.get("SEED") or str(secrets.randbelow(10**6))
    print(f"SEED={seed}", flush=True)
    if chosen.broken:
        broken.WAYS[chosen.broken]()
    if program() is None:
        print("There is no Redis here: runs that would use it use their own store only.")
    since = time.monotonic()
    status = _chaos(seed, chosen.seconds, log=chosen.log, kind=chosen.redis)
    print(table(status, time.monotonic() - since))
    for shown in status["shown"]:
        print(f"\nSEED={seed} {shown}")
    return 1 if status["violations"] else 0


def _chaos(seed: str, seconds: float, *, log: str | None, kind: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="forti_oauth_chaos_") as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        redis: Redis | None = stack.enter_context(KINDS[kind](folder)) if program() else None
        disk = stack.enter_context(Disk(folder / "disk"))
        if not disk.is_mounted:
            print("No file system can be mounted here: the directory is never full.")
        kept = disk.folder / "kept"
        stores = {DIRECTORY: str(kept), **({REDIS: redis.url} if redis else {})}
        world = World(folder, str(folder / "judge"), stores, RawValue("d", 0.0))
        stack.enter_context(_judge(world.line, log))
        driver = os.fork()  # before there are threads
        if not driver:
            _drive(world, seed, seconds)
        with Disturber(seed, world.line, directory=kept, disk=disk, redis=redis, clock=world.directory_clock):
            os.waitpid(driver, 0)
        line = Line(world.line)
        endless = redis.endless() if redis else []
        for problem in (left_in_directory(stores[DIRECTORY]), f"keys without an end: {endless}" if endless else ""):
            line.tell("left behind", run=None, number=0, problem=problem)
        return line.tell("status", is_over=True)


def _drive(world: World, seed: str, seconds: float) -> None:
    """Start runs, so many at once, and end with the last one. It does not return."""
    deadline, number, going = time.monotonic() + seconds, 0, set()
    try:
        while going or time.monotonic() < deadline:
            while len(going) < _AT_ONCE and time.monotonic() < deadline:
                going.add(start(world, run(seed, number)))
                number += 1
            going -= {process for process in going if os.waitpid(process, os.WNOHANG)[0]}
            if time.monotonic() > deadline + _PATIENCE:
                break
            time.sleep(0.01)
        for process in going:
            os.killpg(process, signal.SIGKILL)
    finally:
        sys.stdout.flush()
        os._exit(0)


@contextlib.contextmanager
def _judge(path: str, log: str | None) -> Iterator[None]:
    process = service.start(path, log)
    try:
        yield
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


if __name__ == "__main__":
    sys.exit(main())
