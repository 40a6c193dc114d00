# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._argspec import TOKEN_STORE_INFO
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend
from ansible_collections.forti.oauth.plugins.plugin_utils._store_action_base import Headers, StoreActionBase, shown

_FOR_THIS_RUN = (
    "Nothing is kept between runs, because cache is not set. If other tasks name a store, name it here, too. "
    "Or set the variable forti_oauth_cache or the environment variable FORTI_OAUTH_CACHE for all of them."
)


class ActionModule(StoreActionBase):
    spec = TOKEN_STORE_INFO
    budget = 60

    def _perform(self, backend: Backend, headers: Headers, options: Mapping[str, Any]) -> dict[str, Any]:
        entries = [shown(header) for header in headers.values()]
        result = {"changed": False, "count": len(entries), "entries": entries, "where": backend.where}
        return {**result, "msg": _FOR_THIS_RUN} if options["cache"] == "run" else result
