# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""The FortiCWP family's requests: FortiCWP, FortiCNP and FortiCASB share one token service and one form of it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._options import FORTICWP_TOKEN
from ansible_collections.forti.oauth.plugins.module_utils._service import Grant, TokenService
from ansible_collections.forti.oauth.plugins.module_utils._token import Token, parse_forticwp

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# To the letter of the pages: the first has a slash at its end, the others have none.
_PATHS = {
    "client_credentials": "/api/v1/auth/credentials/token/",
    "password": "/api/v1/auth/token",
    "refresh_token": "/api/v1/auth/token/refresh",
}
_WRONG = {
    "client_credentials": "Check credential: it is used as FortiCWP shows it, and ends a year after it was made.",
    "password": "Check username and password.",
    "refresh_token": "The refresh token has ended (it lives for 8 hours) or is wrong. Log in again.",
}


class FortiCwp(TokenService):
    """Gets tokens by the pages Get Credentials Token, Get Token and Get Refresh Token."""

    family = "forticwp"
    module = "forti.oauth.forticwp_token"
    revokes = False  # no page describes a way to end a token
    spec = FORTICWP_TOKEN
    grants = {
        "client_credentials": Grant(needs=("credential",), identity=("credential",), foreign=("username", "password", "refresh_token")),
        "password": Grant(needs=("username", "password"), identity=("username", "password"), foreign=("credential", "refresh_token")),
        "refresh_token": Grant(needs=("refresh_token",), identity=("refresh_token",)),
    }
    hints = {403: "Check that this account may use the API.", 405: "Check server: it does not offer this grant_type (FortiCNP has no password grant)."}

    @classmethod
    def check(cls, options: dict[str, Any], explicit: Collection[str]) -> None:
        """Check the grant, and that the credential can stand in a header as it is."""
        if options["credential"] is not None:
            options["credential"] = options["credential"].strip() or None
        super().check(options, explicit)
        if options["grant_type"] == "client_credentials" and not re.fullmatch(r"[\x20-\x7e]+", options["credential"]):
            raise OptionError("credential holds a line end, a control character or a letter outside ASCII. Copy it again as FortiCWP shows it.")

    def perform(self, *, check_mode: bool) -> dict[str, Any]:
        """Get a token; check mode gets it too, because the tasks after this one need it. There is no way to end one."""
        if self.options["state"] == "absent":
            return {"changed": False, "server": self.http.server}
        return self._shown(self.fetch())

    def fetch(self) -> Token:
        """Ask for a token, by the grant of the options."""
        grant_type: str = self.options["grant_type"]
        form = {"grant_type": grant_type, **{name: self.options[name] for name in self.grants[grant_type].needs if name != "credential"}}
        headers = dict(_FORM)
        if grant_type == "client_credentials":
            # Raw, not base64: the page's sample shows the credential itself behind the word Basic.
            headers["Authorization"] = f"Basic {self.options['credential']}"
        answer = self.http.post(_PATHS[grant_type], headers=headers, data=form)
        if answer.status != 200:
            raise self.refuse(answer, dict.fromkeys((400, 401, "invalid_client"), _WRONG[grant_type]))
        token = parse_forticwp(answer.json(), server=self.http.server, sent_at=answer.sent_at, server_time=answer.server_time)
        return token.keeping(self.options["refresh_token"] if grant_type == "refresh_token" else None)
