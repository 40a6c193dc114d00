# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fac_oauth_token
version_added: 0.1.0
short_description: Get an OAuth token of a FortiAuthenticator or of FortiCloud
description:
  - Gets a bearer token from a FortiAuthenticator (6.0 or newer) or from FortiCloud's token service, which is a FortiAuthenticator.
  - The lookup shares its tokens with the module of the same name. One login serves a whole run, for any number of templates.
author:
  - The forti.oauth authors (@forti-oauth)
extends_documentation_fragment:
  - forti.oauth._fac.plugin
  - forti.oauth._fac
  - forti.oauth._fac.token
  - forti.oauth._fac.one_time
  - forti.oauth._server
  - forti.oauth._server.fac
  - forti.oauth._cache
  - forti.oauth._cache.force
  - forti.oauth._cache.verify
  - forti.oauth._cache.fac
  - forti.oauth._lookup
seealso:
  - module: forti.oauth.fac_oauth_token
"""

EXAMPLES = r"""
- name: Use a token in a header; the options come from variables
  ansible.builtin.uri:
    url: https://fac.example.com/api/fabric/device/status
    headers:
      Authorization: "{{ lookup('forti.oauth.fac_oauth_token', return_as='authorization') }}"
  vars:
    fac_oauth_server: fac.example.com
    fac_oauth_client_id: ansible
    fac_oauth_username: "{{ vault_fac_username }}"
    fac_oauth_password: "{{ vault_fac_password }}"
  no_log: true

- name: Write a configuration file with a token
  ansible.builtin.copy:
    content: |
      token={{ lookup('forti.oauth.fac_oauth_token', server='fac.example.com', client_id='ansible',
                      username=vault_fac_username, password=vault_fac_password) }}
    dest: /etc/agent.conf
    mode: "0600"
  no_log: true
"""

RETURN = r"""
_raw:
  description:
    - A list with one element. O(return_as) says whether it is the token, the value of a header, or a dictionary with what the module returns.
  type: list
  elements: raw
  sample: [shrWNdu1xJRUgpcUi2bhYRX1Sl8pXe]
"""

import os
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any

from ansible.plugins.lookup import LookupBase

if TYPE_CHECKING:
    from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
    from ansible_collections.forti.oauth.plugins.plugin_utils._lookup_base import TokenLookup
else:
    # This file says why the lookups' files are not simply imported.
    _spec: Any = spec_from_file_location("_bytecode", os.path.join(os.path.dirname(os.path.dirname(__file__)), "plugin_utils", "_bytecode.py"))
    _bytecode = module_from_spec(_spec)
    _spec.loader.exec_module(_bytecode)
    TokenLookup = _bytecode.token_lookup()


class LookupModule(TokenLookup, LookupBase):
    prefix = "fac_oauth_"
    environment = "FAC_"

    @classmethod
    def service(cls) -> type[TokenService]:
        """Return the token service."""
        from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator

        return FortiAuthenticator
