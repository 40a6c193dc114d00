# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What the lookups share: a hit. What it takes to get a token is in _lookup_token.py, which a hit does not import.

Core compiles what is imported of a collection anew in each process, and each template of each host has a process of its own. A plugin's
own file it takes from Python's cache of bytecode. The files of a hit come from there too: a plugin loads this one, and this one the others.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import TYPE_CHECKING, Any, ClassVar

from ansible import constants as C
from ansible.errors import AnsibleError

for _name in ("_sealing", "_hits"):
    _loader = SourceFileLoader(f"{__package__}.{_name}", os.path.join(os.path.dirname(__file__), f"{_name}.py"))
    if _loader.name not in sys.modules:
        sys.modules[_loader.name] = module_from_spec(spec_from_loader(_loader.name, _loader))  # type: ignore[arg-type]
        _loader.exec_module(sys.modules[_loader.name])

from ansible_collections.forti.oauth.plugins.plugin_utils._hits import Hit

if TYPE_CHECKING:
    from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

_CACHE = "forti_oauth_cache"  # the variable that both services share


class TokenLookup:
    """What makes a lookup one for tokens; the class itself names the service, and what its variables begin with.

    It is no LookupBase by itself: to make one more class of those is a tenth of a hit.
    """

    prefix: ClassVar[str]  # of variables
    environment: ClassVar[str]  # the prefix of environment variables
    _templar: Any  # core's

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
        asked = self._asked(terms, variables or {}, kwargs)
        hit = Hit(asked) if asked else None
        answer = hit.answer() if hit else None
        if answer is None:
            from ansible_collections.forti.oauth.plugins.plugin_utils._turn import in_turn

            answer = in_turn(hit, lambda: self._worked_out(terms, variables or {}, kwargs, hit))
        return [answer]

    def _worked_out(self, terms: list[Any], variables: Mapping[str, Any], kwargs: Mapping[str, Any], hit: Hit | None) -> Any:
        from ansible_collections.forti.oauth.plugins.plugin_utils._lookup_token import looked_up

        return looked_up(self, terms, variables, kwargs, hit)

    def _asked(self, terms: list[Any], variables: Mapping[str, Any], kwargs: dict[str, Any]) -> str | None:
        """Return all that options come from, as one text; None where that cannot be told."""
        try:
            own = {name: self._templar.template(variables[name]) for name in variables if name.startswith((self.prefix, _CACHE))}
            environment = {name: os.environ[name] for name in os.environ if name.startswith((self.environment, _CACHE.upper()))}
            return json.dumps([self.prefix, terms, kwargs, own, environment], sort_keys=True, default=_plain)
        except (AnsibleError, TypeError, ValueError):
            return None


def _plain(value: Any) -> str:
    """Return what stands encrypted in a playbook as plain text; up to ansible-core 2.18 it is no string by itself."""
    if getattr(value, "__ENCRYPTED__", False):
        return str(value)
    raise TypeError
