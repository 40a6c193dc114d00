# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs in the image: prints what is in it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import pathlib
import platform

COLLECTION = pathlib.Path("/usr/share/ansible/collections/ansible_collections/forti/oauth")
CHECKED_HASH = 3  # what the second word of a compiled file says


def is_compiled(source: pathlib.Path) -> bool:
    """Return whether Python finds it compiled, and checks that by a hash of the source."""
    compiled = pathlib.Path(importlib.util.cache_from_source(str(source)))
    return compiled.is_file() and int.from_bytes(compiled.read_bytes()[4:8], "little") == CHECKED_HASH


sources = sorted(COLLECTION.rglob("*.py"))
print(
    json.dumps(
        {
            "python": platform.python_version(),
            "collection": json.loads((COLLECTION / "MANIFEST.json").read_text())["collection_info"]["version"],
            "packages": {name: importlib.metadata.version(name) for name in ("ansible-core", "ansible-runner", "requests", "redis")},
            "modules": len(sources),
            "not_compiled": [str(source.relative_to(COLLECTION)) for source in sources if not is_compiled(source)],
        }
    )
)
