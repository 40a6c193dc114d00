# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The companies of a FortiCWP account, for the module and for the role."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._forticwp_resource_map import chosen, companies
from ansible_collections.forti.oauth.plugins.module_utils._redaction import register
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import Result, TokenProvider, warn_once


def companies_of(service: TokenService, provider: Callable[[TokenService], TokenProvider]) -> Result:
    """Return the result of a task that reads the resource map: the map, its companies, and the one that the option C(company) names.

    :arg provider: returns the token provider of a service.
    :raises FortiError: there is no map, or no such company.
    """
    token = service.options["access_token"] or provider(service.of(FortiCwp, state="present")).get().token.access_token
    register(token)
    result = provider(service.with_options(access_token=token)).read()
    known = companies(result["resource_map"], server=result["server"], access_token=token, warn=warn_once)
    return {**result, "companies": known, **chosen(known, service.options["company"], server=result["server"])}
