# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The variables of the role, for its two actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._argspec import ROLE_TOKEN, Spec
from ansible_collections.forti.oauth.plugins.module_utils._options import validated
from ansible_collections.forti.oauth.plugins.plugin_utils._facts import refuse_facts
from ansible_collections.forti.oauth.plugins.plugin_utils._variables import variables_called

ROLE_FACTS = ("token_fac", "token_forticwp")
ROLE_VARIABLES = (*ROLE_TOKEN, *ROLE_FACTS)


def role_variables(spec: Spec, known: Mapping[str, Any], template: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the role's variables of this spec, checked.

    Arguments of a task do not count: they could only come from C(module_defaults), which must not redirect the role's secrets.

    :arg known: the variables of the task.
    :arg template: fills in a template.
    :raises OptionError: one comes from the host's facts, cannot be evaluated or is of the wrong type.
    """
    refuse_facts(ROLE_VARIABLES, known)
    return validated(spec, variables_called(spec, known=known, template=template))
