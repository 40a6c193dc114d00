# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._argspec import TOKEN_STORE
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import Backend
from ansible_collections.forti.oauth.plugins.plugin_utils._store_action_base import Headers, StoreActionBase


class ActionModule(StoreActionBase):
    spec = TOKEN_STORE

    def _perform(self, backend: Backend, headers: Headers, options: Mapping[str, Any]) -> dict[str, Any]:
        names = [name for name, header in headers.items() if options["server"] in (None, header.get("server"))]
        for name in names if not self._task.check_mode else ():
            backend.remove(name)
        return {"changed": bool(names), "count": len(names), "where": backend.where}
