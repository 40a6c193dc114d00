# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for the script that ansible-test would fetch to put pip into its environments: takes the one that came with Python.

ansible-test looks for a copy in its cache first. With this one there the sanity tests need a package registry and nothing else.
"""

from __future__ import annotations

import ensurepip
import pathlib
import runpy
import sys

_ABSENT_TODAY = {"--no-setuptools", "--no-wheel"}  # options of the script, not of pip

if __name__ == "__main__":
    wheels = sorted(pathlib.Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))
    sys.path.insert(0, str(wheels[-1]))
    sys.argv = ["pip", "install", "--quiet", "--upgrade", *(option for option in sys.argv[1:] if option not in _ABSENT_TODAY)]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
