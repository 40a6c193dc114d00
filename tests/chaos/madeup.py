# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The made-up token service. It knows every token."""

from __future__ import annotations

import time
from typing import Any

from tests.chaos.known import Ask, Issued, Known
from tests.chaos.rules import Rules

Message = dict[str, Any]


class Service:
    """Answers requests. C(effect) of a request says whether it does what is asked; C(fault) is what the asker sees in place of the answer."""

    def __init__(self, known: Known, rules: Rules) -> None:
        self._known, self._rules = known, rules

    def login(self, ask: Ask, said: Message) -> Message:
        """A login."""
        now = time.time()
        reason = self._rules.login(ask, now)
        ask.sent = True
        self._known.reasons[reason] += 1
        self._known.counts["logins"] += 1
        token = self._issue(ask, said) if said["effect"] else None
        self._known.event("login", ask.key.number, f"{ask.name} -> {token.text if token else said['fault']}; {reason}")
        if token and ask.key.single:
            before = self._known.live.get(ask.key.number)
            self._known.live[ask.key.number] = token
            if before:
                before.followed = token
        return self._answer(token)

    def refresh(self, ask: Ask, said: Message) -> Message:
        """A refresh. A refresh token works once."""
        text = said["token"]
        self._rules.refresh(ask, text)
        ask.sent = True
        self._known.counts["refreshes"] += 1
        is_good = text in self._known.refreshes and text not in self._known.spent
        token = self._issue(ask, said) if said["effect"] and is_good else None
        if token:
            self._known.spent[text] = time.time()
            if ask.key.single:
                self._known.live[ask.key.number] = token
        if not is_good or said["fault"] == "refused":
            ask.refused = True
        self._known.event("refresh", ask.key.number, f"{ask.name} {text} -> {token.text if token else said['fault'] or 'refused'}")
        return self._answer(token)

    def revoke(self, ask: Ask, said: Message) -> Message:
        """The end of a token."""
        token = self._known.tokens.get(said["token"])
        if token is None or token.key is not ask.key:
            self._known.violation("a token of another key is ended", ask.key.number, f"{ask.name}: {said['token']}")
            return {"live": False}
        is_live = not token.ended and time.time() < token.ends
        if said["effect"]:
            token.ended.append((time.time(), ask, ask.warned))
        self._known.counts["revokes"] += 1
        self._known.event("revoke", ask.key.number, f"{ask.name} {token.text} {said['fault'] or ''}")
        return {"live": is_live}

    def _issue(self, ask: Ask, said: Message) -> Issued:
        number = len(self._known.tokens) + 1
        token = Issued(f"A{number}", ask, f"R{number}" if ask.key.refreshes else None, said["sent_at"] - time.time())
        self._known.tokens[token.text] = token
        self._known.refusals.pop((ask.scope, ask.key.number), None)  # it forgets a refusal as soon as it keeps the token, and is heard of later
        for store in (ask.own, ask.scope):
            self._known.newest[store, ask.key.number] = token
        if token.refresh:
            self._known.refreshes[token.refresh] = token
        return token

    def _answer(self, token: Issued | None) -> Message:
        return {"access_token": token.text, "refresh_token": token.refresh, "life": token.key.life} if token else {}
