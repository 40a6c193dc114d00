# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the lookups share. A hit takes only this file and C(_cache/lookup_answers); everything else is imported on a miss."""

from __future__ import annotations

import functools
import json
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible_collections.forti.oauth.plugins.plugin_utils._bytecode import load

if TYPE_CHECKING:
    from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
    from ansible_collections.forti.oauth.plugins.module_utils._token import Token
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache.lookup_answers import LookupAnswers

try:
    _lookup_answers: Any = load("_cache.lookup_answers")
except FileNotFoundError:
    _lookup_answers = None

_CACHE = "forti_oauth_cache"  # the variable of the option cache, for both services
# A lookup gets a token or fails: it revokes none, and has no second task to answer a challenge in.
_TASK_ONLY = frozenset({"state", "access_token", "on_challenge"})
_RETURN_AS = {"return_as": {"type": "str", "default": "access_token", "choices": ["access_token", "authorization", "dict"]}}
_INI = frozenset({"server", "client_id", "cache", "ca_path", "validate_certs", "timeout", "retries"})  # options that ansible.cfg may hold
_LONGEST = 86400  # seconds for which an answer is stored if its token never expires


class TokenLookup:
    """What makes a LookupBase a lookup for tokens. The subclass names the service.

    It is not a LookupBase itself: making another class of that kind takes a tenth of a hit.
    """

    prefix: ClassVar[str]  # of variables
    environment: ClassVar[str]  # prefix of environment variables
    _templar: Any
    set_options: Any
    get_option: Any

    def __init_subclass__(cls) -> None:
        """Spare a worker the reading of the documentation, from which core makes the definitions of the options: it takes longer than a hit.

        In the main process core may read it, once, because C(ansible-config) shows it.
        """
        if multiprocessing.parent_process() is not None:
            definitions = _Definitions()
            _register(cls, definitions)
            definitions.lookup = cls

    @classmethod
    def service(cls) -> type[TokenService]:
        """Return the token service, which is imported on a miss only."""
        raise NotImplementedError

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return a list of one: the token, as C(return_as) says."""
        answers = self._answers(terms, variables or {}, kwargs)
        answer = answers.get() if answers else None
        return [self._on_miss(answers, terms, variables or {}, kwargs) if answer is None else answer]

    def _answers(self, terms: list[Any], variables: Mapping[str, Any], kwargs: dict[str, Any]) -> LookupAnswers | None:
        """Return the answers to this question; None if it cannot be put in words, or there is no fast path."""
        if _lookup_answers is None:
            return None
        try:
            own = {name: self._templar.template(variables[name]) for name in variables if name.startswith((self.prefix, _CACHE))}
            environment = {name: os.environ[name] for name in os.environ if name.startswith((self.environment, _CACHE.upper()))}
            question = json.dumps([self.prefix, terms, kwargs, own, environment], sort_keys=True, default=_plain)
        except (AnsibleError, TypeError, ValueError):
            return None
        answers: LookupAnswers = _lookup_answers.LookupAnswers(question)
        return answers

    def _on_miss(self, answers: LookupAnswers | None, terms: list[Any], variables: Mapping[str, Any], kwargs: dict[str, Any]) -> Any:
        """Let one lookup of all with the same question ask the token provider, while the others wait for its answer.

        :raises AnsibleLookupError: there is no token.
        """
        from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
        from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import single_flight

        get_token = functools.partial(self._get_token, answers, terms, variables, kwargs)
        try:
            return single_flight(answers.lock(), answers.get, get_token) if answers else get_token()
        except FortiError as exc:
            problem = str(exc)
        raise AnsibleLookupError(problem)

    def _get_token(self, answers: LookupAnswers | None, terms: list[Any], variables: Mapping[str, Any], kwargs: dict[str, Any]) -> Any:
        """Get the token from the token provider, and store the answer for the next lookup with the same question."""
        import uuid

        from ansible_collections.forti.oauth.plugins.module_utils._argspec import validated
        from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
        from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider, notify, warn

        if terms:
            raise OptionError("This lookup takes no terms, only options by name, such as server='fac.example.com'.")
        given = dict(kwargs)
        return_as = validated(_RETURN_AS, {"return_as": given.pop("return_as", None)})["return_as"]
        service = self.service().from_options(self._read_options(given, variables), explicit=given, warn=warn, notify=notify)
        # A lookup does not know its task, so each lookup with force gets a new token of its own.
        provider = TokenProvider(service, request_id=str(uuid.uuid4()))
        entry = provider.get()
        answer = _answer(entry.as_result(), return_as)
        if answers and not service.options["force"]:
            _store(answers, answer, entry.token, min_validity=service.options["min_validity"], generation=provider.generation)
        return answer

    def _read_options(self, given: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options as core's precedence has them: those of the call, then variables, environment, ansible.cfg."""
        from ansible_collections.forti.oauth.plugins.module_utils._argspec import decrypted, unknown_option

        definitions = definitions_of(type(self))
        _register(type(self), definitions)
        known = {name for option in definitions for name in (option, *definitions[option].get("aliases", ()))}
        if not known.issuperset(given):
            raise unknown_option(set(given) - known, known | set(_RETURN_AS))
        names = {source["name"] for definition in definitions.values() for source in definition.get("vars", ())}
        own = decrypted({name: self._templar.template(variables[name]) for name in names if name in variables})
        # An empty text is not set. Core would take it for a value.
        self.set_options(
            var_options={name: value for name, value in own.items() if value not in (None, "")},
            direct={name: value for name, value in given.items() if value not in (None, "")},
        )
        return {name: self.get_option(name) for name in definitions}


class _Definitions(Mapping[str, dict[str, Any]]):
    """The definitions of a lookup's options for core, made from the spec when core reads them. A hit does not need them."""

    lookup: type[TokenLookup] | None = None  # set after the registration, because ansible-core 2.22 reads all definitions while it registers them

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self._made()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made())

    def __len__(self) -> int:
        return len(self._made())

    def _made(self) -> dict[str, dict[str, Any]]:
        return definitions_of(self.lookup) if self.lookup else {}


def definitions_of(lookup: type[TokenLookup]) -> dict[str, dict[str, Any]]:
    """Return the definitions of a lookup's options. Types and defaults are left to the spec, so that modules and lookups judge values alike."""
    definitions: dict[str, dict[str, Any]] = {}
    for name, option in lookup.service().spec.items():
        if name in _TASK_ONLY:
            continue
        definitions[name] = {"type": "raw", "aliases": list(option.get("aliases", ()))}
        if "fallback" in option:
            variable = option["fallback"][1][0]
            definitions[name]["vars"] = [{"name": _CACHE if name == "cache" else lookup.prefix + name}]
            # An empty variable is not set: AWX injects every field of a credential, filled in or not. Core would take it for a value.
            definitions[name]["env"] = [{"name": variable}] if os.environ.get(variable) else []
        if name in _INI:
            definitions[name]["ini"] = [{"section": "forti_oauth" if name == "cache" else lookup.prefix.rstrip("_"), "key": name}]
    return definitions


def _register(lookup: type[TokenLookup], definitions: Mapping[str, Any]) -> None:
    """Tell core the definitions of a lookup's options. A core without this interface makes them from the documentation, more slowly."""
    register = getattr(C.config, "initialize_plugin_configuration_definitions", None)
    if register:
        register("lookup", lookup.__module__, definitions)


def _answer(result: dict[str, Any], return_as: str) -> Any:
    if return_as == "dict":
        return {name: value for name, value in result.items() if name != "changed"}
    return result[return_as]


def _store(answers: LookupAnswers, answer: Any, token: Token, *, min_validity: int, generation: bytes) -> None:
    from ansible_collections.forti.oauth.plugins.module_utils._redaction import MASKED_BY_CORE

    left = token.expires_in()
    good_for = _LONGEST if left is None else left - max(1, min_validity)
    if isinstance(answer, dict):
        answer = {**answer, "source": "cache"}  # as the next lookup gets it
    answers.put(answer, generation=generation, secrets=token.secrets() if MASKED_BY_CORE else [], good_for=good_for)


def _plain(value: Any) -> str:
    """Return a value that is encrypted in the playbook (C(!vault)) as plain text. Up to ansible-core 2.18 it is not a str."""
    if getattr(value, "__ENCRYPTED__", False):
        return str(value)
    raise TypeError
