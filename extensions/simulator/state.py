# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole state of the simulator, behind one lock."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from dataclasses import asdict
from typing import Any

from . import model
from .factors import Code, Factors, s256
from .settings import FORTICLOUD, Settings
from .tokens import Tokens

COUNTERS = [
    "fac.token",
    "fac.login",
    "fac.refresh",
    "fac.challenge",
    "fac.pushpoll",
    "fac.verify",
    "fac.revoke",
    "fac.refused",
    "fac.redirect",
    "forticwp.credentials",
    "forticwp.password",
    "forticwp.refresh",
    "forticwp.refused",
    "resource",
    "connections",
    "faults",
]


class State:
    """Users, clients, tokens, codes, counters and recorded requests.

    The API runs each request under `lock`; so does whoever calls a method from another thread.
    """

    def __init__(self, settings: Settings) -> None:
        self.lock = threading.RLock()
        self.resets = 0  # how often; a request that began before the last one is not carried out
        self._first_settings = settings
        self.reset()

    def reset(self) -> None:
        """Go back to the default state: every token, code, counter and setting is forgotten."""
        with self.lock:
            self.resets += 1
            self.settings = self._first_settings
            self.offset = 0.0
            self.counts: Counter[str] = Counter(dict.fromkeys(COUNTERS, 0))
            self.requests: list[dict[str, Any]] = []
            self.issued: list[str] = []
            self.locked: dict[str, float] = {}  # user -> when the lock ends
            self.sessions: set[str] = set()  # of FortiManager Cloud and FortiAnalyzer Cloud
            self.wrong_passwords: Counter[str] = Counter()
            self.clients = {client.client_id: client for client in model.CLIENTS}
            self.users = {(user.account or user.realm, user.name): user for user in model.USERS}
            self.tokens = Tokens(self.now)
            self.factors = Factors(self.note)

    def now(self) -> float:
        """The server's clock, which /clock may have moved."""
        return time.time() + self.offset

    def count(self, name: str) -> None:
        with self.lock:
            self.counts[name] += 1

    def note(self, secret: str) -> str:
        """Remember a secret that is handed out, so tests can look for it in logs."""
        self.issued.append(secret)
        return secret

    def check_user(self, name: str) -> None:
        if not any(user.name == name for user in self.users.values()):
            raise ValueError(f"There is no user {name}")

    def wrong_password(self, user: str) -> None:
        """Count it; enough of them lock the user."""
        self.wrong_passwords[user] += 1
        if self.wrong_passwords[user] >= model.WRONG_PASSWORDS_UNTIL_LOCKED:
            ends = self.settings.lockout == FORTICLOUD
            self.locked[user] = self.now() + self.settings.lockout_seconds if ends else math.inf
            del self.wrong_passwords[user]

    def is_locked(self, user: str) -> bool:
        return user in self.locked and self.now() < self.locked[user]

    def unlock(self, user: str | None = None) -> None:
        """End the lock of a user, or of all, and forget the wrong passwords."""
        with self.lock:
            if user is not None:
                self.check_user(user)
            for name in {*self.locked, *self.wrong_passwords} if user is None else {user}:
                self.locked.pop(name, None)
                self.wrong_passwords.pop(name, None)

    def phone(self, user: str, action: str, after: float = 1.0) -> None:
        with self.lock:
            self.check_user(user)
            self.factors.phone(user, action, after)

    def otp(self, user: str) -> str:
        with self.lock:
            self.check_user(user)
            return self.factors.otp(user)

    def code(
        self,
        client_id: str,
        username: str,
        redirect_uri: str | None = None,
        code_verifier: str | None = None,
        scope: str = "openid",
    ) -> str:
        """What the browser part of the authorization code flow would have ended with."""
        with self.lock:
            self.check_user(username)
            if client_id not in self.clients:
                raise ValueError(f"There is no client {client_id}")
            challenge = s256(code_verifier) if code_verifier is not None else None
            until = self.now() + model.CODE_SECONDS
            code = Code(client_id, username, until, redirect_uri, challenge, scope)
            return self.factors.add_code(code)

    def expire(self, token: str | None = None) -> None:
        with self.lock:
            self.tokens.expire(token)

    def end_tokens(self, user: str, client_id: str | None = None) -> None:
        """What a login elsewhere does: end the user's tokens, or only those of a client."""
        with self.lock:
            if user not in model.CWP_ACCOUNTS:
                self.check_user(user)
            self.tokens.end_all_of(user, client_id)

    def _pushes(self) -> list[dict[str, str]]:
        pushes = [self.factors.poll(session) for session in self.factors.pushes]
        return [
            {
                "session": push.session,
                "user": push.user,
                "client_id": push.client_id,
                "status": push.status,
            }
            for push in pushes
            if push
        ]

    def summary(self) -> dict[str, Any]:
        """What GET /state of the control page answers."""
        with self.lock:
            counts = dict(self.counts)
            cwp = counts["forticwp.credentials"] + counts["forticwp.password"]
            # The pushes come first: looking at them may bring a new secret, the answer.
            pushes = self._pushes()
            return {
                "counts": counts,
                "logins": {"fac": counts["fac.login"], "forticwp": cwp},
                "live_tokens": self.tokens.count_live(),
                "pushes": pushes,
                "issued_secrets": list(self.issued),
                "locked": sorted(filter(self.is_locked, self.locked)),
                "clock_offset": self.offset,
                "settings": asdict(self.settings),
            }
