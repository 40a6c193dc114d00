# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""One request for all who ask for the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.plugin_utils._kept import Asked, Kept
from ansible_collections.forti.oauth.plugins.plugin_utils._shelf import Shelf

Result = dict[str, Any]


def once_for_all(asked: Asked, kind: str, work: Callable[[], Result], *, shelf: Shelf) -> Result:
    """Return the result of the work: what is kept, or a new one, which is kept for the others.

    :arg kind: what it is.
    :raises FortiError: it failed. Those who waited for it, and of a refusal those who come soon after, fail with the same.
    """
    with shelf.locked(asked.identity, patience=asked.patience):
        content = shelf.read(asked.identity, kind)
        if content is not None and asked.is_met_by(at=content["at"], forced_by=content["forced_by"]):
            known: Result = content["result"]
            return known
        return _new(asked, kind, work, shelf)


def _new(asked: Asked, kind: str, work: Callable[[], Result], shelf: Shelf) -> Result:
    kept = Kept(shelf)
    failure = kept.failure(asked)
    if failure is not None:
        raise failure
    try:
        result = work()
    except FortiError as exc:
        kept.fail(exc, asked)
        raise
    shelf.keep({"result": result, "at": time.time(), "forced_by": asked.forced_by}, asked.identity, kind, keep_until=None)
    return result
