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
  - Takes the way to a token, step by step, and tells what it sees. Are the options found, and where do they come from? Is the server's name known,
    does it accept a connection, who trusts its certificate? Do the clocks agree, is there a token service, and what does the cache hold?
  - It logs in only if O(login) asks for it.
  - Each step is one line on the screen. No line holds a secret.
  - It works on the controller, whatever the host is.
  - It does not fail if a step failed. RV(healthy) tells.
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
      - Which service to ask. V(fac) is a FortiAuthenticator or FortiCloud. V(forticwp) is FortiCWP, FortiCNP or FortiCASB.
      - The other options are those of M(forti.oauth.fac_oauth_token) or of M(forti.oauth.forticwp_token). They come from the same variables.
    type: str
    required: true
    choices: [fac, forticwp]
  login:
    description:
      - Whether to get a token too. If none is kept this is a real login, and three wrong ones may lock an account.
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
steps:
  description: The steps, in their order.
  returned: success
  type: list
  elements: dict
  contains:
    step:
      description: What was looked at. One of V(options), V(name), V(connection), V(certificate), V(clock), V(service), V(login), V(cache).
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
      sample: of fac.example.com, from CN=Example CA, until 2027-04-01; trusted by the system
    seconds:
      description: How long the step took.
      returned: always
      type: float
      sample: 0.031
"""
