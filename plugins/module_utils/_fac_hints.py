# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What to check if a FortiAuthenticator or FortiCloud says no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import LOCKED

_FORTICLOUD = "https://customerapiauth.fortinet.com"
_OF_A_FORTIAUTHENTICATOR = {
    LOCKED: "The account is locked: the server refuses the right password, too. Wait until the lock ends, or have the user unlocked.",
    "invalid_client": "Check client_id and client_secret. Give client_secret if the client is confidential, and only then.",
    403: "Check that the OAuth service is on for that interface of the FortiAuthenticator (System > Network > Interfaces).",
    404: "Check server: a FortiAuthenticator has this address from version 6.0 on.",
    406: "The server asked for something that its documentation does not describe.",
}
_LOCKED_AT_FORTICLOUD = (
    "After repeated refusals FortiCloud locks an account for 15 to 30 minutes, for all client_ids: "
    "it refuses the right password too, so wait before you try again."
)
_OF_FORTICLOUD = {
    **_OF_A_FORTIAUTHENTICATOR,
    LOCKED: _LOCKED_AT_FORTICLOUD,
    "invalid_client": "Check client_id: it names the portal, such as assetmanagement, and upper and lower case matter. Leave client_secret out.",
    403: "Check that the permissions of this API user include the portal that client_id names.",
    404: "Check server: FortiCloud's token service is customerapiauth.fortinet.com.",
}
_WRONG_CODE = "Check otp: a code works once and lives 30 to 60 seconds."
_WRONG = {
    "password": "Check username and password, and realm if the user is not local. Three wrong logins lock an account.",
    "authorization_code": "The code works once and for a short time, with the redirect_uri and code_verifier it was made for. Get a new one.",
    "refresh_token": "The refresh token was used before, was revoked or has ended. Log in again.",
}
_WRONG_AT_FORTICLOUD = {
    **_WRONG,
    "password": f"Check username (the API ID) and password. {_LOCKED_AT_FORTICLOUD}",
}


def hints(options: Mapping[str, Any]) -> Mapping[Any, str]:
    """Return what to check, for an OAuth error or a status."""
    return _OF_FORTICLOUD if _is_forticloud(options) else _OF_A_FORTIAUTHENTICATOR


def refused_hints(options: Mapping[str, Any], *, typed: bool) -> dict[Any, str]:
    """Return what to check if a grant is refused.

    :arg typed: the request held a code that a person typed. Then it is the code that is wrong most often.
    """
    wrong = (_WRONG_AT_FORTICLOUD if _is_forticloud(options) else _WRONG)[options["grant_type"]]
    return dict.fromkeys((400, 401), f"{_WRONG_CODE} {wrong}" if typed else wrong)


def _is_forticloud(options: Mapping[str, Any]) -> bool:
    return options["server"] == _FORTICLOUD
