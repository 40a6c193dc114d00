# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The people, programs and credentials a fresh simulator starts with."""

from __future__ import annotations

from dataclasses import dataclass

LOCAL_REALM = "local"
WRONG_PASSWORDS_UNTIL_LOCKED = 3  # FortiAuthenticator's default
CODE_SECONDS = 60  # FortiAuthenticator's default life of an authorization code
CWP_ACCESS_SECONDS = 3600  # the vendor only says "short-lived"
CWP_REFRESH_SECONDS = 8 * 3600  # FortiCNP 22.3 help, "APIs overview"
COMPANY_ID, ROLE_ID, BU_ID = 2, 1, 3
FORTICASB = "FortiCASB"


@dataclass(frozen=True)
class Client:
    """A relying party of FortiAuthenticator: one grant type each, refresh always allowed."""

    client_id: str
    grant: str = "password"
    expires_in: int = 36000
    secret: str | None = None
    forticloud: bool = False  # one live token a user, unless the setting single_login is off


@dataclass(frozen=True)
class User:
    """A user of FortiAuthenticator; `method` is the second factor asked for."""

    name: str
    password: str
    method: str | None = None
    realm: str = LOCAL_REALM
    account: str | None = None  # set for a user of an IAM account

    @property
    def methods(self) -> tuple[str, ...]:
        """What this user's second factor may be answered with."""
        if self.method == "ftm-push":
            return ("ftm-push", "ftm")
        return (self.method,) if self.method else ()


@dataclass(frozen=True)
class Account:
    """An account of the FortiCWP family; FortiCASB's answers hold more than the others'."""

    password: str
    credential: str
    product: str = "FortiCWP"


FORTICLOUD_CLIENTS = (
    "assetmanagement",
    "flexvm",
    "FortiManager",
    "FortiAnalyzer",
    "FortiSASE",
    "fortiztp",
    "fortigatecloud",
    "iam",
    "organization",
)

CLIENTS = (
    Client("ansible"),
    Client("ansible-secret", secret="Client-Secret-9f3kQ2"),
    Client("portal", grant="authorization_code", expires_in=3600, secret="Portal-Secret-77aLm4"),
    Client("forever", expires_in=0),
    Client("short", expires_in=5),
    *(Client(name, expires_in=14400, forticloud=True) for name in FORTICLOUD_CLIENTS),
    Client("fcare"),
)

USERS = (
    User("luser1", "Pass-Word-12345678"),
    User("push1", "Push-Word-12345678", "ftm-push"),
    User("ftm1", "Ftm-Word-12345678", "ftm"),
    User("ftk1", "Ftk-Word-12345678", "ftk"),
    User("sms1", "Sms-Word-12345678", "sms"),
    User("email1", "Email-Word-12345678", "email"),
    User("dual1", "Dual-Word-12345678", "dual"),
    User("radius1", "Radius-Word-12345678", "radius"),
    User("remote1", "Remote-Word-12345678", realm="corp"),
    User("robot", "Robot-Word-12345678", account="acme"),
)

IAM_ALIASES = {"acme-alias": "acme"}

CWP_ACCOUNTS = {
    "cwp@example.com": Account("Cwp-Word-12345678", "f59fb84e-c896-4d38-91f3-1eee401823b6"),
    "casb@example.com": Account("Casb-Word-12345678", "7f0c9a52-1b64-4b8e-9d0a-35c6e2f4a817", FORTICASB),
}
