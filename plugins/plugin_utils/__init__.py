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
from importlib.util import spec_from_file_location
from typing import Any

_OURS = (__name__, __name__.replace("plugin_utils", "module_utils"))


class _FromBytecode:
    """Finds these files for the import statement; a small class, because this one is always compiled."""

    @staticmethod
    def find_spec(name: str, path: Any = None, _target: Any = None) -> Any:
        """Return how Python's own loader gets a module; None leaves it to the next finder."""
        location = f"{path[0]}/{name.rpartition('.')[2]}.py" if path and name.startswith(_OURS) else ""
        return spec_from_file_location(name, location) if os.path.isfile(location) else None


sys.meta_path.insert(0, _FromBytecode)
