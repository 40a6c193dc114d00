# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""The run's own store: files in the private temporary folder that all forks of a run share and that ends with it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from ansible_collections.forti.oauth.plugins.plugin_utils._hits import STATE, run_folder
from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import Keyring, quick_keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._store_files import FileStore


class RunStore(FileStore):
    """Keeps entries for one run."""

    lasting = False

    def __init__(self, folder: str | None = None) -> None:
        """:arg folder: where the files are; by default in the temporary folder of the run."""
        super().__init__(folder or run_folder(), where="the temporary folder of this run")

    def keyring(self, identity: Mapping[str, str]) -> Keyring:
        """Return the seals of a token: quickly, for the folder is private and ends with the run."""
        return quick_keyring(identity, self._salt)

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Keep an entry."""
        super().write(name, entry, keep_until=keep_until)
        self._changed()

    def remove(self, name: str) -> None:
        """Forget an entry."""
        super().remove(name)
        self._changed()

    def _changed(self) -> None:
        """End all hits: they were of another state of this store."""
        with self._reported(), contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(STATE))
