#!/usr/bin/python
# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: forticwp_resource_map_info
version_added: 1.0.0
short_description: Read the resource map of FortiCWP, FortiCNP or FortiCASB, and make the headers of their calls
description:
  - Asks for the address of your account's API, and for the IDs that the calls need as the headers C(companyId), C(roleId) and C(buId).
  - Returns a base URL and a complete dictionary of headers for each company. These headers contain the token.
  - Gets the token by itself, and shares it with M(forti.oauth.forticwp_token) and the lookup. If O(access_token) is set, uses that token.
  - One request serves a whole run, for any number of hosts, while the token is the same. The map is not kept for later runs.
author:
  - The forti.oauth authors (@forti-oauth)
extends_documentation_fragment:
  - forti.oauth._attributes
  - forti.oauth._attributes.delegated
  - forti.oauth._attributes.forticwp
  - forti.oauth._attributes.token
  - forti.oauth._forticwp
  - forti.oauth._server
  - forti.oauth._cache
  - forti.oauth._cache.force
options:
  access_token:
    description:
      - The token for the request. If not set, the module gets a token with the other options.
    type: str
  company:
    description:
      - The ID or the name of a company. Its values are returned at the top level, as RV(headers), RV(resource_url) and so on.
      - If not set, they are returned there only if the account has only one company.
    type: str
notes:
  - If the task does not set an option, except O(access_token), O(refresh_token) and O(force), its value comes from the variable C(forticwp_) and the
    option's name, such as C(forticwp_company), then from the environment variable C(FORTICWP_) and the name in capitals, such as E(FORTICWP_COMPANY).
    For O(cache), these are C(forti_oauth_cache) and E(FORTI_OAUTH_CACHE).
seealso:
  - module: forti.oauth.forticwp_token
"""

EXAMPLES = r"""
- name: Read the resource map; the credential comes from the environment
  forti.oauth.forticwp_resource_map_info:
  register: forticwp

- name: Call the API of the only company
  ansible.builtin.uri:
    url: "{{ forticwp.resource_url }}/api/v1/severity"
    headers: "{{ forticwp.headers }}"
  no_log: true

- name: Read the resource map, and take one company of several
  forti.oauth.forticwp_resource_map_info:
    credential: "{{ vault_forticwp_credential }}"
    company: Example
  register: forticwp

- name: Call the API of each company
  ansible.builtin.uri:
    url: "{{ item.resource_url }}/api/v1/severity"
    headers: "{{ item.headers }}"
  loop: "{{ forticwp.companies }}"
  no_log: true
"""

RETURN = r"""
companies:
  description: All companies of the account.
  returned: success
  type: list
  elements: dict
  contains:
    company_id:
      description: The ID of the company.
      type: int
      sample: 2
    company_name:
      description: Its name. C(null) if the server does not send it.
      type: str
      sample: Example
    role_id:
      description: The ID of the account's role. C(null) if the server does not send it.
      type: int
      sample: 1
    bu_ids:
      description: The IDs of its business units, which FortiCASB has.
      type: list
      elements: int
      sample: []
    resource_url:
      description: The base URL of its calls, without a slash at the end. Not returned if the server does not name an https address.
      type: str
      sample: https://www.forticwp.com
    headers:
      description:
        - The headers of its calls. C(Authorization) with the token, C(Content-Type), and, if the server sends them, C(companyId), C(roleId) and
          C(buId).
        - All values are strings.
        - If there are several business units, add C(buId) yourself.
      type: dict
      sample: {Authorization: Bearer shrWNdu1xJRUgpcUi2bhYRX1Sl8pXe, Content-Type: application/json, companyId: "2", roleId: "1"}
company_id:
  description: The ID of the chosen company.
  returned: when O(company) is set, or there is only one
  type: int
  sample: 2
company_name:
  description: Its name.
  returned: when O(company) is set, or there is only one
  type: str
  sample: Example
role_id:
  description: The ID of the account's role in it.
  returned: when O(company) is set, or there is only one
  type: int
  sample: 1
bu_ids:
  description: The IDs of its business units.
  returned: when O(company) is set, or there is only one
  type: list
  elements: int
  sample: []
resource_url:
  description: The base URL of its calls.
  returned: when O(company) is set, or there is only one, and the server names an https address
  type: str
  sample: https://www.forticwp.com
headers:
  description: The headers of its calls.
  returned: when O(company) is set, or there is only one
  type: dict
  sample: {Authorization: Bearer shrWNdu1xJRUgpcUi2bhYRX1Sl8pXe, Content-Type: application/json, companyId: "2", roleId: "1"}
resource_map:
  description: The map as the server sent it, with blanks for control characters.
  returned: success
  type: list
  elements: dict
  sample: [{resourceURL: https://www.forticwp.com, roleId: 1, username: user@example.com, companyMapSet: [{companyId: 2, companyName: Example}]}]
server:
  description: The URL of the server.
  returned: success
  type: str
  sample: https://www.forticwp.com
status:
  description: The HTTP status of the answer, if it was not a success.
  returned: failure, when there was an answer
  type: int
  sample: 401
error:
  description: The OAuth error in the answer.
  returned: failure, when the server sends it
  type: str
  sample: invalid_token
error_description:
  description: The server's description of the error.
  returned: failure, when the server sends it
  type: str
  sample: Invalid credentials given.
"""

from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap
from ansible_collections.forti.oauth.plugins.module_utils._module import run_module


def main() -> None:
    run_module(ResourceMap)


if __name__ == "__main__":
    main()
