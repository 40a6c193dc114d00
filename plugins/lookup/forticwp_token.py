# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: forticwp_token
version_added: 0.1.0
short_description: Get an OAuth token from FortiCWP, FortiCNP or FortiCASB
description:
  - Gets a bearer token from the token service that FortiCWP, FortiCNP and FortiCASB share.
  - The lookup shares its tokens with the module of the same name. One login serves a whole run, for any number of templates.
author:
  - The forti.oauth authors (@forti-oauth)
extends_documentation_fragment:
  - forti.oauth._forticwp
  - forti.oauth._forticwp.plugin
  - forti.oauth._server
  - forti.oauth._server.forticwp
  - forti.oauth._cache
  - forti.oauth._cache.force
  - forti.oauth._cache.forticwp
  - forti.oauth._lookup
seealso:
  - module: forti.oauth.forticwp_token
"""

EXAMPLES = r"""
- name: Use a token in a header; the credential comes from the variable forticwp_credential
  ansible.builtin.uri:
    url: https://www.forticwp.com/api/v1/resourceURLMap
    headers:
      Authorization: "{{ lookup('forti.oauth.forticwp_token', return_as='authorization') }}"
  vars:
    forticwp_credential: "{{ vault_forticwp_credential }}"
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
    prefix = "forticwp_"
    environment = "FORTICWP_"

    @classmethod
    def service(cls) -> type[TokenService]:
        """Return the token service."""
        from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp

        return FortiCwp
