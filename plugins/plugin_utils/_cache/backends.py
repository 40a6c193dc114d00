# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The backend factory: the backends that the option C(cache) names."""

from __future__ import annotations

import math
import os
from collections.abc import Callable

from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._redaction import register
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, NullBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_directory import DirectoryBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_files import RunBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.redis_url import is_like_url, is_redis, parse, passwords_in

BUDGET = 3  # seconds that a store of a network may cost an ask
OpenBackend = Callable[[], Backend]


def backends(cache: str) -> list[OpenBackend]:
    """Return what opens the backends of a value of the option, nearest first: the run's, then the one that other runs share.

    :raises OptionError: the value is invalid.
    """
    if cache == "none":
        return []
    return [RunBackend] if cache == "run" else [RunBackend, shared_backend(cache, budget=BUDGET)]


def shared_backend(cache: str, *, budget: float = math.inf) -> OpenBackend:
    """Return what opens the directory or the Redis that a value of the option names.

    :arg budget: the seconds for all answers of a Redis together.
    :raises OptionError: the value is invalid. It is not repeated in the message, because it may hold a password.
    """
    if is_redis(cache):
        parse(cache)
        register(*passwords_in(cache))  # after the check: of a wrong URL the whole text would be registered
        return lambda: _redis_backend(cache, budget)
    folder = folder_of(cache) if cache.isprintable() else ""  # no file system takes other characters
    if not folder or is_like_url(cache) or (os.sep not in cache and cache != "~"):
        raise OptionError(
            "cache must be run (keep tokens for this run), none (keep nothing), a directory such as ~/.cache/forti_oauth, "
            "or redis://host:6379/0 (rediss:// for TLS, redis+sentinel:// and redis+cluster:// for several servers)."
        )
    return lambda: DirectoryBackend(folder)


def existing_backend(cache: str, *, budget: float = math.inf) -> Backend:
    """Open the backend that a value of the option names, to look into it. A directory that does not exist is not made.

    :arg budget: the seconds for all answers of a Redis together.
    :raises OptionError: the value is invalid.
    :raises BackendError: the backend cannot be used.
    """
    if cache == "none":
        raise OptionError("cache none keeps nothing, so there is no store to look into.")
    if cache == "run":
        return RunBackend()
    open_backend = shared_backend(cache, budget=budget)
    folder = folder_of(cache)
    return open_backend() if "://" in cache or os.path.lexists(folder) else NullBackend(f"the directory {folder}")


def folder_of(cache: str) -> str:
    """Return the path of the directory that a value of the option names."""
    return os.path.abspath(os.path.expanduser(cache))


def _redis_backend(url: str, budget: float) -> Backend:
    # Imported late: most runs do not use Redis.
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend_redis import RedisBackend

    return RedisBackend(url, budget=budget)
