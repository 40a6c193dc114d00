# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the simulator: `python extensions/simulator`, wherever the collection is installed, or `python -m extensions.simulator` in a checkout."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

NEEDED = {"flask": "flask", "trustme": "trustme", "werkzeug": "flask"}  # a module, and the package that brings it
PACKAGE = __package__ or Path(__file__).resolve().parent.name


def start() -> int:
    """Run the program; return its exit code."""
    if sys.version_info < (3, 10):
        print(f"The simulator needs Python 3.10 or newer. This is {sys.version.split()[0]}.", file=sys.stderr)
        return 1
    if not __package__:  # Python was given the folder, and would look for modules in it
        sys.path[0] = str(Path(__file__).resolve().parents[1])
    try:
        program = importlib.import_module(f"{PACKAGE}.program")
    except ModuleNotFoundError as problem:
        if problem.name not in NEEDED:
            raise
        print(f"The simulator needs {NEEDED[problem.name]}, which is not installed. Try: {sys.executable} -m pip install flask trustme", file=sys.stderr)
        return 1
    return int(program.main())


if __name__ == "__main__":
    try:
        sys.exit(start())
    except KeyboardInterrupt:  # before it is ready
        sys.exit(130)
