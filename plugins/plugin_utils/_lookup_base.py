# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What the lookups share: the hit. A miss is in C(_lookup_miss), which a hit does not import."""

from __future__ import annotations

import functools
import json
import multiprocessing
import os
import time
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.utils.display import Display

if TYPE_CHECKING:
    from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
    from ansible_collections.forti.oauth.plugins.plugin_utils._cache.lookup_answers import LookupAnswers

try:
    _lookup_answers: Any = import_module(f"{__package__}._cache.lookup_answers")
except ModuleNotFoundError:
    _lookup_answers = None

_display = Display()
_VERBOSITY = 2  # -vv tells what was decided
_CACHE = "forti_oauth_cache"  # the variable of the option cache, for both services
_OMIT = "omit"  # a fact of this name is refused, too


class TokenLookup:
    """What makes a LookupBase a lookup for tokens. The subclass names the service.

    It is not a LookupBase itself: making another class of that kind takes a tenth of a hit.
    """

    prefix: ClassVar[str]  # of variables
    environment: ClassVar[str]  # prefix of environment variables
    _templar: Any

    def __init_subclass__(cls) -> None:
        """Spare a worker the reading of the documentation, from which core makes the definitions of the options: it takes longer than a hit.

        A miss registers the definitions before it reads options. In the main process core may read the documentation, once, because
        C(ansible-config) shows it. A core without this interface reads it in each process.
        """
        register = getattr(C.config, "initialize_plugin_configuration_definitions", None)
        if register and multiprocessing.parent_process() is not None:
            register("lookup", cls.__module__, {})

    @classmethod
    def service(cls) -> type[TokenService]:
        """Return the token service, which is imported on a miss only."""
        raise NotImplementedError

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return a list of one: the token, as C(return_as) says. On a miss, one lookup of all with the same question asks the token provider."""
        self._check_facts(variables or {}, kwargs)
        answers = self._answers(terms, variables or {}, kwargs)
        answer = answers.get() if answers else None
        if answer is None:
            from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import single_flight

            ask = functools.partial(self._ask, answers, terms, variables or {}, kwargs, asked_at=time.time())
            answer = single_flight(answers.lock(), answers.get, ask) if answers else ask()
        elif _display.verbosity >= _VERBOSITY:
            _display.vv("forti.oauth: a lookup with the same options has its token in the temporary folder of this run")
        return [answer]

    def _check_facts(self, variables: Mapping[str, Any], kwargs: Mapping[str, Any]) -> None:
        """Check that no option would come from the facts of a host, before a kept answer is looked for.

        :raises AnsibleLookupError: one would.
        """
        problem = None
        if any(name.startswith((self.prefix, _CACHE, _OMIT)) for name in variables.get("ansible_facts") or ()):
            from ansible_collections.forti.oauth.plugins.plugin_utils._lookup_miss import problem_with_facts

            problem = problem_with_facts(self, variables, kwargs)
        if problem:
            raise AnsibleLookupError(problem)

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

    def _ask(self, answers: LookupAnswers | None, terms: list[Any], variables: Mapping[str, Any], kwargs: dict[str, Any], *, asked_at: float) -> Any:
        """Ask the token provider, and store the answer.

        :raises AnsibleLookupError: there is no token.
        """
        from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
        from ansible_collections.forti.oauth.plugins.plugin_utils._lookup_miss import get_token

        try:
            return get_token(self, answers, terms, variables, kwargs, asked_at=asked_at)
        except FortiError as exc:
            problem = str(exc)
        raise AnsibleLookupError(problem)


def _plain(value: Any) -> str:
    """Return a value that is encrypted in the playbook (C(!vault)) as plain text. Up to ansible-core 2.18 it is not a str."""
    if getattr(value, "__ENCRYPTED__", False):
        return str(value)
    raise TypeError
