# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._argspec import ROLE_REVOKE
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._action_base import TokenActionBase
from ansible_collections.forti.oauth.plugins.plugin_utils._role import ROLE_FACTS, role_variables
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import Result


class ActionModule(TokenActionBase):
    """All tokens in the role's facts are revoked and forgotten in one task."""

    service = FortiAuthenticator

    def _answer(self, _service: type[TokenService], _given: Mapping[str, Any]) -> Result:
        held = role_variables(ROLE_REVOKE, self._variables, self._templar.template)
        fac, of_forticwp = held["token_fac"] or {}, held["token_forticwp_options"]
        ended = [name for name in ROLE_FACTS if (held[name] or {}).get("access_token") is not None]
        changed = False
        if "token_fac" in ended:
            of_token = {"access_token": fac["access_token"], **({"server": fac["server"]} if "server" in fac else {})}
            changed = super()._answer(FortiAuthenticator, {**(held["token_fac_options"] or {}), **of_token, "state": "absent"})["changed"]
        if "token_forticwp" in ended and of_forticwp is not None:
            super()._answer(FortiCwp, {**of_forticwp, "state": "absent"})
        return {"changed": changed, "ended": [] if self._task.check_mode else ended}
