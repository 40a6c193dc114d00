# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._action_base import TokenActionBase
from ansible_collections.forti.oauth.plugins.plugin_utils._resource_map import companies_of


class ActionModule(TokenActionBase):
    service = ResourceMap

    def _perform(self, service: TokenService) -> dict[str, Any]:
        return companies_of(service, self._provider)
