# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._forticwp_map import ResourceMap, chosen, companies
from ansible_collections.forti.oauth.plugins.module_utils._secrets import Unprinted, register
from ansible_collections.forti.oauth.plugins.plugin_utils._access import get_token, read_once, warn
from ansible_collections.forti.oauth.plugins.plugin_utils._action import TokenActionBase


class ActionModule(TokenActionBase):
    service = ResourceMap

    def _perform(self, options: Mapping[str, Any]) -> dict[str, Any]:
        token = options["access_token"] or self._login(options)
        register(token)
        result = read_once(self.service, Unprinted(options, access_token=token), self._work, asker=str(self._task._uuid))
        server = result["server"]
        known = companies(result["resource_map"], server=server, access_token=token, warn=warn)
        return {**result, "companies": known, **chosen(known, options["company"], server=server)}

    def _login(self, options: Mapping[str, Any]) -> str:
        to_log_in = Unprinted(options, state="present")
        got = get_token(FortiCwp, to_log_in, lambda known: self._work_of(FortiCwp, known), asker=str(self._task._uuid))
        token: str = got["access_token"]
        return token
