# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of forti.oauth.awx_setup set up."""

from __future__ import annotations

from collections.abc import Callable

import yaml

from tests.tools.guides import example

REPOSITORY = "https://github.com/forti-oauth/forti.oauth.git"
SECRETS = {
    "vault_fac_password": "Fac-Word-for-Awx-4711",
    "vault_forticwp_credential": "11112222-3333-4444-5555-666677778888",
    "vault_redis_url": "rediss://forti:Redis-for-Awx-4711@redis.example.com:6380/0",
}
GUIDE = yaml.safe_load(example("guide_awx", "awx_setup_organization: Default"))
EVERYTHING = {**GUIDE, **SECRETS}
# Of the way with collections/requirements.yml.
TOKEN_YML = "name: Get a token\n  hosts: localhost"
REQUIREMENTS = "- name: https://github.com/forti-oauth/forti.oauth.git"
OF_REQUIREMENTS = yaml.safe_load(example("guide_awx", "playbook: token.yml"))
OWN_REPOSITORY = OF_REQUIREMENTS["awx_setup_project"]["scm_url"]

Setup = Callable[..., str]
