#!/usr/bin/python
# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: token_store
version_added: 0.1.0
short_description: Empty a store of tokens
description:
  - Removes all entries from a store of tokens, or those of one server. The tokens themselves stay valid; to revoke a token, use
    M(forti.oauth.fac_oauth_token) with O(forti.oauth.fac_oauth_token#module:state=absent).
  - The module works on the controller, whatever the host is.
author:
  - The forti.oauth authors (@forti-oauth)
extends_documentation_fragment:
  - forti.oauth._attributes
  - forti.oauth._attributes.controller
  - forti.oauth._cache.store
options:
  cache:
    required: true
  server:
    description: Remove only the entries of this server.
    type: str
  state:
    description: V(absent) removes the entries.
    type: str
    default: absent
    choices: [absent]
seealso:
  - module: forti.oauth.token_store_info
"""

EXAMPLES = r"""
- name: Forget all tokens
  forti.oauth.token_store:
    cache: ~/.cache/forti_oauth
    state: absent
  run_once: true
"""

RETURN = r"""
count:
  description: How many entries were removed. In check mode, how many would be removed.
  returned: success
  type: int
  sample: 1
where:
  description: Which store it is.
  returned: success
  type: str
  sample: the directory /home/me/.cache/forti_oauth
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.forti.oauth.plugins.module_utils._argspec import TOKEN_STORE


def main() -> None:
    module = AnsibleModule(argument_spec=TOKEN_STORE, supports_check_mode=True)
    module.fail_json(msg="This module works only through its action plugin, on the controller. Call it by its full name, forti.oauth.token_store.")


if __name__ == "__main__":
    main()
