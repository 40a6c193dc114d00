# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must not pile up: unfinished files, locks of those who are gone, entries that are over, keys without an end."""

from __future__ import annotations

import os
import pathlib
import time

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend

_LATER = 32 * 86400  # seconds, after which no entry of these programs is kept: a tombstone outlives every token
_MINE = "0" * 32


def left_in_run(folder: str) -> tuple[str, int]:
    """Return the unfinished files and the locks in the folder of a run that is over: what to say of them, and how many."""
    left = [*_names(folder, ".new-"), *_names(os.path.join(folder, "locks"), "")]
    return (f"{len(left)} files are left in {folder}: {left}", len(left)) if left else ("", 0)


def left_in_directory(folder: str) -> str:
    """Write to a directory a month later; return what is left in it that should be gone."""
    real, time.time = time.time, lambda: real() + _LATER  # type: ignore[assignment]
    try:
        DirectoryBackend(folder).write(_MINE, b"", keep_until=time.time() + 60)
    finally:
        time.time = real
    found = {str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*")}
    left = sorted(found - {"salt", "swept", "locks", f"{_MINE}.token"})
    return f"{len(left)} files are left in the directory, such as {left[:5]}" if left else ""


def _names(folder: str, prefix: str) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(prefix)] if os.path.isdir(folder) else []
