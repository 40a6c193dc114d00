# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup for tests: what the process that fills in this template has loaded, and what core knows of a lookup's options there."""

from __future__ import annotations

import sys
from typing import Any

from ansible import constants as C
from ansible.plugins.lookup import LookupBase

OURS = "ansible_collections.forti.oauth.plugins.lookup.fac_oauth_token"


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return the class of the loader of each module, under the module's name; with C(definitions), the number of those."""
        if terms == ["definitions"]:
            return [len(C.config.get_configuration_definitions("lookup", OURS))]
        return [{name: type(getattr(module, "__loader__", None)).__name__ for name, module in list(sys.modules.items())}]
