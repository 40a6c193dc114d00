# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stays on the controller.

Core compiles the files of a collection anew in every process, and each template of each host is filled in by a process of its own.
Here they come from the cache of bytecode that Python keeps beside them, where it may, as core's own files and all plugins do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location

_PACKAGES = (__name__, __name__.replace("plugin_utils", "module_utils"))


class _FromBytecode:
    """Finds the files of these packages for the import statement."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, _target: object = None) -> ModuleSpec | None:
        """Return how a module is loaded, by Python's own loader; None leaves it to the next finder."""
        package, _dot, file = name.rpartition(".")
        location = os.path.join(path[0], f"{file}.py") if path and package in _PACKAGES else ""
        return spec_from_file_location(name, location) if os.path.isfile(location) else None


sys.meta_path.insert(0, _FromBytecode)
