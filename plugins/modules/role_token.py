#!/usr/bin/python
# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_token
version_added: 2.0.0
short_description: The work of the role token, not for playbooks
description:
  - Gets the tokens that the variables of the role P(forti.oauth.token#role) ask for, in one task.
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
- name: Get a token as a fact, with the role
  ansible.builtin.import_role:
    name: forti.oauth.token
  vars:
    token_fac_options: {}
"""

RETURN = r"""
token_fac:
  description: What M(forti.oauth.fac_oauth_token) returns. Empty if it was not asked for.
  returned: success
  type: dict
  sample: {authorization: Bearer shrWNdu1xJRUgpcUi2bhYRX1Sl8pXe, expires_in: 36000, server: "https://fac.example.com"}
token_forticwp:
  description: What M(forti.oauth.forticwp_token) returns, and M(forti.oauth.forticwp_resource_map_info) if it was asked for. Empty if not.
  returned: success
  type: dict
  sample: {}
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    module.fail_json(msg="This module works only through its action plugin, on the controller. Call it by its full name, forti.oauth.role_token.")


if __name__ == "__main__":
    main()
