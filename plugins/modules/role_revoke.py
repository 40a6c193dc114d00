#!/usr/bin/python
# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_revoke
version_added: 2.0.0
short_description: The work of the role token's revoke, not for playbooks
description:
  - Revokes and forgets the tokens in the facts of the role P(forti.oauth.token#role), in one task.
  - It is B(private) to the role and can change at any time. In playbooks, use the role, M(forti.oauth.fac_oauth_token) or
    M(forti.oauth.forticwp_token).
author:
  - The forti.oauth authors (@forti-oauth)
requirements:
  - requests, on the controller or on the host that the task is delegated to
extends_documentation_fragment:
  - forti.oauth._attributes
  - forti.oauth._attributes.controller
seealso:
  - module: forti.oauth.fac_oauth_token
  - module: forti.oauth.forticwp_token
"""

EXAMPLES = r"""
- name: Revoke the token in the fact, with the role
  ansible.builtin.import_role:
    name: forti.oauth.token
    tasks_from: revoke
  vars:
    token_fac_options: {}
"""

RETURN = r"""
ended:
  description: The facts that the role now empties. None in check mode.
  returned: success
  type: list
  elements: str
  sample: [token_fac]
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    module.fail_json(msg="This module works only through its action plugin, on the controller. Call it by its full name, forti.oauth.role_revoke.")


if __name__ == "__main__":
    main()
