# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""What the lookups share: options from the call, from variables and from the environment; what they return."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._options import Spec, check_texts, environment_variables, secret_values, unknown_option
from ansible_collections.forti.oauth.plugins.module_utils._secrets import redact
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._access import Result, get_token, work_here
from ansible_collections.forti.oauth.plugins.plugin_utils._vault import decrypted

# A lookup gets a token and either returns it or fails: it ends none, and has no second task to answer in.
_TASKS_ONLY = frozenset({"state", "access_token", "on_challenge"})


class TokenLookupBase(LookupBase):
    """A lookup for a token service; the subclass names the service."""

    service: ClassVar[type[TokenService]]

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return the token in a list of one, as return_as says."""
        try:
            return [self._shown(self._token(terms, variables, decrypted(kwargs)))]
        except FortiError as exc:
            problem = str(exc)
        raise AnsibleLookupError(problem)

    def _token(self, terms: list[Any], variables: dict[str, Any] | None, kwargs: dict[str, Any]) -> Result:
        spec = self.service.spec
        if terms:
            raise OptionError("This lookup takes no terms, only options by name, such as server='fac.example.com'.")
        known = _names(spec) | {"return_as"}
        if not known.issuperset(kwargs):
            raise unknown_option(set(kwargs) - known, known)
        own = self._own_variables(variables or {})
        check_texts(spec, kwargs)
        self._read_options(own, kwargs)
        given = {name: self.get_option(name) for name in spec if name not in _TASKS_ONLY}
        options = self.service.prepare(given, explicit=kwargs)
        # A lookup does not know its task: each call with force is an asker of its own.
        return get_token(self.service, options, lambda known: work_here(self.service, known), asker=str(uuid.uuid4()))

    def _read_options(self, variables: dict[str, Any], kwargs: dict[str, Any]) -> None:
        problem = ""
        try:
            with _environment_filled_in(environment_variables(self.service.spec)):
                self.set_options(var_options=_filled_in(variables), direct=_filled_in(kwargs))
        except AnsibleError as exc:
            problem = redact(str(exc), secret_values(self.service.spec, kwargs))  # core quotes a value that does not fit
        if problem:
            raise OptionError(problem)

    def _own_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the variables that are options of this lookup, with their templates filled in: core would take the template for the value."""
        defined = C.config.get_configuration_definitions("lookup", self._load_name)
        names = {variable["name"] for option in defined.values() for variable in option.get("vars", ())}
        templar: Any = self._templar
        return decrypted({name: templar.template(variables[name]) for name in names if name in variables})

    def _shown(self, result: Result) -> Any:
        return_as: str = self.get_option("return_as")
        if return_as == "dict":
            return {name: value for name, value in result.items() if name != "changed"}
        return result[return_as]


def _names(spec: Spec) -> set[str]:
    return {name for option in spec if option not in _TASKS_ONLY for name in (option, *spec[option].get("aliases", ()))}


def _filled_in(options: dict[str, Any]) -> dict[str, Any]:
    """Return what is not empty: core would read an empty text for validate_certs as false."""
    return {name: value for name, value in options.items() if value is not None and value != ""}


@contextlib.contextmanager
def _environment_filled_in(names: set[str]) -> Iterator[None]:
    """Hide the variables that are set but empty: AWX sets every field."""
    empty = [name for name in names if os.environ.get(name) == ""]
    for name in empty:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(dict.fromkeys(empty, ""))
