# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""A managed host never steers: a variable that its facts set is not an option."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible import constants as C
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError

_PREFIX = "ansible_"  # core takes it out of the names of facts
_OMIT = "omit"  # from ansible-core 2.19 on, a fact of this name takes the place of core's own, and so of every option with default(omit)


def refuse_facts(names: Iterable[str], variables: Mapping[str, Any]) -> None:
    """Check that none of these variables comes from the host's facts.

    :raises OptionError: one does.
    """
    problem = problem_with(names, variables)
    if problem:
        raise OptionError(problem)


def problem_with(names: Iterable[str], variables: Mapping[str, Any]) -> str | None:
    """Return the message for the first of these variables, or C(omit), that comes from the host's facts; None if none does.

    Any module's result may set facts, so they are the host's words. They win over the defaults of a role and over the inventory.
    """
    facts = variables.get("ansible_facts") or ()
    steered = next((name for name in [name for name in (*names, _OMIT) if name in facts] if is_fact(name, variables)), None)
    if steered is None:
        return None
    return (
        f"{steered} comes from the facts of {variables.get('inventory_hostname', 'the host')}, or from set_fact with cacheable. "
        "A host must not choose it. Set it in the inventory, in vars or in the task, or run with ANSIBLE_INJECT_FACT_VARS=False."
    )


def is_fact(name: str, variables: Mapping[str, Any]) -> bool:
    """Return whether the value of a variable is that of the fact of the same name.

    Core tells facts from other variables in C(ansible_facts) only, where it takes C(ansible_) out of their names. So a second fact can hide the first
    one there: whoever sends one hides something.
    """
    facts = variables.get("ansible_facts")
    if not isinstance(facts, Mapping) or name not in variables or name not in facts:
        return False
    hides_another = any(_PREFIX in other and other.replace(_PREFIX, "", 1) == name for other in variables)
    if C.DEFAULT_HASH_BEHAVIOUR == "merge" and isinstance(facts[name], Mapping):  # type: ignore[attr-defined]
        return True  # core mixes a dictionary of the host's into that of the user
    try:
        value, fact = _without_internal(variables[name]), _without_internal(facts[name])
        return hides_another or value == fact or repr(value) == repr(fact)  # a number that is none (NaN) is not equal to itself
    except RecursionError:  # no option is nested like this
        return True


def _without_internal(value: Any) -> Any:
    """Return a value without the keys that core takes out of a fact before it makes a variable of it."""
    if isinstance(value, Mapping):
        return {name: _without_internal(item) for name, item in value.items() if not str(name).startswith("_ansible")}
    if isinstance(value, (list, tuple)):
        return [_without_internal(item) for item in value]
    return value
