# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""The option cache: which stores it names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._secrets import register
from ansible_collections.forti.oauth.plugins.plugin_utils._shelf import Shelf
from ansible_collections.forti.oauth.plugins.plugin_utils._store import NoStore, Store
from ansible_collections.forti.oauth.plugins.plugin_utils._store_run import RunStore

Warn = Callable[[str], None]


def shelves(cache: str, *, warn: Warn) -> tuple[Shelf, Shelf]:
    """Return the run's shelf and the one that is shared with other runs, for a value of the option.

    :raises OptionError: the value names no store.
    """
    if cache == "none":
        return Shelf(None, warn=warn), Shelf(None, warn=warn)
    return Shelf(RunStore, warn=warn), Shelf(None if cache == "run" else shared_store(cache), warn=warn)


def shared_store(cache: str) -> Callable[[], Store]:
    """Return what opens the store that a value of the option names.

    :raises OptionError: the value names none. It is not repeated: it may hold a password.
    """
    scheme, mark, _rest = cache.partition("://")
    if mark and scheme in ("redis", "rediss"):
        register(*_passwords(cache))
        return lambda: _redis_store(cache)
    folder = _folder(cache) if cache.isprintable() else ""  # no file system takes the others
    if not folder or mark or re.match("[a-z]+:", cache) or (os.sep not in cache and cache != "~") or (os.path.exists(folder) and not os.path.isdir(folder)):
        raise OptionError(
            "cache must be run (keep tokens for this run), none (keep nothing), a directory such as ~/.cache/forti_oauth, "
            "or redis://host:6379/0 (rediss:// for TLS)."
        )
    return lambda: _directory_store(folder)


def _folder(cache: str) -> str:
    return os.path.abspath(os.path.expanduser(cache))


def _passwords(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        return [unquote(parts.password or ""), *parse_qs(parts.query).get("password", [])]
    except ValueError:
        return []


def named_store(cache: str) -> Store | NoStore:
    """Open the store that a value of the option names, to look into it. A directory that is not there is not made for that.

    :raises OptionError: the value names none.
    :raises StoreFailed: it cannot be used.
    """
    if cache == "run":
        return RunStore()
    opened = shared_store(cache)
    folder = _folder(cache)
    return opened() if "://" in cache or os.path.lexists(folder) else NoStore(f"the directory {folder}")


# Imported where they are opened: a hit in the run's store needs neither of the others.
def _directory_store(folder: str) -> Store:
    from ansible_collections.forti.oauth.plugins.plugin_utils._store_directory import DirectoryStore

    return DirectoryStore(folder)


def _redis_store(url: str) -> Store:
    from ansible_collections.forti.oauth.plugins.plugin_utils._store_redis import RedisStore

    return RedisStore(url)
