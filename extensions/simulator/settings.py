# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the simulator behaves: what a test, the control page and the command line may change.

Where a service is seen to do more than the vendor's page says, a setting has two values. "as documented" refuses what
the page does not list.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

AS_DOCUMENTED, AS_SEEN = "as documented", "as seen"
FORTIAUTHENTICATOR, FORTICLOUD = "FortiAuthenticator", "FortiCloud"


@dataclass(frozen=True)
class Settings:
    """All settings, with their defaults."""

    latency: float = 0.0  # seconds before each answer
    expires_as_string: bool = False  # of FortiCWP
    empty_client_secret: str = AS_DOCUMENTED  # as seen: "" is the same as none
    form_body: str = AS_DOCUMENTED  # as seen: /oauth/token/ takes a form too
    missing_slash: str = AS_DOCUMENTED  # as seen: FortiCNP serves auth/credentials/token too
    single_login: bool = True  # a login at a client of FortiCloud ends the user's earlier tokens there
    lockout: str = FORTIAUTHENTICATOR  # FortiCloud: other answer, and it ends after lockout_seconds
    lockout_seconds: float = 900.0
    refused_with_200: bool = False  # /oauth/token/ answers 200 in place of 401, and says "fail" in the body
    token_status: int = 200  # the status of an answer with a token

    def changed(self, given: Mapping[str, Any]) -> Settings:
        """These settings with the given ones in them. A value may be a text, such as a form's."""
        return replace(self, **{name: _read(name, value) for name, value in given.items()})


NAMES = [field.name for field in fields(Settings)]
# The settings that are no number of seconds.
CHOICES: dict[str, tuple[str | bool | int, ...]] = {
    "expires_as_string": (False, True),
    "empty_client_secret": (AS_DOCUMENTED, AS_SEEN),
    "form_body": (AS_DOCUMENTED, AS_SEEN),
    "missing_slash": (AS_DOCUMENTED, AS_SEEN),
    "single_login": (False, True),
    "lockout": (FORTIAUTHENTICATOR, FORTICLOUD),
    "refused_with_200": (False, True),
    "token_status": (200, 201),
}


def _read(name: str, value: Any) -> Any:
    if name not in NAMES:
        raise ValueError(f"There is no setting {name}")
    if name not in CHOICES:
        return _seconds(name, value)
    for choice in CHOICES[name]:
        if str(choice).lower() == str(value).lower():
            return choice
    raise ValueError(f"{name} must be one of {', '.join(map(str, CHOICES[name]))}")


def _seconds(name: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{name} must be a number of seconds")
    return seconds
