# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Options that come from variables, such as C(fac_oauth_server), for modules, lookups and the role alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._argspec import NOT_SET, Spec, variables
from ansible_collections.forti.oauth.plugins.module_utils._options import decrypted
from ansible_collections.forti.oauth.plugins.plugin_utils._facts import refuse_facts


def taken_from_variables(spec: Spec, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the options that the call does not give, each with the name of its variable."""
    return {name: from_variable for name, from_variable in variables(spec).items() if given.get(name) in NOT_SET}


def with_variables(spec: Spec, given: Mapping[str, Any], *, known: Mapping[str, Any], template: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the options of the call, and those that variables hold in place of the ones that it does not give.

    :arg known: the variables of the task or template.
    :arg template: fills in a template.
    :raises OptionError: a variable comes from the host's facts.
    """
    taken = taken_from_variables(spec, given)
    refuse_facts(taken.values(), known)
    held = decrypted({name: template(known[from_variable]) for name, from_variable in taken.items() if from_variable in known})
    return {**given, **{name: value for name, value in held.items() if value not in NOT_SET}}
