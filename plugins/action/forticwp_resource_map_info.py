# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap, chosen, companies
from ansible_collections.forti.oauth.plugins.module_utils._redaction import register
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._action_base import TokenActionBase
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import warn_once


class ActionModule(TokenActionBase):
    service = ResourceMap

    def _perform(self, service: TokenService) -> dict[str, Any]:
        token = service.options["access_token"] or self._login(service)
        register(token)
        result = self._provider(service.with_options(access_token=token)).read()
        known = companies(result["resource_map"], server=result["server"], access_token=token, warn=warn_once)
        return {**result, "companies": known, **chosen(known, service.options["company"], server=result["server"])}

    def _login(self, service: TokenService) -> str:
        return self._provider(service.of(FortiCwp, state="present")).get().token.access_token
