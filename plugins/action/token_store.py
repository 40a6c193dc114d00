# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._options import TOKEN_STORE
from ansible_collections.forti.oauth.plugins.plugin_utils._store import NoStore, Store
from ansible_collections.forti.oauth.plugins.plugin_utils._store_action import Entries, StoreActionBase


class ActionModule(StoreActionBase):
    spec = TOKEN_STORE

    def _perform(self, store: Store | NoStore, entries: Entries, options: Mapping[str, Any]) -> dict[str, Any]:
        names = [name for name, about in entries if options["server"] in (None, about.get("server"))]
        for name in names if not self._task.check_mode else ():
            store.remove(name)
        return {"changed": bool(names), "count": len(names), "where": store.where}
