#!/usr/bin/python
# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fac_oauth_token_info
version_added: 0.1.0
short_description: Tell whether an OAuth token of a FortiAuthenticator or of FortiCloud is live
description:
  - Asks the FortiAuthenticator, or FortiCloud's token service, whether a token is still valid, which user it belongs to, and how long it is valid.
  - If the token is not valid, the task does not fail.
author:
  - The forti.oauth authors (@forti-oauth)
extends_documentation_fragment:
  - forti.oauth._attributes
  - forti.oauth._attributes.delegated
  - forti.oauth._attributes.fac
  - forti.oauth._fac
  - forti.oauth._fac.token
  - forti.oauth._fac.on_challenge
  - forti.oauth._server
  - forti.oauth._cache
  - forti.oauth._cache.verify
options:
  access_token:
    description: The token.
    type: str
    required: true
notes:
  - The module uses the options of the server, O(client_id) and O(access_token). From version 2.0.0 on, it accepts and ignores all other options of
    M(forti.oauth.fac_oauth_token) that are not for one time or one task, so that C(module_defaults) of the group C(forti.oauth.fac) may contain them.
  - If the task does not set one of these options, except O(access_token), its value comes from a variable, such as C(fac_oauth_server), or an
    environment variable, such as E(FAC_SERVER).
seealso:
  - module: forti.oauth.fac_oauth_token
"""

EXAMPLES = r"""
- name: Get a token
  forti.oauth.fac_oauth_token:
    server: fac.example.com
    client_id: ansible
    username: "{{ vault_fac_username }}"
    password: "{{ vault_fac_password }}"
  register: fac

- name: Look whether the token is still good
  forti.oauth.fac_oauth_token_info:
    server: fac.example.com
    client_id: ansible
    access_token: "{{ fac.access_token }}"
  register: fac_info

- name: Stop here if it is not
  ansible.builtin.assert:
    that: fac_info.valid
    fail_msg: The token has ended.
"""

RETURN = r"""
valid:
  description: Whether the token is live.
  returned: success
  type: bool
  sample: true
username:
  description: The user that the token belongs to. C(null) if the token is not valid, or the server does not send it.
  returned: success
  type: str
  sample: luser1
expires_in:
  description: Seconds until the token expires. C(null) if the token is not valid, or the server does not send it.
  returned: success
  type: int
  sample: 14021
server:
  description: The URL of the server.
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

from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticatorInfo
from ansible_collections.forti.oauth.plugins.module_utils._module import run_module


def main() -> None:
    run_module(FortiAuthenticatorInfo)


if __name__ == "__main__":
    main()
