# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""A lookup's miss: its options, the token, and the answer for the next lookup with the same question."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible import constants as C
from ansible_collections.forti.oauth.plugins.module_utils._argspec import NOT_SET, Spec
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._options import unknown_option, validated
from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASKED_BY_CORE
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._facts import problem_with
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider, notify, warn
from ansible_collections.forti.oauth.plugins.plugin_utils._variables import taken_from_variables, with_variables

if TYPE_CHECKING:
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache.lookup_answers import LookupAnswers

# A lookup gets a token or fails: it revokes none, and has no second task to answer a challenge in.
_TASK_ONLY = frozenset({"state", "access_token", "on_challenge"})
_RETURN_AS = {"return_as": {"type": "str", "default": "access_token", "choices": ["access_token", "authorization", "dict"]}}
_INI = frozenset({"server", "client_id", "cache", "ca_path", "validate_certs", "timeout", "retries"})  # options that ansible.cfg may hold
_LONGEST = 86400  # seconds for which an answer is stored if its token never expires


def get_token(lookup: Any, answers: LookupAnswers | None, terms: list[Any], variables: Mapping[str, Any], kwargs: Mapping[str, Any], *, asked_at: float) -> Any:
    """Return the token of a TokenLookup, as C(return_as) says, and store it in C(answers).

    :arg asked_at: when the lookup began, in epoch seconds. It may have waited for another one since.
    :raises FortiError: there is none.
    """
    if terms:
        raise OptionError("This lookup takes no terms, only options by name, such as server='fac.example.com'.")
    given = dict(kwargs)
    return_as = validated(_RETURN_AS, {"return_as": given.pop("return_as", None)})["return_as"]
    service = lookup.service().from_options(_options(lookup, given, variables), explicit=given, warn=warn, notify=notify)
    # A lookup does not know its task, so each lookup with force gets a new token of its own.
    provider = TokenProvider(service, request_id=str(uuid.uuid4()), asked_at=asked_at)
    entry = provider.get()
    answer = _answer(entry.as_result(), return_as)
    # A certificate may change in its place, which the question does not tell.
    if answers and not service.options["force"] and service.options["client_cert"] is None:
        _store(answers, answer, entry, service.options, generation=provider.generation)
    return answer


def definitions_of(lookup: Any) -> dict[str, dict[str, Any]]:
    """Return what core reads of a lookup's options: those of the call, the environment and ansible.cfg.

    Types and defaults are left to the spec, so that modules and lookups judge values alike.
    """
    definitions: dict[str, dict[str, Any]] = {}
    for name, option in _spec(lookup).items():
        definitions[name] = {"type": "raw", "aliases": list(option.get("aliases", ()))}
        if "fallback" in option:
            in_environment = option["fallback"][1][0]
            # An empty variable is not set: AWX injects every field of a credential, filled in or not. Core would take it for a value.
            definitions[name]["env"] = [{"name": in_environment}] if os.environ.get(in_environment) else []
        if name in _INI:
            definitions[name]["ini"] = [{"section": "forti_oauth" if name == "cache" else lookup.prefix.rstrip("_"), "key": name}]
    return definitions


def problem_with_facts(lookup: Any, variables: Mapping[str, Any], kwargs: Mapping[str, Any]) -> str | None:
    """Return the message for a variable that this lookup would take an option from and that comes from the facts of a host; None if there is none."""
    return problem_with(taken_from_variables(_spec(lookup), kwargs).values(), variables)


def _spec(lookup: Any) -> Spec:
    return {name: option for name, option in lookup.service().spec.items() if name not in _TASK_ONLY}


def _options(lookup: Any, given: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as core's precedence has them: those of the call, then variables, environment, ansible.cfg."""
    definitions = definitions_of(type(lookup))
    for name in _TASK_ONLY.intersection(given):
        raise OptionError(f"Unknown option {name}. Only the module has it: a lookup gets a token or fails.")
    known = {name for option in definitions for name in (option, *definitions[option]["aliases"])}
    if not known.issuperset(given):
        raise unknown_option(set(given) - known, known | set(_RETURN_AS))
    if hasattr(C.config, "initialize_plugin_configuration_definitions"):
        C.config.initialize_plugin_configuration_definitions("lookup", type(lookup).__module__, definitions)
    named = with_variables(_spec(lookup), given, known=variables, template=lookup._templar.template)
    lookup.set_options(direct={name: value for name, value in named.items() if value not in NOT_SET})
    return {name: lookup.get_option(name) for name in definitions}


def _answer(result: dict[str, Any], return_as: str) -> Any:
    if return_as == "dict":
        return {name: value for name, value in result.items() if name != "changed"}
    return result[return_as]


def _store(answers: LookupAnswers, answer: Any, entry: Entry, options: Mapping[str, Any], *, generation: bytes) -> None:
    left = entry.token.expires_in()
    good_for: float = _LONGEST if left is None else left - max(1, options["min_validity"])
    if options.get("verify") == "always":
        good_for = min(good_for, entry.verified_for())
    if isinstance(answer, dict):
        answer = {**answer, "source": "cache"}  # as the next lookup gets it
    answers.put(answer, generation=generation, secrets=entry.token.secrets() if MASKED_BY_CORE else [], good_for=good_for)
