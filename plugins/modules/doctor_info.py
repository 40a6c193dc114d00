#!/usr/bin/python
# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: doctor_info
version_added: 2.0.0
short_description: Find out why there is no token
description:
  - Checks each step from the options of a task to a token, and shows what it saw, in one line for each step.
  - The steps are the options and where they come from, the name of the server, the connection, the certificate, the clock, the token service,
    a login, and the store that the option C(cache) names.
  - It logs in only with O(login=true). Otherwise it sends one request without a login to the server.
  - It writes an entry into a store that the option C(cache) names, and removes it again. In check mode it does not.
  - No line and no result holds a secret.
  - It works on the controller, whatever the host is. C(delegate_to) another host is refused.
  - The task does not fail if a step failed. RV(healthy) tells.
author:
  - The forti.oauth authors (@forti-oauth)
requirements:
  - requests, on the controller
extends_documentation_fragment:
  - forti.oauth._attributes
  - forti.oauth._attributes.controller
options:
  service:
    description:
      - The service. V(fac) is a FortiAuthenticator or FortiCloud. V(forticwp) is FortiCWP, FortiCNP or FortiCASB.
      - All options of M(forti.oauth.fac_oauth_token) or of M(forti.oauth.forticwp_token) can be given, too. They come from the same variables.
        Those that C(module_defaults) sets for these modules do not count here.
    type: str
    required: true
    choices: [fac, forticwp]
  login:
    description:
      - Whether to get a token, too, even in check mode. If no token is kept, this is a real login, and three wrong ones may lock an account.
    type: bool
    default: false
seealso:
  - module: forti.oauth.fac_oauth_token
  - module: forti.oauth.forticwp_token
  - module: forti.oauth.token_store_info
"""

EXAMPLES = r"""
- name: Why is there no token?
  forti.oauth.doctor_info:
    service: fac
  run_once: true
  register: doctor

- name: Stop here if a step failed
  ansible.builtin.assert:
    that: doctor.healthy
"""

RETURN = r"""
healthy:
  description: Whether no step failed.
  returned: success
  type: bool
  sample: true
msg:
  description: What the first step that failed says. Otherwise, that no step failed.
  returned: success
  type: str
  sample: No step failed.
steps:
  description: The steps, in their order.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: The name of the step. One of V(options), V(name), V(connection), V(certificate), V(clock), V(service), V(login), V(cache).
      returned: always
      type: str
      sample: certificate
    state:
      description: One of V(ok), V(failed), V(skipped).
      returned: always
      type: str
      sample: ok
    detail:
      description: What was seen, and what to do if the step failed.
      returned: always
      type: str
      sample: issued to fac.example.com by CN=Example CA, valid until 2027-04-01; trusted by the system
    seconds:
      description: How long the step took.
      returned: always
      type: float
      sample: 0.031
"""
