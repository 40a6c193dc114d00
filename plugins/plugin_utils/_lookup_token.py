# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""A lookup that is no hit: options from the call, from variables and from the environment; what it returns."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleLookupError
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._options import Spec, unknown_option, validated
from ansible_collections.forti.oauth.plugins.module_utils._secrets import MASKED_BY_CORE
from ansible_collections.forti.oauth.plugins.plugin_utils._access import Result, get_token, kept_token, work_here
from ansible_collections.forti.oauth.plugins.plugin_utils._vault import decrypted

if TYPE_CHECKING:
    from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
    from ansible_collections.forti.oauth.plugins.plugin_utils._hits import Hit
    from ansible_collections.forti.oauth.plugins.plugin_utils._lookup import TokenLookup

# A lookup gets a token and either returns it or fails: it ends none, and has no second task to answer in.
_TASKS_ONLY = frozenset({"state", "access_token", "on_challenge"})
_RETURN_AS: Spec = {"return_as": {"type": "str", "default": "access_token", "choices": ["access_token", "authorization", "dict"]}}
_LONGEST = 86400  # seconds for which a token that never expires is taken without another look


def looked_up(lookup: TokenLookup, terms: list[Any], variables: Mapping[str, Any], kwargs: Mapping[str, Any], hit: Hit | None) -> Any:
    """Return the token as return_as says. It is a hit for the next to ask.

    :raises AnsibleLookupError: there is none.
    """
    try:
        service = lookup.service()
        if terms:
            raise OptionError("This lookup takes no terms, only options by name, such as server='fac.example.com'.")
        given = decrypted(kwargs)
        return_as = validated(_RETURN_AS, {"return_as": given.pop("return_as", None)})["return_as"]
        options = service.prepare(_with_variables(lookup, given, variables), explicit=given)
        # A lookup does not know its task: each call with force is an asker of its own.
        result = get_token(service, options, lambda known: work_here(service, known), asker=str(uuid.uuid4()))
        if hit is not None and not options["force"]:
            _keep(hit.anew(), service, options, return_as)
        return _shown(result, return_as)
    except FortiError as exc:
        problem = str(exc)
    raise AnsibleLookupError(problem)


def _with_variables(lookup: TokenLookup, given: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the call, and from variables those that it leaves open. The environment is behind them, as in the module."""
    spec = {name: option for name, option in lookup.service().spec.items() if name not in _TASKS_ONLY}
    known = {name for option in spec for name in (option, *spec[option].get("aliases", ()))}
    if not known.issuperset(given):
        raise unknown_option(set(given) - known, known | set(_RETURN_AS))
    names = {name: lookup.variable(name) for name, option in spec.items() if "fallback" in option}
    of_variables = decrypted({name: lookup._templar.template(variables[variable]) for name, variable in names.items() if variable in variables})
    return {**of_variables, **{name: value for name, value in given.items() if value not in (None, "")}}


def _shown(result: Result, return_as: str) -> Any:
    if return_as == "dict":
        return {name: value for name, value in result.items() if name != "changed"}
    return result[return_as]


def _keep(hit: Hit, service: type[TokenService], options: Mapping[str, Any], return_as: str) -> None:
    """Keep what the run's store answers now, for the next to ask the same."""
    result = kept_token(service, options)
    if result is None:
        return
    left = result["expires_in"]
    good_for = _LONGEST if left is None else left - max(1, options["min_validity"])
    secrets = [result[name] for name in ("access_token", "refresh_token", "id_token") if name in result]
    if good_for > 0:
        hit.keep(_shown(result, return_as), secrets=secrets if MASKED_BY_CORE else [], good_for=good_for)
