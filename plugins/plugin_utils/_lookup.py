# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What the lookups share: a hit. What it takes to get a token is in _lookup_token.py, which a hit does not import."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.forti.oauth.plugins.plugin_utils._hits import Hit
from ansible_collections.forti.oauth.plugins.plugin_utils._vault import decrypted

if TYPE_CHECKING:
    from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

_CACHE = "forti_oauth_cache"  # the variable that both services share


class TokenLookupBase(LookupBase):
    """A lookup for a token service; the subclass names the service, and what its variables begin with."""

    prefix: ClassVar[str]  # of variables
    environment: ClassVar[str]  # the prefix of environment variables

    def __init_subclass__(cls) -> None:
        """Spare a worker the reading of the documentation, from which core would learn options that are read by their spec here."""
        if multiprocessing.parent_process() is not None:
            C.config.initialize_plugin_configuration_definitions("lookup", cls.__module__, {})

    @classmethod
    def service(cls) -> type[TokenService]:
        """Return the token service; imported as late as this."""
        raise NotImplementedError

    @classmethod
    def variable(cls, option: str) -> str:
        """Return the variable that an option comes from."""
        return _CACHE if option == "cache" else cls.prefix + option

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return the token in a list of one, as return_as says."""
        kwargs = decrypted(kwargs)
        asked = self._asked(terms, variables or {}, kwargs)
        hit = Hit(asked) if asked else None
        answer = hit.answer() if hit else None
        if answer is None:
            from ansible_collections.forti.oauth.plugins.plugin_utils._lookup_token import looked_up

            answer = looked_up(self, terms, variables or {}, kwargs, hit)
        return [answer]

    def _asked(self, terms: list[Any], variables: Mapping[str, Any], kwargs: dict[str, Any]) -> str | None:
        """Return all that options come from, as one text; None where that cannot be told."""
        templar: Any = self._templar
        try:
            own = decrypted({name: templar.template(variables[name]) for name in variables if name.startswith((self.prefix, _CACHE))})
            environment = {name: value for name, value in os.environ.items() if name.startswith((self.environment, _CACHE.upper()))}
            return json.dumps([self._load_name, terms, kwargs, own, environment], sort_keys=True)
        except (AnsibleError, TypeError, ValueError):
            return None
