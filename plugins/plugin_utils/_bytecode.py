# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Import a file of plugin_utils from Python's bytecode cache, past the collection loader of ansible-core."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

# What it buys: core compiles the files of a collection anew in each process, and each template of each host has a process of its own. Compiling
# the files of a hit takes longer than the hit. When it can go: as soon as core's loader of collections keeps bytecode. A plain import does then.


class _Loader(SourceFileLoader):
    def path_stats(self, path: str) -> Mapping[str, int]:
        """Return a checksum for a time: a source that was changed without a change of its size and time must not run old bytecode."""
        source = self.get_data(path)
        return {"mtime": zlib.crc32(source), "size": len(source)}


def load(name: str) -> ModuleType:
    """Return the module C(plugin_utils.NAME). If it cannot be loaded, no half of it stays in C(sys.modules).

    :raises FileNotFoundError: there is no such file.
    """
    full_name = f"{__package__}.{name}"
    if full_name not in sys.modules:
        loader = _Loader(full_name, os.path.join(os.path.dirname(__file__), *name.split(".")) + ".py")
        module = module_from_spec(spec_from_loader(full_name, loader))  # type: ignore[arg-type]
        sys.modules[full_name] = module
        try:
            loader.exec_module(module)
        except BaseException:
            del sys.modules[full_name]
            raise
    return sys.modules[full_name]
