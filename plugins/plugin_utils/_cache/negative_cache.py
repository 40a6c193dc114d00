# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The negative cache: errors that callers share, instead of asking a server again that has refused."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import ChallengeRequired, FortiError, Refused, is_refusal
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import NEGATIVE_LIFE, SKEW, CacheRequest
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.encrypted import EncryptedCache
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.entry_cipher import Content

_COPY_LIFE = 10  # seconds for which the run keeps an error that it found in a shared tier; only its backend knows when it ends


class NegativeCache:
    """The errors in one encrypted cache. There is one for each cache key and its one-time options."""

    def __init__(self, cache: EncryptedCache, *, shared: bool) -> None:
        """:arg shared: other runs share it. An error ends there by its time to live: its time is that of another machine."""
        self._cache = cache
        self._shared = shared

    def put(self, exc: FortiError, request: CacheRequest) -> None:
        """Store an error for all requests with the same key and the same one-time options.

        If it is a challenge, a caller who waits for longer goes on with it.
        """
        now = time.time()
        new = {"message": str(exc), "details": exc.details, "request_id": request.request_id, "refused": is_refusal(exc), "waited": request.waits}
        content = {**exc.remembered, "own": False} if exc.remembered else {**new, "at": now, "own": True}
        life = _COPY_LIFE if exc.remembered else NEGATIVE_LIFE
        self._cache.put(content, request.key, "failure", keep_until=now + life, **request.one_time)

    def clear(self, request: CacheRequest) -> None:
        """Remove an error, after a success."""
        self._cache.delete(request.key, "failure", **request.one_time)

    def find(self, request: CacheRequest) -> FortiError | None:
        """Return the error that the request fails with; None if it goes on."""
        content = self._recent(request)
        return None if content is None or _is_resumed(content, request) else _remembered(content)

    def pending_challenge(self, request: CacheRequest) -> Mapping[str, str] | None:
        """Return the challenge of an earlier caller that this one goes on with; None if there is none."""
        content = self._recent(request)
        return content["details"]["challenge"] if content is not None and _is_resumed(content, request) else None

    def _recent(self, request: CacheRequest) -> Content | None:
        """Return a refusal of the last minute, or any error that came after the request was made."""
        content = self._cache.get(request.key, "failure", **request.one_time)
        if content is None or not _is_failure(content) or content["at"] > time.time() + SKEW:
            return None
        is_new = content["own"] and not self._shared and content["at"] >= request.asked_at
        is_for_it = request.request_id in (None, content["request_id"]) or is_new
        return content if is_for_it and (content["refused"] or is_new) else None


def _is_failure(content: Content) -> bool:
    """Return whether this version stored it."""
    details: Any = content.get("details")
    has_time = isinstance(content.get("at"), (int, float)) and abs(content["at"]) < 1e12
    has_details = isinstance(details, dict) and "message" not in details and isinstance(details.get("challenge", {}), dict)
    return (
        has_details
        and has_time
        and isinstance(content.get("message"), str)
        and isinstance(content.get("waited"), (int, float))
        and {"request_id", "refused", "own"} <= set(content)
    )


def _is_resumed(content: Content, request: CacheRequest) -> bool:
    """Return whether the request goes on with the challenge of a failure, rather than failing with it."""
    challenge = content["details"].get("challenge")
    return bool(challenge) and request.waits > content["waited"] and request.resumes(challenge)


def _remembered(content: Content) -> FortiError:
    """Return the error that a failure stands for. Its message says that it comes from memory, and for how long."""
    details, ago = content["details"], min(NEGATIVE_LIFE, max(0, int(time.time() - content["at"])))
    when = f"(failed {ago} s ago for another task or host that asked at the same time)"
    if content["refused"]:
        when = f"(refused {ago} s ago; not asked again for {NEGATIVE_LIFE - ago} s; force: true asks anew)"
    message = f"{content['message']} {when}"
    kind = Refused if content["refused"] else FortiError
    exc = ChallengeRequired(message, details["challenge"]) if details.get("challenge") else kind(message, **details)
    exc.remembered = content
    return exc
