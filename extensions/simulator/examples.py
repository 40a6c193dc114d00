# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the examples of the guides take from a vault, so that they run against the simulator."""

from __future__ import annotations

from typing import Any

from . import model

# The user of each pair of variables, such as vault_push_username and vault_push_password.
_USERS = {
    "fac": "luser1",
    "fac1": "luser1",
    "fac2": "luser1",
    "forticloud": "luser1",
    "iam": "robot",
    "otp": "sms1",
    "push": "push1",
    "radius": "radius1",
    "realm": "remote1",
}
_SECRETS_OF_CLIENTS = {"vault_fac_client_secret": "ansible-secret", "vault_portal_client_secret": "portal"}


def variables() -> dict[str, Any]:
    """Return the variables by name."""
    passwords = {user.name: user.password for user in model.USERS}
    clients = {client.client_id: client.secret for client in model.CLIENTS}
    name, account = next((name, account) for name, account in model.CWP_ACCOUNTS.items() if account.product == model.Account.product)
    found: dict[str, Any] = {f"vault_{who}_username": user for who, user in _USERS.items()}
    found.update({f"vault_{who}_password": passwords[user] for who, user in _USERS.items()})
    found.update({variable: clients[client] for variable, client in _SECRETS_OF_CLIENTS.items()})
    found.update(vault_forticloud_api_id=_USERS["forticloud"], vault_passwords={"luser1": passwords["luser1"]})
    found.update(vault_forticwp_credential=account.credential, vault_forticwp_username=name, vault_forticwp_password=account.password)
    return found
