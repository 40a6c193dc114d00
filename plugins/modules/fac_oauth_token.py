#!/usr/bin/python
# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fac_oauth_token
version_added: 0.1.0
short_description: Get or revoke an OAuth token of a FortiAuthenticator or of FortiCloud
description:
  - Gets a bearer token from a FortiAuthenticator (6.0 or newer) or from FortiCloud's token service, which is a FortiAuthenticator. Later tasks use
    it.
  - Supports a second factor, by a push to the user's phone or by a code.
  - One login serves a whole run, for any number of hosts.
author:
  - The forti.oauth authors (@forti-oauth)
extends_documentation_fragment:
  - forti.oauth._attributes
  - forti.oauth._attributes.delegated
  - forti.oauth._attributes.fac
  - forti.oauth._attributes.token
  - forti.oauth._fac
  - forti.oauth._fac.token
  - forti.oauth._fac.one_time
  - forti.oauth._fac.on_challenge
  - forti.oauth._fac.task
  - forti.oauth._server
  - forti.oauth._cache
  - forti.oauth._cache.force
  - forti.oauth._cache.verify
notes:
  - If the task does not set an option, its value comes from the variable C(fac_oauth_) and the option's name, such as C(fac_oauth_password), then
    from the environment variable C(FAC_) and the name in capitals, such as E(FAC_PASSWORD). For O(cache), these are C(forti_oauth_cache) and
    E(FORTI_OAUTH_CACHE). Options for one time or one task have no variables (O(code), O(code_verifier), O(challenge), O(challenge_response),
    O(session), O(refresh_token), O(access_token), O(state), O(force)).
  - With O(grant_type=authorization_code) the token is kept for this one code, even if O(username) is set. To continue without the code, use the
    refresh token.
seealso:
  - module: forti.oauth.fac_oauth_token_info
  - plugin: forti.oauth.fac_oauth_token
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Get a token; a user with FortiToken Mobile approves it on the phone
  forti.oauth.fac_oauth_token:
    server: fac.example.com
    client_id: ansible
    username: "{{ vault_fac_username }}"
    password: "{{ vault_fac_password }}"
  register: fac

- name: Get a token from FortiCloud
  forti.oauth.fac_oauth_token:
    server: customerapiauth.fortinet.com
    client_id: assetmanagement
    username: "{{ vault_forticloud_api_id }}"
    password: "{{ vault_forticloud_password }}"
  register: forticloud

- name: Log in with a code that the user's token shows
  forti.oauth.fac_oauth_token:
    server: fac.example.com
    client_id: ansible
    username: "{{ vault_fac_username }}"
    password: "{{ vault_fac_password }}"
    method: ftm
    otp: "{{ otp }}"
  register: fac

- name: Revoke the token that this run keeps for these options
  forti.oauth.fac_oauth_token:
    server: fac.example.com
    client_id: ansible
    username: "{{ vault_fac_username }}"
    password: "{{ vault_fac_password }}"
    state: absent
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
scope:
  description: The scopes of the token.
  returned: when the server sends them
  type: str
  sample: read write
id_token:
  description: The OpenID Connect token.
  returned: when there is one
  type: str
  sample: eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJsdXNlcjEifQ.TWFkZSB1cA
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
challenge:
  description: The second factor that the server wants.
  returned: when the server wants a second factor and the task has no answer
  type: dict
  contains:
    challenge:
      description: The kind of challenge.
      type: str
      returned: always
      sample: otp
    method:
      description: How it is answered.
      type: str
      returned: when the server sends it
      sample: ftm-push
    session:
      description: The session of the challenge.
      type: str
      returned: when there is one
      sample: 7bd0c9e83a0b4e0f9d9a6a1c4d6f2e51
    message:
      description: What the server asks the user.
      type: str
      returned: when there is one
      sample: Enter the code of your token
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

from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._module import run_module


def main() -> None:
    run_module(FortiAuthenticator)


if __name__ == "__main__":
    main()
