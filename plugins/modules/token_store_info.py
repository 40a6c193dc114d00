#!/usr/bin/python
# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: token_store_info
version_added: 0.1.0
short_description: Look into a store of tokens
description:
  - Shows what a store contains, without secrets. It shows how many entries there are, which server they belong to, and when they expire.
  - The module works on the controller, whatever the host is.
author:
  - The forti.oauth authors (@forti-oauth)
extends_documentation_fragment:
  - forti.oauth._attributes
  - forti.oauth._attributes.controller
  - forti.oauth._cache.store
options:
  cache:
    default: run
seealso:
  - module: forti.oauth.token_store
"""

EXAMPLES = r"""
- name: What is kept?
  forti.oauth.token_store_info:
    cache: ~/.cache/forti_oauth
  run_once: true
  register: store

- name: Show it
  ansible.builtin.debug:
    var: store.entries
  run_once: true
"""

RETURN = r"""
count:
  description: How many entries there are.
  returned: success
  type: int
  sample: 1
where:
  description: Which store it is.
  returned: success
  type: str
  sample: the directory /home/me/.cache/forti_oauth
msg:
  description: A note that nothing is kept between runs.
  returned: if O(cache=run)
  type: str
  sample: Nothing is kept between runs, because cache is not set.
  version_added: 2.0.0
entries:
  description: The entries.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: V(token), V(failure) (a login that was refused), V(ended) (a token that was revoked); with O(cache=run) also V(answer)
        (a resource map), V(derived) (what the encryption keys of another store are derived from), V(hung) (a task or run that hangs while it gets a
        token), and V(silent) (a Redis that did not answer a moment ago). C(null) if the entry cannot be read.
      type: str
      returned: always
      sample: token
    service:
      description: V(fac) (FortiAuthenticator, FortiCloud) or V(forticwp) (FortiCWP, FortiCNP, FortiCASB). C(null) if the entry does not contain it.
      type: str
      returned: always
      sample: fac
      version_added: 2.0.0
    client_id:
      description: The client that the token was got for. C(null) if the entry does not contain it.
      type: str
      returned: always
      sample: ansible
      version_added: 2.0.0
    server:
      description: The URL of the server. C(null) if the entry does not contain it.
      type: str
      returned: always
      sample: https://fac.example.com
    expires_at:
      description: When the token expires, ISO 8601 in UTC. C(null) if it never expires.
      type: str
      returned: always
      sample: "2026-11-22T18:30:00Z"
    kept_until:
      description: When the entry is removed. A token that can be refreshed is kept after it expires.
      type: str
      returned: always
      sample: "2026-11-23T02:30:00Z"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.forti.oauth.plugins.module_utils._argspec import TOKEN_STORE_INFO


def main() -> None:
    module = AnsibleModule(argument_spec=TOKEN_STORE_INFO, supports_check_mode=True)
    module.fail_json(msg="This module works only through its action plugin, on the controller. Call it by its full name, forti.oauth.token_store_info.")


if __name__ == "__main__":
    main()
