# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._argspec import ROLE_TOKEN
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._resource_map import companies_of
from ansible_collections.forti.oauth.plugins.plugin_utils._role_action_base import RoleActionBase
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import Result

_NOT_FACTS = frozenset({"changed", "failed", "msg"})
_OF_REVOKE = ("state", "access_token")
_NOTHING_ASKED = (
    "Neither token_fac_options nor token_forticwp_options is defined, so the role has no token to get. Define the one for your service, "
    "token_fac_options for a FortiAuthenticator or FortiCloud, token_forticwp_options for FortiCWP, FortiCNP or FortiCASB. An empty dictionary ({}) "
    "is enough if variables such as fac_oauth_server, or environment variables such as FAC_SERVER, hold the options."
)


class ActionModule(RoleActionBase):
    """All tokens that the role is asked for, in one task, because each task of a role costs time on each host."""

    def _answer(self, _service: type[TokenService], _given: Mapping[str, Any]) -> Result:
        asked = self._held(ROLE_TOKEN)
        fac, forticwp = asked["token_fac_options"], asked["token_forticwp_options"]
        if fac is None and forticwp is None:
            raise OptionError(_NOTHING_ASKED)
        _refuse_revoke(token_fac_options=fac, token_forticwp_options=forticwp)
        self._check({FortiCwp: forticwp, FortiAuthenticator: fac})
        result: Result = {"changed": False, "token_forticwp": {}, "token_fac": {}}
        if forticwp is not None:
            result["token_forticwp"] = _fact(self._forticwp(forticwp, asked))
        if fac is not None:
            result["token_fac"] = _fact(super()._answer(FortiAuthenticator, fac))
        return result

    def _forticwp(self, options: Mapping[str, Any], asked: Mapping[str, Any]) -> Result:
        token, company = super()._answer(FortiCwp, options), asked["token_forticwp_company"]
        if company is None and not asked["token_forticwp_resource_map"]:
            return token
        of_map = {**options, "access_token": token["access_token"], "server": token["server"], "company": company}
        return {**token, **super()._answer(ResourceMap, of_map)}

    def _perform(self, service: TokenService) -> Result:
        if isinstance(service, ResourceMap):
            return companies_of(service, self._provider)
        provider = self._provider(service)
        entry = provider.get()
        if isinstance(service, FortiAuthenticator):
            provider.keep_client(entry.token)
        return entry.as_result()


def _refuse_revoke(**dictionaries: Mapping[str, Any] | None) -> None:
    """Check that no dictionary holds an option for ending a token.

    :raises OptionError: one does.
    """
    for name, options in dictionaries.items():
        wrong = [option for option in _OF_REVOKE if option in (options or ())]
        if wrong:
            raise OptionError(f"{name} must not hold {wrong[0]}: the role gets a token. To end it, use the role with tasks_from: revoke.")


def _fact(result: Mapping[str, Any]) -> Result:
    return {name: value for name, value in result.items() if name not in _NOT_FACTS}
