# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Load the files of a lookup's hit from Python's bytecode cache, past the collection loader of ansible-core.

What it buys: core compiles the files of a collection anew in each process, and each template of each host has a process of its own. Compiling the
files of a hit, this one included, takes longer than the hit. The lookup plugins themselves come from the bytecode cache, so they load this file
by its path. When it can go: as soon as core's loader of collections keeps bytecode. Plain imports do then.
"""

from __future__ import annotations

import contextlib
import os
import sys
import zlib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any

_PACKAGE = "ansible_collections.forti.oauth.plugins.plugin_utils"


class _Loader(SourceFileLoader):
    def path_stats(self, path: str) -> dict[str, int]:
        """Return a checksum in place of the time. A source that was changed without a change of its size and time must not run old bytecode."""
        source = self.get_data(path)
        return {"mtime": zlib.crc32(source), "size": len(source)}

    def set_data(self, path: str, data: Any, *, _mode: int = 0o644) -> None:
        """Write bytecode, into a folder that others cannot write to, whatever the umask is."""
        with contextlib.suppress(OSError):  # it is there, or cannot be made
            os.mkdir(os.path.dirname(path), 0o755)
        super().set_data(path, data, _mode=_mode)


def load(name: str) -> Any:
    """Return the module C(plugin_utils.NAME). If it cannot be loaded, no half of it stays in C(sys.modules).

    :raises FileNotFoundError: there is no such file.
    """
    full_name = f"{_PACKAGE}.{name}"
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


def token_lookup() -> Any:
    """Return the class C(TokenLookup), with its fast path if that file exists."""
    with contextlib.suppress(FileNotFoundError):
        load("_cache.lookup_answers")
    return load("_lookup_base").TokenLookup
