# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the collection of this checkout importable as Ansible imports it. Importing this module does it."""

from __future__ import annotations

import atexit
import pathlib
import shutil
import sys
import tempfile

from tests.tools.build import ROOT

_folder = pathlib.Path(tempfile.mkdtemp(prefix="forti_oauth_tree_"))
_link = _folder / "ansible_collections" / "forti" / "oauth"
_link.parent.mkdir(parents=True)
_link.symlink_to(ROOT, target_is_directory=True)
sys.path.insert(0, str(_folder))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)  # a forked child ends by os._exit, and leaves it
