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
      - If the connection ends on the controller, the action plugin does all of the work. Otherwise it runs the module on the host.
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
  - Where the task's connection ends on the controller (C(connection=local), C(delegate_to=localhost), and network connections such as
    C(httpapi)), the work runs on the controller. On any other connection it runs on the host, which needs Python and C(requests) then.
  - Options that are not given come from the environment of the controller or from the task's C(environment). An empty variable is not set.
  - The result is kept out of the log without C(no_log). The registered variable is whole. A failure stays readable, and holds no secret.
  - Getting a token reports C(changed=false), and happens in check mode too, because later tasks need the token.
requirements:
  - python >= 3.9, where the work runs
  - requests, where the work runs
"""
