# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variable PYTHONPATH for what a test starts."""

from __future__ import annotations

import os
import pathlib


def python_path(folder: str | pathlib.Path) -> dict[str, str]:
    """Return the variable with this folder in front of those that it has now, by which ansible-test finds Ansible."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))}
