# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Second factors and authorization codes: phones, pushes, typed codes."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from .tokens import opaque

ACTIONS = ("approve", "deny", "ignore")


def s256(verifier: str) -> str:
    """The PKCE challenge of a verifier (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class Phone:
    """What the person does with a push, and how long that takes."""

    action: str = "approve"
    after: float = 1.0


@dataclass
class Push:
    session: str
    user: str
    client_id: str
    born: float
    status: str = "pending"  # then "success" or "denied"
    answer: str = ""


@dataclass(frozen=True)
class Code:
    """An authorization code, as the browser part of the flow would have left it."""

    client_id: str
    username: str
    until: float
    redirect_uri: str | None
    challenge: str | None
    scope: str


class Factors:
    """Open pushes, RADIUS sessions, one-time codes and authorization codes."""

    def __init__(self, note: Callable[[str], str]) -> None:
        self._note = note  # remembers every secret handed out, and returns it
        self._phones: dict[str, Phone] = {}
        self.pushes: dict[str, Push] = {}
        self._radius: dict[str, tuple[str, str]] = {}
        self._otps: dict[str, set[str]] = {}
        self.codes: dict[str, Code] = {}

    def phone(self, user: str, action: str, after: float) -> None:
        if action not in ACTIONS:
            raise ValueError(f"action must be one of {', '.join(ACTIONS)}")
        # What already happened stays so: a late change must not undo an approval.
        for push in self.pushes.values():
            if push.user == user:
                self._settle(push)
        self._phones[user] = Phone(action, after)

    def phone_of(self, user: str) -> Phone:
        return self._phones.get(user, Phone())

    def _settle(self, push: Push) -> Push:
        phone = self.phone_of(push.user)
        # The person's own time, so moving the server's clock does not press a button.
        waited = time.monotonic() - push.born >= phone.after
        if push.status != "pending" or phone.action == "ignore" or not waited:
            return push
        if phone.action == "deny":
            push.status = "denied"
        else:
            push.status, push.answer = "success", self._note(opaque(20))
        return push

    def start_push(self, user: str, client_id: str) -> str:
        session = self._note(secrets.token_hex(16))
        self.pushes[session] = Push(session, user, client_id, time.monotonic())
        return session

    def poll(self, session: str) -> Push | None:
        push = self.pushes.get(session)
        return self._settle(push) if push else None

    def use_push(self, session: str, user: str, client_id: str, answer: str) -> bool:
        """Whether the answer is right; a right one ends the session, so it works once."""
        push = self.poll(session)
        if push is None or push.status != "success" or push.answer != answer:
            return False
        if (push.user, push.client_id) != (user, client_id):
            return False
        del self.pushes[session]
        return True

    def start_radius(self, user: str, client_id: str) -> str:
        session = self._note(secrets.token_hex(16))
        self._radius[session] = (user, client_id)
        return session

    def use_radius(self, session: str, user: str, client_id: str, answer: str) -> bool:
        known = self._radius.get(session) == (user, client_id)
        if not known or not self.use_otp(user, answer):
            return False
        del self._radius[session]
        return True

    def otp(self, user: str) -> str:
        codes = self._otps.setdefault(user, set())
        fresh = self._note(f"{secrets.randbelow(10**6):06d}")
        codes.add(fresh)
        return fresh

    def use_otp(self, user: str, code: str) -> bool:
        codes = self._otps.get(user, set())
        if code not in codes:
            return False
        codes.remove(code)
        return True

    def add_code(self, code: Code) -> str:
        value = self._note(opaque(30))
        self.codes[value] = code
        return value
