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
  - Asks where the API of your account is, and for the IDs that its calls want as the headers C(companyId), C(roleId) and C(buId).
  - Returns a base URL and a ready dictionary of headers for each company. The token is in these headers.
  - Gets the token by itself, and shares it with M(forti.oauth.forticwp_token) and the lookup. Or takes O(access_token).
  - One request serves a whole run, however many hosts ask, while the token is the same. It is not kept for later runs.
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
      - The token to ask with. If not set, one is got with the other options.
    type: str
  company:
    description:
      - The ID or the name of a company. Its values are returned at the top, as RV(headers), RV(resource_url) and so on.
      - If not set, that happens where the account has only one company.
    type: str
notes:
  - Every option but O(access_token), O(refresh_token) and O(force) also comes from a variable, C(forticwp_) and the
    option's name, and from an environment variable, C(FORTICWP_) and the name in capitals,
    such as E(FORTICWP_COMPANY). O(cache) comes from E(FORTI_OAUTH_CACHE).
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
      description: Its name. C(null) where the server does not tell.
      type: str
      sample: Example
    role_id:
      description: The ID of the account's role. C(null) where the server does not tell.
      type: int
      sample: 1
    bu_ids:
      description: The IDs of its business units, which FortiCASB has.
      type: list
      elements: int
      sample: []
    resource_url:
      description: The base URL of its calls, without a slash at the end. Not there where the server names no https address.
      type: str
      sample: https://www.forticwp.com
    headers:
      description:
        - The headers of its calls. C(Authorization) with the token, C(Content-Type), and C(companyId), C(roleId) and C(buId) where there is one.
        - All are texts.
        - Where there are several business units, C(buId) is yours to add.
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
  description: The HTTP status of an answer that was no success.
  returned: failure, when there was an answer
  type: int
  sample: 401
error:
  description: The OAuth error in that answer.
  returned: failure, when the server tells it
  type: str
  sample: invalid_token
error_description:
  description: The server's description of the error.
  returned: failure, when the server tells it
  type: str
  sample: Invalid credentials given.
"""

from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import ResourceMap
from ansible_collections.forti.oauth.plugins.module_utils._module import run_module


def main() -> None:
    run_module(ResourceMap)


if __name__ == "__main__":
    main()
