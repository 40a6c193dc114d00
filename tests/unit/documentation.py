# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of all plugins and of the role, as ansible-doc shows it."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import subprocess
import sys
from typing import Any

# Where the collection is: its code, and the folder of collections that it is in.
COLLECTION = pathlib.Path(importlib.import_module("ansible_collections.forti.oauth.plugins.module_utils._argspec").__file__ or "").parents[2]


def all_documentation() -> dict[str, dict[str, Any]]:
    """Return what ansible-doc shows, by kind and name. It takes seconds."""
    folders = {"module": "plugins/modules", "lookup": "plugins/lookup", "role": "roles"}
    return {kind: _ansible_doc(kind, *sorted(path.stem for path in (COLLECTION / folder).glob("[a-z]*"))) for kind, folder in folders.items()}


def _ansible_doc(kind: str, *names: str) -> dict[str, Any]:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2])}
    command = [sys.executable, "-m", "ansible.cli.doc", "--json", "--type", kind, *(f"forti.oauth.{name}" for name in names)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.removeprefix("forti.oauth."): shown for name, shown in json.loads(done.stdout).items()}
