# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._argspec import ROLE_FACTS, ROLE_REVOKE
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._role_action_base import RoleActionBase
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import Result


class ActionModule(RoleActionBase):
    """All tokens in the role's facts are revoked and forgotten in one task."""

    def _answer(self, _service: type[TokenService], _given: Mapping[str, Any]) -> Result:
        held = self._held(ROLE_REVOKE)
        asked: dict[type[TokenService], Any] = {FortiAuthenticator: _of_fac(held), FortiCwp: _of_forticwp(held)}
        self._check(asked)
        changed = [super(ActionModule, self)._answer(service, options)["changed"] for service, options in asked.items() if options is not None]
        return {"changed": any(changed), "ended": [] if self._task.check_mode else [name for name in ROLE_FACTS if held[name]]}


def _of_fac(held: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the options that revoke the token in token_fac; None if there is none."""
    fact = held["token_fac"] or {}
    if fact.get("access_token") is None:
        return None
    return {**(held["token_fac_options"] or {}), **{name: fact[name] for name in ("access_token", "server") if name in fact}, "state": "absent"}


def _of_forticwp(held: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the options that forget the token in token_forticwp; None if there is none, or nobody knows with which options it was got."""
    fact, options = held["token_forticwp"] or {}, held["token_forticwp_options"]
    return None if fact.get("access_token") is None or options is None else {**options, "state": "absent"}
