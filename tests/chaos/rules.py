# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules that hold whatever happens.

A login needs a reason. The logins of a key are at most: the forced asks, one for each run and task
+ the tokens that ran out (or were never there) where the asker looks, one for each store, if they had no refresh token left
+ the tokens that somebody ended or forgot
+ the asks of a run that was stopped for longer than its lock in Redis lived
+ the asks of a run whose shared store failed it (it says so by a warning), one for each run and life of a token
+ the tokens that a store lost because it was cut, emptied, or got another salt
+ the refresh tokens that are not known to be unused: an asker was killed or stopped, or the service failed, lost an answer, or refused.
Each login is held against this when it is sent; whatever has no such reason is a violation. So is any request while a refusal is remembered.
"""

from __future__ import annotations

import re
import time

from tests.chaos.known import Ask, Issued, Known
from tests.chaos.plan import DIRECTORY, LOCK_TIMEOUT, REDIS, RUN, SERVICE_TIME

_SLACK = 8.0  # seconds: dozens of processes share the machine
_REDIS_BUDGET = 3.0
_REFRESHABLE = 8 * 3600.0
_VANISHES = 2.5
_REMEMBERED = 50.0  # seconds, and some more
MARK = "made-up service"


class Rules:
    """Holds what happens against the rules."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def login(self, ask: Ask, now: float) -> str:
        """Return the reason for a login; note a violation if there is none."""
        reason, problem = self._reason(ask, now)
        if problem:
            self._known.violation("a login without a reason", ask.key.number, f"{ask.name}: {problem}")
        refused = self._known.refusals.get((ask.scope, ask.key.number))
        if refused and ask.task is None and self._is_remembered(ask, *refused, now):
            self._known.violation("a login while a refusal is remembered", ask.key.number, f"{ask.name}, refused {now - refused[0]:.1f} s ago")
        return reason

    def refresh(self, ask: Ask, text: str) -> None:
        """A refresh token was sent."""
        token = self._known.refreshes.get(text)
        if token is None or token.key is not ask.key:
            self._known.violation("a refresh token of another key", ask.key.number, f"{ask.name}: {text}")
        elif text in self._known.spent:
            self._known.violation("a refresh token is sent after its success", ask.key.number, f"{ask.name}: {text}")

    def got(self, ask: Ask, text: str, source: str, *, now: float, stopped: float, expires_in: int | None) -> None:
        """An asker has got a token."""
        token = self._known.tokens.get(text)
        if token is None or token.key is not ask.key:
            return self._known.violation("a token of another key", ask.key.number, f"{ask.name} got {text}")
        left = token.left(ask.clock, now)
        if source == "cache" and not ask.jumped and left < -0.5 - stopped:
            self._known.violation("an expired token", ask.key.number, f"{ask.name} got {text}, which expired {-left:.1f} s ago")
        if expires_in is not None and not ask.jumped and 0 < expires_in > left + 1.5 + stopped:
            self._known.violation("an end that is too late", ask.key.number, f"{ask.name} got {text} for {expires_in} s; it is good for {left:.1f} s")
        self._ended(ask, token)
        held = self._known.latest.get((ask.scope, ask.key.number))
        if source == "cache" and held and held.got and token.issued < held.issued and self._must_hold(ask, held, held.got[0]):
            self._known.violation("an older token than the store had", ask.key.number, f"{ask.name} got {text}; there was {held.text} already")
        was_kept = token.got is not None and token.got[0] < ask.began
        is_own = (token.by.run, token.by.task) == (ask.run, ask.task)
        # A store that goes back to an older state, such as in a failover, seems to have got an old token just now.
        if ask.task and was_kept and not (is_own or self._has_jumped(ask, token) or self._is_lost(ask, token, ask.scope)):
            self._known.violation("an old token for a forced ask", ask.key.number, f"{ask.name} got {text}, issued {ask.began - token.issued:.1f} s before")
        return None

    def failed(self, ask: Ask, text: str, kind: str) -> None:
        """An ask has failed. Only the service's own errors may let it."""
        cause = re.search(rf"{MARK} (\w+) for run (\d+) (\w+) key (\d+)", text)
        if cause is None:
            return self._known.violation("an ask fails for something else than the service", ask.key.number, f"{ask.name}: {kind}: {text}")
        what, run, store, key = cause[1], int(cause[2]), cause[3], int(cause[4])
        if key != ask.key.number or (run != ask.run and (what != "refused" or RUN in (store, ask.store) or store != ask.store)):
            self._known.violation("an ask fails for an error that is not its own", ask.key.number, f"{ask.name}: {text}")
        return None

    def waited(self, ask: Ask, seconds: float, stopped: float) -> None:
        """An ask has ended after so long."""
        bound = 3 * LOCK_TIMEOUT + _REDIS_BUDGET + 2 * SERVICE_TIME + stopped + _SLACK
        if seconds > bound:
            self._known.violation("a wait beyond its bound", ask.key.number, f"{ask.name}: {seconds:.1f} s; the bound is {bound:.1f} s")

    def used(self, ask: Ask, text: str, used: dict[str, int]) -> None:
        """An ask has got a token, and used so much of the stores. A hit takes no lock where it is found, so that it waits for nobody: counted, not measured."""
        if self._is_hit(ask, text, ask.own) and sum(used.values()):
            self._known.violation("a hit that waits", ask.key.number, f"{ask.name} used {used} for {text}, which was in its run before")
        if self._is_hit(ask, text, ask.scope) and used.get("shared lock"):
            self._known.violation("a hit that waits", ask.key.number, f"{ask.name} took the shared lock for {text}, which was there before")

    def _reason(self, ask: Ask, now: float) -> tuple[str, str]:
        """Return the reason for a login, and the problem if there is none."""
        known, key = self._known, ask.key.number
        mine, shared = known.latest.get((ask.own, key)), known.latest.get((ask.scope, key))
        if ask.task:
            again = mine is not None and (mine.by.run, mine.by.task) == (ask.run, ask.task) and self._is_there(ask, mine, ask.own, now)
            return "forced", f"this task has forced {mine.text} already" if again and mine else ""
        if mine and self._is_there(ask, mine, ask.own, now):
            return "", f"its run has {mine.text}"
        if shared is None:
            return "nothing there", ""
        if ask.warned or ask.overslept:
            return "the store failed" if ask.warned else "the lock was lost", ""
        if self._is_there(ask, shared, ask.scope, now):
            return "", f"its store has {shared.text}"
        if shared.left(ask.clock, now) > max(ask.key.life / 5, 1) + 1.5:
            return "ended or lost", ""
        return ("ran out", "") if not self._can_refresh(ask, shared, now) else ("", f"{shared.refresh} was not used")

    def _is_hit(self, ask: Ask, text: str, store: str) -> bool:
        """Return whether a store held the token when the ask began, and nothing kept the ask from it."""
        place = (store, ask.key.number)
        kept, since = self._known.latest.get(place), self._known.since.get(place, ask.began)
        is_plain = ask.kind == "get" and not (ask.task or ask.sent or ask.warned)
        return kept is not None and kept.text == text and since < ask.began and is_plain and self._is_there(ask, kept, store, time.time())

    def _is_there(self, ask: Ask, token: Issued, store: str, now: float) -> bool:
        is_kept = not self._is_lost(ask, token, store) and not self._known.is_ending(token.key.number, token.issued) and not self._is_overtaken(token, store)
        has_vanished = store == REDIS and token.refresh is None and token.vanishes - now < _VANISHES
        return is_kept and not (ask.jumped or token.by.jumped or has_vanished) and token.serves(ask, now)

    def _is_overtaken(self, token: Issued, store: str) -> bool:
        """Return whether somebody has a newer token, and may have written it or not. Seen by another clock that one may be over."""
        newest = self._known.newest.get((store, token.key.number), token)
        return newest.issued > token.issued and newest.got is None

    def _is_lost(self, ask: Ask, token: Issued, store: str) -> bool:
        """Return whether the store may have lost the token, or the ask goes on with a salt that the store lost."""
        return self._known.is_damaged(store, token.key.number, min(token.by.began, ask.began))

    def _can_refresh(self, ask: Ask, token: Issued, now: float) -> bool:
        """Return whether the store must have a refresh token that nobody has used."""
        known, key = self._known, token.key.number
        is_unused = token.refresh is not None and token.refresh not in known.spent and known.faults.get((ask.scope, key), 0) < token.issued
        is_kept = not self._is_lost(ask, token, ask.scope) and not known.is_ending(key, token.issued)
        return is_unused and is_kept and not (ask.refused or ask.jumped) and now < token.ends + _REFRESHABLE

    def _is_remembered(self, ask: Ask, at: float, refused: Ask, now: float) -> bool:
        has_same_clock = abs(ask.clock - refused.clock) < 5 or (ask.scope == REDIS)
        has_jumped = ask.jumped or self._known.jumps.get(ask.scope, 0) >= at
        is_kept = not (ask.warned or has_jumped or self._known.is_damaged(ask.scope, ask.key.number, refused.began))
        return is_kept and has_same_clock and ask.began > at and now < at + _REMEMBERED

    def _ended(self, ask: Ask, token: Issued) -> None:
        """Check that nobody ended the token before the ask began, who would have said so where the asker looks."""
        for at, by, gave_up in token.ended:
            seen = ask.run == by.run or (not gave_up and self._looks_there(ask, by, at) and not self._known.is_damaged(ask.scope, ask.key.number, by.began))
            if at < ask.began and seen:
                self._known.violation("an ended token", ask.key.number, f"{ask.name} got {token.text}, ended by {by.name}")
        after = token.followed
        if after is None or after.got is None or after.got[0] >= ask.began:
            return
        # A store that lost its salt or its entries since the login began may hold the newer token where nobody looks.
        is_kept = not self._known.is_damaged(ask.scope, ask.key.number, after.by.began)
        # If only the run has the newer token, it takes that, but not if it ran down, or was ended, too: then it looks into the store again.
        # A token counts as got when it was asked for, so that one whose asker was stopped meanwhile may be the older one.
        is_newer = after.issued + after.clock > token.issued + token.clock
        is_known = is_newer and not self._known.is_ending(ask.key.number, after.issued) and after.serves(ask, time.time())
        if (ask.run == after.by.run and is_known) or (after.got[1] and is_kept and self._looks_there(ask, after.by, after.got[0])):
            self._known.violation("an ended token", ask.key.number, f"{ask.name} got {token.text}, ended by the login that got {after.text}")

    def _looks_there(self, ask: Ask, by: Ask, at: float) -> bool:
        """Return whether the run of the ask looked first for this key after that time, in the store that the other one named."""
        return ask.store == by.store != RUN and self._known.first[ask.run, ask.key.number] > at

    def _must_hold(self, ask: Ask, token: Issued, since: float) -> bool:
        """Return whether a shared store had the token before the run of the ask looked there first, and has not lost it."""
        is_lost = self._is_lost(ask, token, ask.scope) or self._known.is_ending(token.key.number, token.issued)
        return ask.store != RUN and not is_lost and self._known.first[ask.run, ask.key.number] > since

    def _has_jumped(self, ask: Ask, token: Issued) -> bool:
        place = DIRECTORY if ask.store == DIRECTORY else ask.own
        return ask.jumped or self._known.jumps.get(place, 0) >= token.issued
