# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the store of the option C(cache) holds, and whether an entry can be kept there."""

from __future__ import annotations

import secrets
import time

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, BackendError, NullBackend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import existing_backend
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import read_header
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.steps import Problem, Skipped

_KEPT = 60  # seconds, if this process is killed before it removes what it wrote
_CONTENT = b"doctor" * 512  # as large as an entry


def look_into(cache: str, *, server: str) -> str:
    """Return how many entries a store holds, and how many of them are of this server. An entry is written and removed again.

    :raises Problem: the store cannot be used.
    :raises Skipped: nothing is kept between runs.
    """
    if cache in ("run", "none"):
        raise Skipped(f"nothing is kept for later runs, because cache is {cache}")
    try:
        backend = existing_backend(cache)
        if isinstance(backend, NullBackend):
            return f"{backend.where} does not exist yet; the first token makes it"
        headers = [read_header(entry) or {} for _name, entry in backend.entries()]
        _try(backend)
    except BackendError as exc:
        raise Problem(str(exc)) from exc
    of_this = sum(header.get("server") == server for header in headers)
    return f"{backend.where} can be used; it holds {len(headers)} {'entry' if len(headers) == 1 else 'entries'}, {of_this} of this server"


def _try(backend: Backend) -> None:
    """Write an entry, read it, remove it.

    :raises BackendError: one of them failed.
    """
    name = secrets.token_hex(32)
    try:
        backend.write(name, _CONTENT, keep_until=time.time() + _KEPT)
        if backend.read(name) != _CONTENT:
            raise BackendError(f"{backend.where} does not give back what was written.")
    finally:
        backend.remove(name)
