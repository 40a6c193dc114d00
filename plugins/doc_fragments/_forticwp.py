# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  server:
    description:
      - The service that issues the token, as host, C(host:port) or https URL.
      - It is V(www.forticwp.com), V(eu.forticwp.com), V(www.forticnp.com) or V(www.forticasb.com). Use the one that your account shows.
    type: str
    default: www.forticwp.com
  grant_type:
    description:
      - V(client_credentials) logs in with O(credential).
      - V(password) logs in with O(username) and O(password). FortiCNP does not offer it.
      - V(refresh_token) gets a new access token with O(refresh_token).
    type: str
    default: client_credentials
    choices: [client_credentials, password, refresh_token]
  credential:
    description:
      - The API credential. The product shows it once, when it is made. Give it unchanged; do not encode it.
      - White space around it, such as the last line break of a file, is removed.
    type: str
  username:
    description: The user, for O(grant_type=password).
    type: str
  password:
    description: The user's password, for O(grant_type=password).
    type: str
  refresh_token:
    description: The refresh token, for O(grant_type=refresh_token). It stays the same, and lives for 8 hours.
    type: str
"""

    TASK = r"""
options:
  state:
    description:
      - V(present) gets a token.
      - V(absent) removes the token that is kept for these options. The service cannot revoke it.
    type: str
    default: present
    choices: [present, absent]
"""

    PLUGIN = r"""
options:
  server: {env: [{name: FORTICWP_SERVER}], vars: [{name: forticwp_server}], ini: [{section: forticwp, key: server}]}
  grant_type: {env: [{name: FORTICWP_GRANT_TYPE}], vars: [{name: forticwp_grant_type}]}
  credential: {env: [{name: FORTICWP_CREDENTIAL}], vars: [{name: forticwp_credential}]}
  username: {env: [{name: FORTICWP_USERNAME}], vars: [{name: forticwp_username}]}
  password: {env: [{name: FORTICWP_PASSWORD}], vars: [{name: forticwp_password}]}
"""
