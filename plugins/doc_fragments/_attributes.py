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
      - Everything that it could show is a secret.
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
    description: Internal, not for playbooks. The action plugin sets it to read the result of the module.
    type: str
attributes:
  action:
    description: Has an action plugin that runs on the controller.
    support: partial
    details:
      - The action plugin does all of the work on the controller, whatever the connection is. If the task is delegated to a host whose connection does
        not end on the controller, the action plugin runs the module on that host.
notes:
  - The controller sends the request, whatever the task's connection is. If the task is delegated (C(delegate_to)) to a host whose connection does not
    end on the controller, that host sends the request. It needs Python and C(requests), and gets the options of the task.
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
      - The action plugin does all of the work on the controller, whatever the host is.
"""

    TOKEN = r"""
options: {}
notes:
  - The token of a delegated host is kept separately. It serves tasks that are delegated to the same host in this run, and is not kept for later runs.
  - If an option is not set in the task or by a variable, its value comes from the environment of the controller or from the task's C(environment). An
    empty environment variable counts as not set.
  - The result is kept out of the log without C(no_log). The registered variable is complete. A failure stays readable, and contains no secret.
  - Getting a token reports C(changed=false). The task also gets a token in check mode, because later tasks need it.
"""
