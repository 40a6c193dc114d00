# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""A good token for these options: kept, refreshed, or got by one login for all who wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, is_refusal
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._kept import Entry, Kept, Request, ended
from ansible_collections.forti.oauth.plugins.plugin_utils._shelf import Identity, Shelf

Result = dict[str, Any]


class Broker:
    """Stands between those who ask and the token service. The run's shelf stands in front of the one that is shared with others."""

    def __init__(self, *, run: Shelf, shared: Shelf, warn: Callable[[str], None]) -> None:
        self._run, self._shared = Kept(run), Kept(shared)
        self._both = (self._run, self._shared)
        self._warn = warn

    def token(self, request: Request) -> Result:
        """Return a task's result with a good token.

        :raises FortiError: there is none; of a refusal, everybody gets the same.
        """
        entry = self._found(self._run, request)
        # Twice the patience: who holds the run's lock may wait for the shared one before it asks the server.
        if entry is None:
            with self._run.locked(request.identity, patience=2 * request.patience):
                entry = self._found(self._run, request)
                if entry is None:
                    return self._shared_or_new(request)
        return _cached(entry)

    def known(self, identity: Identity) -> Result | None:
        """Return a task's result with the token that this run has just used; None where nothing is kept."""
        entry = self._run.entry(identity)
        return None if entry is None else _cached(entry)

    def revoke(self, identity: Identity, access_token: str | None, *, patience: float, end: Callable[[str], bool], only_look: bool) -> bool:
        """End a token and forget it everywhere; return whether it was live.

        :arg identity: under which it may be kept.
        :arg access_token: the token; where it is None, it is the one that is kept.
        :arg end: asks the server to end it; called once for each token, whoever else asks.
        """
        with self._run.locked(identity, patience=2 * patience), self._shared.locked(identity, patience=patience):
            kept = [entry for entry in (self._run.entry(identity), self._shared.entry(identity)) if entry is not None]
            newest = max(kept, key=lambda entry: entry.token.issued_at, default=None)
        token = access_token or (newest.token.access_token if newest else None)
        return token is not None and self._ended(identity, token, patience=patience, end=end, only_look=only_look)

    def _ended(self, identity: Identity, token: str, *, patience: float, end: Callable[[str], bool], only_look: bool) -> bool:
        mark = ended(identity["server"], token)
        with self._run.locked(mark, patience=2 * patience), self._shared.locked(mark, patience=patience):
            if any(kept.is_ended(identity["server"], token) for kept in self._both):
                return False
            was_live = end(token)
            if not only_look:
                for kept in self._both:
                    kept.end(identity, token)
            return was_live

    def forget(self, identity: Identity) -> None:
        """Forget a token that no server can end."""
        for kept in self._both:
            kept.forget(identity)

    def _found(self, kept: Kept, request: Request) -> Entry | None:
        """Return a token that serves, None where there is none; raise what somebody else met a moment ago."""
        entry = kept.entry(request.identity)
        if entry is not None and entry.serves(request):
            return entry
        failure = kept.failure(request)
        if failure is not None:
            raise failure
        return None

    def _shared_or_new(self, request: Request) -> Result:
        with self._shared.locked(request.identity, patience=request.patience):
            try:
                entry = self._found(self._shared, request)
            except FortiError as exc:
                self._run.fail(exc, request)  # for this run's other hosts, who need not ask the shared store then
                raise
            if entry is None:
                return self._new(request)
        self._run.keep(entry, request.identity)
        return _cached(entry)

    def _new(self, request: Request) -> Result:
        """Refresh, or log in. The caller holds the locks."""
        try:
            return self._refreshed(request) or self._kept(request.login(), request)
        except FortiError as exc:
            # All who wait for this fail with it, or each would try a server that is down. Other runs share a refusal only.
            for kept in self._both if is_refusal(exc) else (self._run,):
                kept.fail(exc, request)
            raise

    def _refreshed(self, request: Request) -> Result | None:
        """Return a refreshed token; None where only a login helps."""
        entry = self._shared.entry(request.identity) or self._run.entry(request.identity)
        if entry is None or entry.token.refresh_token is None or request.forced_by:
            return None
        try:
            result = request.refresh(entry.token.refresh_token)
            return self._kept({**result, "refresh_token": result.get("refresh_token") or entry.token.refresh_token}, request)
        except FortiError as exc:
            if is_refusal(exc) or not entry.token.is_good_for(1):
                return None
            self._warn(f"The token was not refreshed. {exc} The one that is kept is good for {entry.token.expires_in()} more seconds, and is used.")
        entry = Entry(entry.token, entry.forced_by, not_refreshed_at=time.time())
        for kept in self._both:
            kept.keep(entry, request.identity)
        return _cached(entry)

    def _kept(self, result: Result, request: Request) -> Result:
        """Keep what the server has just sent. First where others find it: a run that is killed in between takes nothing from them."""
        entry = Entry(Token.from_result(result, now=time.time()), request.forced_by)
        for kept in reversed(self._both):
            kept.keep(entry, request.identity)
            kept.forgive(request)
        return result


def _cached(entry: Entry) -> Result:
    return {"changed": False, **entry.token.as_result("cache")}
