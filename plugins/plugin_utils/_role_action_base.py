# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the two actions of the role share: its variables in place of a task's options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._argspec import ROLE_FACTS, ROLE_TOKEN, Spec
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._options import validated
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._action_base import TokenActionBase
from ansible_collections.forti.oauth.plugins.plugin_utils._facts import refuse_facts
from ansible_collections.forti.oauth.plugins.plugin_utils._variables import variables_called

ROLE_VARIABLES = (*ROLE_TOKEN, *ROLE_FACTS)


class RoleActionBase(TokenActionBase):
    """An action of the role. Arguments of its task do not count: they could only come from C(module_defaults), which must not redirect the role's secrets."""

    service = FortiAuthenticator

    def _held(self, spec: Spec) -> dict[str, Any]:
        """Return the role's variables of this spec, checked.

        :raises OptionError: one comes from the host's facts, cannot be evaluated or is of the wrong type.
        """
        refuse_facts(ROLE_VARIABLES, self._variables)
        return validated(spec, variables_called(spec, known=self._variables, template=self._templar.template))

    def _from_options(self, service: type[TokenService], explicit: Collection[str]) -> TokenService:
        """Return a service with its options, checked.

        :raises OptionError: an option is invalid. The message names the dictionary.
        """
        try:
            return super()._from_options(service, explicit)
        except OptionError as exc:
            problem = f"token_{service.family}_options: {exc}"
        raise OptionError(problem)

    def _check(self, asked: Mapping[type[TokenService], Mapping[str, Any] | None]) -> None:
        """If several services are asked, check the options of all before the first one is.

        :raises OptionError: an option is invalid.
        """
        given = {service: options for service, options in asked.items() if options is not None}
        for service, options in given.items() if len(given) > 1 else ():
            self._asked(service, options)
