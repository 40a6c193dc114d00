# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""One works out an answer, while all others who ask the same wait for it instead of doing the same work beside it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.forti.oauth.plugins.plugin_utils._hits import Hit


def in_turn(hit: Hit | None, work: Callable[[], Any]) -> Any:
    """Return the answer that somebody else has worked out in the meantime, else that of the work.

    :arg hit: the question; None where it cannot be told whether others ask the same.
    """
    if hit is None or hit.lock is None:
        return work()
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # it spares work and secures nothing: without it, everybody works
            stack.enter_context(_lock(hit.lock))
        answer = hit.anew().answer()
        return work() if answer is None else answer


@contextlib.contextmanager
def _lock(path: str) -> Iterator[None]:
    """Hold a lock alone where it is free. Who finds it held waits, and then goes on together with all who waited."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)
