# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""The run's own store: files in the private temporary folder that all forks of a run share and that ends with it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ansible import constants as C
from ansible_collections.forti.oauth.plugins.plugin_utils._sealing import Keyring, quick_keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._store_files import FileStore


class RunStore(FileStore):
    """Keeps entries for one run."""

    def __init__(self, folder: str | None = None) -> None:
        """:arg folder: where the files are; by default in the temporary folder of the run."""
        super().__init__(folder or os.path.join(C.DEFAULT_LOCAL_TMP, "forti_oauth"), where="the temporary folder of this run")  # type: ignore[attr-defined]

    def keyring(self, identity: Mapping[str, str]) -> Keyring:
        """Return the seals of a token: quickly, for the folder is private and ends with the run."""
        return quick_keyring(identity, self._salt)
