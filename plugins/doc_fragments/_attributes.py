# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and tell what it would change, without changing it.
    support: full
  diff_mode:
    description: Shows what changed in diff mode.
    support: none
    details:
      - There is nothing to show that is not a secret.
  async:
    description: Supports being used with the C(async) keyword.
    support: none
"""

    FAC = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/forti.oauth.fac) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - forti.oauth.fac
"""

    FORTICWP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/forti.oauth.forticwp) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - forti.oauth.forticwp
"""

    DELEGATED = r"""
options:
  z_result_key:
    description: Internal. The action plugin sets it, to read the result of the module. Not for playbooks.
    type: str
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: partial
    details:
      - The action plugin does all of the work, whatever the connection is. Only if the task is delegated to a host whose connection does not
        end on the controller, it runs the module there.
notes:
  - The request goes out from the controller, whatever the task's connection is. Only a task that is delegated (C(delegate_to)) to a host whose
    connection does not end on the controller asks from there. That host needs Python and C(requests), and gets the options of the task.
requirements:
  - requests, on the controller or on the host that the task is delegated to
  - python >= 3.9, on the host that the task is delegated to
"""

    CONTROLLER = r"""
options: {}
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: full
    details:
      - All of the work is done on the controller, whatever the host is.
"""

    TOKEN = r"""
options: {}
notes:
  - The token of a delegated host is kept apart. It serves tasks that are delegated to the same host in this run, and is not kept for later ones.
  - Options that are not given come from the environment of the controller or from the task's C(environment). An empty variable is not set.
  - The result is kept out of the log without C(no_log). The registered variable is whole. A failure stays readable, and holds no secret.
  - Getting a token reports C(changed=false), and happens in check mode too, because later tasks need the token.
"""
