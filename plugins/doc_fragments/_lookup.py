# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  return_as:
    description:
      - V(access_token) returns the token alone. V(authorization) returns the value of a header (C(Bearer ...)). V(dict) returns all that the module
        returns.
    type: str
    default: access_token
    choices: [access_token, authorization, dict]
notes:
  - A lookup always asks from the controller, in the templates of every host. All of them share one login.
  - If a variable comes from the facts of a host, the lookup refuses it, because a host must not choose which server gets the password.
  - A lookup reads the environment of the controller. The task's C(environment) does not reach a lookup.
requirements:
  - requests, on the controller
"""
