# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""A directory that keeps tokens between the runs of one user on one machine."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.plugin_utils._keyring import Keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._store import StoreFailed, guarded_keyring
from ansible_collections.forti.oauth.plugins.plugin_utils._store_files import FileStore


class DirectoryStore(FileStore):
    """Keeps entries in a directory that only this user can read."""

    def __init__(self, folder: str) -> None:
        """:arg folder: an absolute path; it is made where it is not there."""
        super().__init__(folder, where=f"the directory {folder}")

    def keyring(self, identity: Mapping[str, str]) -> Keyring:
        """Return the seals of a token: a copy of the directory must not be of use to who can guess passwords."""
        return guarded_keyring(identity, self._salt)

    def write(self, name: str, entry: bytes, *, keep_until: float | None) -> None:
        """Keep an entry, and take the opportunity to forget those whose time is over."""
        super().write(name, entry, keep_until=keep_until)
        now = time.time()
        for other, about in self.entries():
            # Looked at again: another run may have renewed it meanwhile.
            if _is_over(about, now) and _is_over(self._about(other), now):
                self.remove(other)

    def _check(self) -> None:
        known = os.lstat(self._folder)
        if stat.S_ISLNK(known.st_mode) or not stat.S_ISDIR(known.st_mode):
            raise StoreFailed(f"{self.where} is not used: it is a symbolic link or no directory. Name the directory itself.")
        if known.st_uid != os.geteuid():
            raise StoreFailed(f"{self.where} is not used: it belongs to another user. Choose one of your own.")
        if stat.S_IMODE(known.st_mode) & 0o077:
            raise StoreFailed(f"{self.where} is not used: others may get at it. Give it to yourself alone (chmod 0700).")


def _is_over(about: Mapping[str, Any], now: float) -> bool:
    return isinstance(about.get("keep_until"), (int, float)) and about["keep_until"] < now
