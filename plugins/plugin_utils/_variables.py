# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Options that come from variables, such as C(fac_oauth_server), for modules, lookups and the role alike."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible_collections.forti.oauth.plugins.module_utils._argspec import NOT_SET, Spec, variables
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError, quotable
from ansible_collections.forti.oauth.plugins.module_utils._options import decrypted
from ansible_collections.forti.oauth.plugins.plugin_utils._facts import refuse_facts

_TEMPLATE_ERROR = "its template has an error"
# Of ansible-core 2.19 and newer. Before, C(omit) is a text that stands in the variables and begins like this.
_OMITTED, _OMITTED_ERROR = "OmitType", "AnsibleValueOmittedError"
_PLACEHOLDER = "__omit_place_holder__"


def taken_from_variables(spec: Spec, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the options that the call does not give, each with the name of its variable."""
    return {name: from_variable for name, from_variable in variables(spec).items() if given.get(name) in NOT_SET}


def with_variables(spec: Spec, given: Mapping[str, Any], *, known: Mapping[str, Any], template: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the options of the call, and those that variables hold in place of the ones that it does not give.

    :arg known: the variables of the task or template.
    :arg template: fills in a template.
    :raises OptionError: a variable comes from the host's facts, or cannot be evaluated.
    """
    taken = taken_from_variables(spec, given)
    refuse_facts(taken.values(), known)
    held = decrypted({name: _filled_in(from_variable, known, template) for name, from_variable in taken.items() if from_variable in known})
    return {**given, **{name: value for name, value in held.items() if value not in NOT_SET}}


def variables_called(names: Iterable[str], *, known: Mapping[str, Any], template: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the variables of these names that are defined, filled in. These are the role's.

    :raises OptionError: one cannot be evaluated.
    """
    held = decrypted({name: _filled_in(name, known, template) for name in names if name in known})
    return {name: _without_omitted(value) if isinstance(value, Mapping) else value for name, value in held.items()}


def _without_omitted(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dictionary without the values that are C(omit). From ansible-core 2.19 on, core has left them out."""
    return {name: value for name, value in options.items() if not _is_omitted(value)}


def _is_omitted(value: Any) -> bool:
    """Return whether a value is C(omit). The variable of that name says nothing: a host's fact may have taken its place."""
    return type(value).__name__ == _OMITTED or (isinstance(value, str) and value.startswith(_PLACEHOLDER))


def secrets_in_variables(spec: Spec, *, known: Mapping[str, Any], template: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the secret options that variables hold, and the store's URL, as far as they can be filled in. No output may show them."""
    found = {}
    for name, from_variable in variables(spec).items():
        if from_variable in known and (spec[name].get("no_log") or name == "cache"):
            with contextlib.suppress(OptionError):
                found[name] = _filled_in(from_variable, known, template)
    return found


def _filled_in(name: str, known: Mapping[str, Any], template: Callable[[Any], Any]) -> Any:
    """Return the value of a variable; None if it is C(omit).

    Core's own error would be shown with the item of a loop, and its secrets.
    """
    try:
        value = template(known[name])
    except AnsibleError as exc:
        if type(exc).__name__ == _OMITTED_ERROR:
            return None
        problem = quotable(str(exc), ()) if isinstance(exc, AnsibleUndefinedVariable) else _TEMPLATE_ERROR
    except Exception:  # pylint: disable=broad-except  # up to ansible-core 2.18, what a filter raises; it may quote the secret
        problem = _TEMPLATE_ERROR
    else:
        return None if _is_omitted(value) else value
    raise OptionError(f"The variable {name} cannot be evaluated: {problem}.")
