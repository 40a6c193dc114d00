# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the collection importable where nobody else has: ansible-test does so itself, and pytest-ansible in the root of a checkout."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent
_TREE = ROOT / ".work" / "tree"

# For what the tests share, such as extensions.simulator. ansible-test does not read pytest.ini, which says so too.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Come after the plugins that may have made the collection importable."""
    if not _importable():
        _link()
        os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(_TREE)
        sys.path.insert(0, str(_TREE))
        from ansible.plugins.loader import init_plugin_loader  # here: it reads the variable

        init_plugin_loader([str(_TREE)])


def _importable() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.forti.oauth") is not None
    except ModuleNotFoundError:
        return False


def _link() -> None:
    """Make a tree of collections in which this checkout is the collection. Several processes may do so at a time."""
    link = _TREE / "ansible_collections" / "forti" / "oauth"
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() and link.resolve() != ROOT:  # the checkout was moved
        link.unlink(missing_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(ROOT, target_is_directory=True)
