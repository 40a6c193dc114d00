# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the store of the option C(cache) holds, and whether an entry can be kept there."""

from __future__ import annotations

import os
import secrets
import time

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, BackendError, LockTimeout, NullBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import BUDGET, existing_backend, folder_of
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import agreed_salt
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import read_header
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.steps import Problem, Skipped

_KEPT = 60  # seconds, if this process is killed before it removes what it wrote
_CONTENT = b"doctor" * 512  # as large as an entry


def look_into(cache: str, *, server: str, write: bool) -> str:
    """Return whether entries can be kept in a store, how many it holds, and how many of them are of this server.

    :arg write: whether to try it, by an entry that is removed again.
    :raises Problem: the store cannot be used.
    :raises Skipped: nothing is kept between runs.
    """
    if cache in ("run", "none"):
        raise Skipped(f"nothing is kept for later runs, because cache is {cache}")
    try:
        backend = existing_backend(cache, budget=BUDGET)
        if isinstance(backend, NullBackend):
            return _absent(backend.where, folder_of(cache))
        if write:
            _try(backend)
    except (BackendError, LockTimeout) as exc:
        raise Problem(str(exc) or "The store cannot be used: somebody holds its lock.") from exc
    return f"{backend.where} {'can be used' if write else 'was not tried in check mode'}; {_holds(backend, server)}"


def _absent(where: str, folder: str) -> str:
    """Return that a directory does not exist, and can be made.

    :raises Problem: it cannot.
    """
    parent = os.path.dirname(folder)
    while not os.path.lexists(parent):
        parent = os.path.dirname(parent)
    if not (os.path.isdir(parent) and os.access(parent, os.W_OK | os.X_OK)):
        raise Problem(f"{where} does not exist, and cannot be made in {parent}. Name another directory in cache.")
    return f"{where} does not exist yet; the first token makes it"


def _try(backend: Backend) -> None:
    """Do what a task does with a store: agree on the salt, hold a lock, write an entry, read it, remove it.

    :raises BackendError: one of them failed.
    :raises LockTimeout: another process holds the lock.
    """
    name = secrets.token_hex(32)
    agreed_salt(backend)
    with backend.lock(name, timeout=1):
        try:
            backend.write(name, _CONTENT, keep_until=time.time() + _KEPT)
            if backend.read(name) != _CONTENT:
                raise BackendError(f"{backend.where} does not give back what was written.")
        finally:
            backend.remove(name)


def _holds(backend: Backend, server: str) -> str:
    try:
        headers = [header for _name, entry in backend.entries() if (header := read_header(entry))]
    except BackendError:  # tasks do not need the list
        return "what it holds cannot be listed"
    of_this = sum(header.get("server") == server for header in headers)
    return f"it holds {len(headers)} {'entry' if len(headers) == 1 else 'entries'}, {of_this} of this server"
