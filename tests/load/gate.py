# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many processes that begin at the same moment: there are no waves."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

Work = Callable[[], dict[str, Any]]  # returns what a process saw


def all_at_once(prepare: Callable[[int], Work], *, number: int, folder: pathlib.Path) -> list[dict[str, Any]]:
    """Let so many processes work; return what each saw. All of them are there and wait before the first one begins.

    :arg prepare: does what comes before, in the process of this number, and returns its work.
    """
    folder.mkdir()
    gate, opener = os.pipe()
    processes = [_started(prepare, each, gate, opener, folder / "seen") for each in range(number)]
    time.sleep(0.5)
    os.close(opener)
    os.close(gate)
    failed = sum(os.waitpid(process, 0)[1] != 0 for process in processes)
    if failed:
        sys.exit(f"{failed} processes failed")
    return [json.loads(line) for line in (folder / "seen").read_text().splitlines()]


def _started(prepare: Callable[[int], Work], number: int, gate: int, opener: int, seen: pathlib.Path) -> int:
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        os.close(opener)
        work = prepare(number)
        os.read(gate, 1)
        line = json.dumps(work()) + "\n"
        with seen.open("a") as file:
            file.write(line)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
