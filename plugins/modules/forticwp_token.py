#!/usr/bin/python
# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: forticwp_token
version_added: 0.1.0
short_description: Get an OAuth token from FortiCWP, FortiCNP or FortiCASB
description:
  - Gets a bearer token from the token service that FortiCWP, FortiCNP and FortiCASB share. Later tasks use it.
  - One login serves a whole run, for any number of hosts.
author:
  - The forti.oauth authors (@forti-oauth)
extends_documentation_fragment:
  - forti.oauth._attributes
  - forti.oauth._attributes.delegated
  - forti.oauth._attributes.forticwp
  - forti.oauth._attributes.token
  - forti.oauth._forticwp
  - forti.oauth._forticwp.task
  - forti.oauth._server
  - forti.oauth._cache
  - forti.oauth._cache.force
notes:
  - If the task does not set an option, except O(refresh_token), O(state) and O(force), its value comes from the variable C(forticwp_) and the
    option's name, such as C(forticwp_credential), then from the environment variable C(FORTICWP_) and the name in capitals, such as
    E(FORTICWP_CREDENTIAL). For O(cache), these are C(forti_oauth_cache) and E(FORTI_OAUTH_CACHE).
seealso:
  - module: forti.oauth.forticwp_resource_map_info
  - plugin: forti.oauth.forticwp_token
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Get a token
  forti.oauth.forticwp_token:
    credential: "{{ vault_forticwp_credential }}"
  register: forticwp

- name: Use it
  ansible.builtin.uri:
    url: https://www.forticwp.com/api/v1/resourceURLMap
    headers:
      Authorization: "{{ forticwp.authorization }}"
  no_log: true

- name: Get a new access token for a refresh token
  forti.oauth.forticwp_token:
    grant_type: refresh_token
    refresh_token: "{{ forticwp.refresh_token }}"
  register: forticwp
"""

RETURN = r"""
access_token:
  description: The token.
  returned: when a token was got
  type: str
  sample: shrWNdu1xJRUgpcUi2bhYRX1Sl8pXe
authorization:
  description: The value of an C(Authorization) header with the token.
  returned: when a token was got
  type: str
  sample: Bearer shrWNdu1xJRUgpcUi2bhYRX1Sl8pXe
token_type:
  description: The type, as the server wrote it.
  returned: when a token was got
  type: str
  sample: Bearer
refresh_token:
  description: The token to refresh it with.
  returned: when there is one
  type: str
  sample: tU85BMdOoV3pktSSiLaABJN7ySiADZ
expires_in:
  description: Seconds until the token expires. C(null) if it never expires.
  returned: when a token was got
  type: int
  sample: 35999
expires_at:
  description: When the token expires, ISO 8601 in UTC. C(null) if it never expires.
  returned: when a token was got
  type: str
  sample: "2026-11-22T18:30:00Z"
source:
  description: Where the token came from. V(login), V(refresh) or V(cache).
  returned: when a token was got
  type: str
  sample: login
server:
  description: The URL of the server that issued it.
  returned: success
  type: str
  sample: https://fac.example.com
status:
  description: The HTTP status of the answer, if it was not a success.
  returned: failure, when there was an answer
  type: int
  sample: 401
error:
  description: The OAuth error in the answer.
  returned: failure, when the server sends it
  type: str
  sample: invalid_grant
error_description:
  description: The server's description of the error.
  returned: failure, when the server sends it
  type: str
  sample: Invalid credentials given.
"""

from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._module import run_module


def main() -> None:
    run_module(FortiCwp)


if __name__ == "__main__":
    main()
