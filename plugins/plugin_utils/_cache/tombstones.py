# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The tombstones of a token that is revoked: one in each tier, so that nobody gets it any more, under whatever cache keys it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, is_refusal
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.tier import Tier

NOT_MARKED = "A token was ended, but this could not be stored everywhere. Another run may get the token until it expires."


class Tombstones:
    """The tombstones of one token. The caller holds its lock in all tiers."""

    def __init__(self, tiers: Sequence[Tier], server: str, access_token: str, *, client_id: str | None, warn: Callable[[str], None]) -> None:
        """:arg client_id: the client that asks the server to end the token."""
        self._tiers = tiers
        self._server = server
        self._access_token = access_token
        self._client_id = client_id
        self._warn = warn

    @property
    def are_confirmed(self) -> bool:
        """Whether the server need not be asked, because it has answered this client before, or has ended the token."""
        return any(tier.is_surely_revoked(self._server, self._access_token, client_id=self._client_id) for tier in self._tiers)

    def revoke(self, revoke: Callable[[str], bool]) -> bool:
        """Revoke the token; return whether it was live. It is marked first: whatever happens to this process or to the answer, nobody gets it any more.

        :arg revoke: asks the server. If it says no at the first try, or nothing was sent, the mark is taken back.
        :raises FortiError: it failed.
        """
        was_marked = any(tier.is_revoked(self._server, self._access_token) for tier in self._tiers)
        self._put(confirmed=False)
        try:
            was_live = revoke(self._access_token)
        except FortiError as exc:
            if (exc.unsent or (is_refusal(exc) and not exc.repeated)) and not was_marked:
                for tier in self._tiers:
                    tier.remove_tombstone(self._server, self._access_token)
            raise
        if not self._put(confirmed=True, not_of=None if was_live else self._client_id):
            self._warn(NOT_MARKED)
        return was_live

    def _put(self, *, confirmed: bool, not_of: str | None = None) -> bool:
        stored = [tier.put_tombstone(self._server, self._access_token, confirmed=confirmed, not_of=not_of) for tier in self._tiers]
        return all(stored)
