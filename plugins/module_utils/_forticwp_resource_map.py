# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The FortiCWP family's resource map: the base URL of an account's API, and the IDs that its calls need as headers."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.forti.oauth.plugins.module_utils._argspec import FORTICWP_RESOURCE_MAP_INFO
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse, OptionError, quotable, says_no
from ansible_collections.forti.oauth.plugins.module_utils._foreign import cleaned
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._service import check_bearer

_PATH = "/api/v1/resourceURLMap"
_HINTS = {
    400: "Check that server is the one that issued the token.",
    401: "The token has ended, or another server issued it. Get a new one, for example with force.",
    404: "Check server: there is no resource map at this address.",
    405: "Check server: there is no resource map at this address.",
}
_ID = re.compile(r"[\x21-\x7e]{1,64}")  # fit for a header
_CHECK = "Check that server is the service that issued the token."
_MOST_NAMED = 20  # companies in a message


class ResourceMap(FortiCwp):
    """Reads the map as the page Get Resource Map (FortiCWP 22.1, FortiCNP 22.3) describes. Only the token is needed."""

    module = "forti.oauth.forticwp_resource_map_info"
    spec = FORTICWP_RESOURCE_MAP_INFO

    @classmethod
    def validate(cls, options: dict[str, Any], explicit: Collection[str]) -> None:
        """Check the token in the options, or else the options to get one."""
        check_bearer(options)
        if options["access_token"] is None:
            super().validate(options, explicit)

    def run(self, *, check_mode: bool) -> dict[str, Any]:
        """Read the map with the token in the options, also in check mode."""
        headers = {"Authorization": f"Bearer {self.options['access_token']}", "Content-Type": "application/json"}
        response = self.http.get(_PATH, headers=headers, params={})
        if not response.is_success or says_no(response.json_or_empty()):
            raise self.refuse(response, _HINTS)
        return {"changed": False, "server": self.http.server, "resource_map": cleaned(response.json_list())}

    @functools.cached_property
    def cache_key(self) -> dict[str, str]:
        """All that identifies the map: the token."""
        return self._cache_key("access_token")

    def rebuilt(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a delegated host, checked."""
        resource_map = result.get("resource_map")
        if not isinstance(resource_map, list):
            raise BadResponse(f"{self.options['server']} sent no resource map. {_CHECK}")
        return {**super().rebuilt({}), "resource_map": cleaned(resource_map)}


def companies(resource_map: list[Any], *, server: str, access_token: str, warn: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return all companies of the map, each with the base URL and the headers of its calls.

    :raises BadResponse: the map is invalid, or names no company.
    """
    found = [_company(entry, company, server, access_token, warn) for entry in resource_map for company in _companies_of(entry, server)]
    if not found:
        raise BadResponse(f"{server} lists no company for this account. Check that the user of the credential belongs to one.")
    return found


def chosen(known: list[dict[str, Any]], wanted: str | None, *, server: str) -> dict[str, Any]:
    """Return the company with this ID or name. If none is wanted, return the only one, or an empty dictionary if there are several.

    :raises OptionError: there is not exactly one such company.
    """
    if wanted is None:
        return known[0] if len(known) == 1 else {}
    matches = [company for company in known if str(company["company_id"]) == wanted] or [company for company in known if company["company_name"] == wanted]
    if len(matches) == 1:
        return matches[0]
    names = ", ".join(f"{company['company_id']} ({quotable(company['company_name'], ()) or 'no name'})" for company in known[:_MOST_NAMED])
    how_many = "more than one such company. Give its ID, or take it from companies" if matches else "no such company"
    raise OptionError(f"company: {server} lists {how_many}. It lists {names}{' and more' if len(known) > _MOST_NAMED else ''}.")


def _companies_of(entry: Any, server: str) -> Iterator[dict[str, Any]]:
    """Yield the companies in C(companyMapSet), and those that only C(buMapSet), a field of FortiCASB, names."""
    if not isinstance(entry, dict):
        raise BadResponse(f"{server} sent a resource map with an entry that is not a JSON object. {_CHECK}")
    listed = _objects(entry, "companyMapSet", server)
    named = {str(company.get("companyId")) for company in listed}
    for unit in _objects(entry, "buMapSet", server):
        company_id = _id(unit, "companyId", server)
        if str(company_id) not in named:
            named.add(str(company_id))
            listed.append({"companyId": company_id})
    yield from listed


def _objects(entry: Mapping[str, Any], name: str, server: str) -> list[dict[str, Any]]:
    value = entry.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadResponse(f"{server} sent a resource map whose {name} is not a list of JSON objects. {_CHECK}")
    return list(value)


def _company(entry: Mapping[str, Any], company: Mapping[str, Any], server: str, access_token: str, warn: Callable[[str], None]) -> dict[str, Any]:
    company_id = _id(company, "companyId", server)
    role_id = _id(entry, "roleId", server) if entry.get("roleId") is not None else None
    bu_ids = [_id(unit, "buId", server) for unit in _objects(entry, "buMapSet", server) if str(unit.get("companyId")) == str(company_id)]
    name = company.get("companyName")
    headers = {"companyId": company_id, "roleId": role_id, "buId": bu_ids[0] if len(bu_ids) == 1 else None}
    return {
        "company_id": company_id,
        "company_name": name if isinstance(name, str) else None,
        "role_id": role_id,
        "bu_ids": bu_ids,
        **_resource_url(entry, server, warn),
        "headers": {
            "Authorization": f"Bearer {access_token}",
            "Content-Type": "application/json",
            **{header: str(value) for header, value in headers.items() if value is not None},
        },
    }


def _id(holder: Mapping[str, Any], name: str, server: str) -> int | str:
    value = holder.get(name)
    if isinstance(value, (int, str)) and not isinstance(value, bool) and _ID.fullmatch(str(value)):
        return value
    fault = "without" if value is None else "with an unusable"
    raise BadResponse(f"{server} sent a resource map {fault} {name}. {_CHECK}")


def _resource_url(entry: Mapping[str, Any], server: str, warn: Callable[[str], None]) -> dict[str, str]:
    """Return the base URL, if it is an https address that a token may be sent to."""
    url = entry.get("resourceURL")
    if isinstance(url, str) and _is_https(url):
        return {"resource_url": url.rstrip("/")}
    warn(f"{server} names no https address as resourceURL. It is left out: resource_url is not set. Tokens are never sent over plain http.")
    return {}


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and (parts.port or 443) > 0
    except ValueError:
        return False
    return sound and parts.scheme == "https" and "@" not in parts.netloc and not parts.query and not parts.fragment and bool(re.fullmatch(r"[\x21-\x7e]+", url))
