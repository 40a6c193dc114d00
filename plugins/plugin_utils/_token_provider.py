# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""A good token for these options, whoever asks: the one facade for action plugins and lookups."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ansible import constants as C
from ansible.utils.display import Display
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, NotConnected, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.module_utils._token import Token
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import backends
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.cache_request import CacheRequest, Entry
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.token_cache import TokenCache

Result = dict[str, Any]
Remote = Callable[[TokenService], Mapping[str, Any]]  # runs the module of a service on a delegated host, and returns what it claims

T = TypeVar("T")

_display = Display()
_VERBOSITY = 2  # -vv tells what was decided


def warn_once(message: str) -> None:
    """Show a warning. Core shows the same text only once in a run."""
    _display.warning(message)


def warn(message: str) -> None:
    """Show a warning each time, such as that of a retry: a person waits for every one."""
    _display.display(f"[WARNING]: {message}", color=C.COLOR_WARN, stderr=True)  # type: ignore[attr-defined]


def notify(message: str) -> None:
    """Tell a person what to do now. On stderr, because Python buffers stdout if it is a pipe or a file."""
    _display.display(message, stderr=True)


class TokenProvider:
    """Gets, revokes and forgets tokens for the options of a service."""

    def __init__(
        self, service: TokenService, *, request_id: str, remote: Remote | None = None, check_mode: bool = False, asked_at: float | None = None
    ) -> None:
        """
        :arg request_id: is the same for all hosts of a task. If the task forces a new token, they share it.
        :arg remote: asks the service from a delegated host; None asks from this process.
        :arg asked_at: when the caller began to wait, in epoch seconds; None is now. An error or a forced token that came since is shared with it.
        """
        self._service = service
        self._request_id = request_id
        self._remote = remote
        self._check_mode = check_mode
        self._asked_at = time.time() if asked_at is None else asked_at

    @property
    def generation(self) -> bytes:
        """The generation of the run's backend after the last change that this process made; empty if it made none."""
        return self._cache.generation

    def get(self) -> Entry:
        """Return a good token: a cached one, a refreshed one, or that of one login for all who ask.

        :raises FortiError: there is none.
        """
        return self._cache.get_or_fetch(
            self._request(self._service.cache_key),
            fetch=self._login,
            refresh=lambda refresh_token: self._fetch(self._service.with_options(grant_type="refresh_token", refresh_token=refresh_token)),
        )

    def keep_client(self, token: Token) -> None:
        """Let the run remember which client got a token, so that its revocation by another one is refused."""
        self._cache.keep_client(token, self._service.options["client_id"])

    def revoke(self) -> bool:
        """Revoke the token in the options, or the cached one; only forget it if the server cannot revoke. Return whether a live one was revoked.

        :raises FortiError: it failed.
        """
        service, key = self._service, self._service.cache_key
        if not service.revokes:
            if not self._check_mode:
                self._cache.forget(key, lock_timeout=service.lock_timeout)
            return False
        access_token = service.options["access_token"]
        if access_token is None and service.options["cache"] == "none":
            raise OptionError("access_token is missing: with cache none, no token is kept that could be revoked.")
        # The run remembers that a token is ended, also if it keeps none.
        cache = TokenCache(backends("run"), warn=warn_once) if service.options["cache"] == "none" else self._cache
        return cache.revoke(key, access_token, lock_timeout=service.lock_timeout, revoke=self._revoke_token, check_mode=self._check_mode)

    def read(self) -> Result:
        """Return what the service reads with the access token in the options, such as the resource map. The run keeps it for all who ask.

        :raises FortiError: it cannot be read.
        """
        return self._cache.get_or_read(self._request(self._service.cache_key), self.ask)

    def ask(self, **changes: Any) -> Result:
        """Do what the options say, here or on the delegated host, and return the task's result. Nothing is cached.

        :arg changes: options that are changed for it.
        :raises FortiError: it failed.
        """
        return self._ask(self._service.with_options(**changes))

    def _ask(self, service: TokenService) -> Result:
        if self._remote:
            return service.rebuilt(self._remote(service))
        return _from_here(functools.partial(service.run, check_mode=self._check_mode))

    def _login(self, challenge: Mapping[str, str] | None) -> Token:
        """Log in, or go on with the challenge of an earlier task."""
        names = ("challenge", "method", "session") if challenge else ()
        return self._fetch(self._service.with_options(**{name: (challenge or {}).get(name) for name in names}))

    def _fetch(self, service: TokenService) -> Token:
        if self._remote:
            asked_at = time.time()  # the token counts as issued then, however long the host takes
            return Token.from_result(self._remote(service), server=service.options["server"], now=asked_at)
        return _from_here(service.fetch)

    def _revoke_token(self, access_token: str) -> bool:
        """Ask the server to end a token; return whether it was live. Of one that the user named nobody else can tell whose it is."""
        was_live, options = bool(self.ask(access_token=access_token)["changed"]), self._service.options
        if not was_live and options["access_token"] is not None:
            warn_once(
                f"{options['server']} says that access_token is not valid for client_id {options['client_id']}. "
                "It has ended, or another client_id got it: then revoke it with that one."
            )
        return was_live

    def _is_live(self, access_token: str) -> bool | None:
        """Return whether a token is live; None if the server does not tell."""
        verifier = self._service.verifier(access_token)
        try:
            return bool(self._ask(verifier)["valid"]) if verifier else None
        except FortiError:
            return None

    def _request(self, key: dict[str, str]) -> CacheRequest:
        verify = self._service.options.get("verify")
        return CacheRequest(
            key=key,
            request_id=self._request_id if self._service.options["force"] else None,
            lock_timeout=self._service.lock_timeout,
            one_time=self._service.one_time,
            min_validity=self._service.options["min_validity"],
            source=self._service.source,
            asked_at=self._asked_at,
            waits=float(self._service.options.get("push_timeout") or 0),
            resumes=self._service.resumes,
            is_live=self._is_live if verify in ("shared", "always") else None,
            verifies_own=verify == "always",
        )

    @property
    def _log(self) -> Callable[[str], None] | None:
        """What tells a decision; None if nobody reads it."""
        if _display.verbosity < _VERBOSITY:
            return None
        return lambda text: _display.vv(f"forti.oauth: {self._service.options['server']}: {text}")

    @functools.cached_property
    def _cache(self) -> TokenCache:
        service = self._service
        open_backends = backends(service.options["cache"])
        if len(open_backends) < 2:
            return TokenCache(open_backends, warn=warn_once, log=self._log)
        why_not_kept = service.why_not_kept
        if why_not_kept:
            warn_once(f"The token is kept for this run only, not in the store that cache names: {why_not_kept}.")
        return TokenCache(open_backends, for_run_only=bool(why_not_kept) or not service.has_secret_key, warn=warn_once, log=self._log)


def _from_here(ask: Callable[[], T]) -> T:
    """Ask from the controller.

    :raises NotConnected: with the advice to ask from another host.
    """
    try:
        return ask()
    except NotConnected as exc:
        problem = f"{exc} If only another host reaches the server, use the module with delegate_to, or the role with token_delegate_to."
    raise NotConnected(problem)
