# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the processes of a run tell each other of a backend, so that not each of them loses the same time: what is silent, and whose lock hangs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend, BackendError, BackendTimeout, IsHeld, LockTimeout

_GRACE = 1  # seconds for which a lock is waited for that hung before: whoever has freed it may be followed by others
_SILENCE = 30  # seconds for which a backend is not asked again that was silent


class Hangs(Exception):
    """Another process holds a lock for longer than the bound."""

    def __init__(self, waited: float) -> None:
        """:arg waited: seconds."""
        super().__init__()
        self.waited = waited


class Entries(Protocol):
    """The run's own encrypted cache."""

    def get(self, key: Mapping[str, str], kind: str, **of: str) -> dict[str, Any] | None:
        """Return an entry; None if there is none."""

    def put(self, content: dict[str, Any], key: Mapping[str, str], kind: str, *, keep_until: float | None, **of: str) -> bool:
        """Store an entry."""

    def delete(self, key: Mapping[str, str], kind: str, **of: str) -> None:
        """Remove an entry."""


def put_silence(run: Entries, problem: BackendTimeout) -> None:
    """Remember that a backend is silent."""
    run.put({"problem": str(problem)}, {"server": "", "address": problem.address}, "silent", keep_until=time.time() + _SILENCE)


def refuse_silent(run: Entries, address: str) -> None:
    """Check that no process of this run has found this backend silent a moment ago.

    :raises BackendError: one has.
    """
    known = run.get({"server": "", "address": address}, "silent")
    if known is not None:
        raise BackendError(known["problem"])


@contextlib.contextmanager
def waited_for(run: Entries, backend: Backend, name: str, key: Mapping[str, str], *, timeout: float) -> Iterator[IsHeld]:
    """Hold the lock of a backend. The run remembers one that hangs, and does not wait for it again.

    :raises Hangs: another process holds it for longer.
    """
    with contextlib.ExitStack() as stack:
        while True:
            hung = run.get(key, "hung", where=backend.where)
            try:
                is_held = stack.enter_context(backend.lock(name, timeout=min(timeout, _GRACE) if hung else timeout))
                break
            except LockTimeout:
                if hung and run.get(key, "hung", where=backend.where) is None:
                    continue  # it was freed meanwhile, so its holder is another one
                waited = hung["waited"] if hung else timeout
                run.put({"waited": waited}, key, "hung", keep_until=None, where=backend.where)
                raise Hangs(waited) from None
        if hung:
            run.delete(key, "hung", where=backend.where)
        yield is_held
