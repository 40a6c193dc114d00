# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command costs, with all processes that it starts.

python measured.py COMMAND ARGUMENT ...    writes one line of JSON to the standard output, and the command's own output nowhere

Linux only. A program of its own: it waits for every process that descends from it, also for those whose parents have ended.
"""

from __future__ import annotations

import ctypes
import dataclasses
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a run took: processor and wall time in seconds, the largest process in MiB."""

    processor: float
    wall: float
    memory: float


def measure(command: Sequence[str], environment: Mapping[str, str], folder: str) -> Cost:
    """Run a command, and return what it cost.

    :raises RuntimeError: it failed; with its output.
    """
    done = subprocess.run([sys.executable, __file__, *command], env=dict(environment), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _main(command: list[str]) -> int:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    wall = time.monotonic() - started
    _wait_for_orphans()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        print(done.stdout)
    print(json.dumps({"processor": used.ru_utime + used.ru_stime, "wall": wall, "memory": used.ru_maxrss / 1024}))
    return done.returncode


def _wait_for_orphans() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
