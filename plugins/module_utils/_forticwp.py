# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The FortiCWP family's requests. FortiCWP, FortiCNP and FortiCASB share one token service."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._argspec import FORTICWP_TOKEN
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._service import Grant, TokenService
from ansible_collections.forti.oauth.plugins.module_utils._token import Token, parse_forticwp

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# Exactly as on the pages: the first path ends with a slash, the others do not.
_PATHS = {
    "client_credentials": "/api/v1/auth/credentials/token/",
    "password": "/api/v1/auth/token",
    "refresh_token": "/api/v1/auth/token/refresh",
}
_SHORTEST_ENCODED = 12  # bytes; all of so many random ones are letters of ASCII once in 140,000 times
_PRODUCTS = {"forticasb": "FortiCASB", "forticnp": "FortiCNP"}  # by what their servers' names hold
_WRONG = {
    "client_credentials": "Check credential: it is used as {} shows it, and ends a year after it was made.",
    "password": "Check username and password.",
    "refresh_token": "The refresh token has ended (it lives for 8 hours) or is wrong. Log in again.",
}
_HINTS = {403: "Check that this account may use the API.", 405: "Check server: it does not offer this grant_type (FortiCNP has no password grant)."}


class FortiCwp(TokenService):
    """Gets tokens as the pages Get Credentials Token, Get Token and Get Refresh Token describe."""

    family = "forticwp"
    module = "forti.oauth.forticwp_token"
    revokes = False  # no page describes a way to revoke a token
    spec = FORTICWP_TOKEN
    grants = {
        "client_credentials": Grant(needs=("credential",), cache_key=("credential",), foreign=("username", "password", "refresh_token")),
        "password": Grant(needs=("username", "password"), cache_key=("username", "password"), foreign=("credential", "refresh_token")),
        "refresh_token": Grant(needs=("refresh_token",), cache_key=("refresh_token",)),
    }

    @classmethod
    def validate(cls, options: dict[str, Any], explicit: Collection[str]) -> None:
        """Check the grant, and that the credential is fit for a header."""
        if options["credential"] is not None:
            options["credential"] = options["credential"].strip() or None
        super().validate(options, explicit)
        if options["grant_type"] == "client_credentials":
            _check_credential(options["credential"], product=_product(options["server"]))

    @property
    def token_path(self) -> str:
        """The path at which the server is asked for a token."""
        return _PATHS[self.options["grant_type"]]

    @property
    def hints(self) -> Mapping[Any, str]:
        """What to check, for an OAuth error or a status."""
        return _HINTS

    def run(self, *, check_mode: bool) -> dict[str, Any]:
        """Get a token, also in check mode, because later tasks need it. The server cannot revoke one."""
        if self.options["state"] == "absent":
            return {"changed": False, "server": self.http.server}
        return self._as_result(self.fetch())

    def fetch(self) -> Token:
        """Return a token for the grant of the options.

        :raises FortiError: there is none.
        """
        grant_type: str = self.options["grant_type"]
        form = {"grant_type": grant_type, **{name: self.options[name] for name in self.grants[grant_type].needs if name != "credential"}}
        headers = dict(_FORM)
        if grant_type == "client_credentials":
            # Raw, not base64: in the page's sample the credential itself follows the word Basic.
            headers["Authorization"] = f"Basic {self.options['credential']}"
        response = self.http.post(_PATHS[grant_type], headers=headers, data=form)
        wrong = _WRONG[grant_type].format(_product(self.options["server"]))
        body = self.answer(response, dict.fromkeys((400, 401, "invalid_client"), wrong))
        token = parse_forticwp(body, server=self.http.server, sent_at=response.sent_at, server_time=response.server_time)
        return token.with_refresh_token(self.options["refresh_token"] if grant_type == "refresh_token" else None)


def _product(server: str) -> str:
    return next((product for name, product in _PRODUCTS.items() if name in server), "FortiCWP")


def _check_credential(credential: str, *, product: str) -> None:
    """Check that a credential can be one, before it is sent.

    :raises OptionError: it cannot.
    """
    if not re.fullmatch(r"[\x20-\x7e]+", credential):
        raise OptionError(f"credential holds a letter outside ASCII. Copy it again as {product} shows it.")
    if re.match(r"basic(\s|$)", credential, re.IGNORECASE):
        raise OptionError("credential begins with the word Basic. Leave it out: it is added when the credential is sent.")
    if credential.startswith(("{", "[")):
        raise OptionError("credential is JSON. Give the value in it alone.")
    if _is_encoded(credential):
        raise OptionError(f"credential is encoded in base64. Give it as {product} shows it: this API wants it as it is.")


def _is_encoded(credential: str) -> bool:
    """Return whether a credential is readable text in base64. What is random decodes to other bytes, too."""
    try:
        decoded = base64.b64decode(credential, validate=True)
    except ValueError:
        return False
    return len(decoded) >= _SHORTEST_ENCODED and re.fullmatch(rb"[\x20-\x7e]+\n?", decoded) is not None
