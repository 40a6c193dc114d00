# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""From the options of a task to a token, step by step."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response
from ansible_collections.forti.oauth.plugins.module_utils._http_tls import tls
from ansible_collections.forti.oauth.plugins.module_utils._options import validated
from ansible_collections.forti.oauth.plugins.module_utils._service import Notify, TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backend import BackendError
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import existing_backend
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.certificate import described
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.steps import Problem, Skipped, Steps
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.way import Way
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

_FAR = 300  # seconds by which the clocks may differ
_NOTICED = 5  # seconds; the Date header has whole ones, and the answer takes its time
# What the way to a server takes of the options.
_OF_THE_WAY = ("server", "validate_certs", "ca_path", "client_cert", "client_key", "timeout", "cache")


class Examination:
    """Looks at one service. C(examine) takes all steps."""

    def __init__(
        self, kind: type[TokenService], given: Mapping[str, Any], *, explicit: Collection[str], sources: Mapping[str, str], warn: Notify, notify: Notify
    ) -> None:
        """
        :arg given: the options of the task, and those that variables hold.
        :arg explicit: the names of the options that the task itself gives.
        :arg sources: where each option that is set comes from.
        :arg warn: shows a warning, such as a retry.
        :arg notify: tells a person what to do now, such as to approve a push.
        :raises OptionError: not even the options of the way to the server can be used.
        """
        self._kind, self._sources = kind, sources
        self._build = functools.partial(kind.from_options, given, explicit=explicit, warn=warn, notify=notify)
        self._options = validated(kind.spec, {name: given[name] for name in _OF_THE_WAY if name in given})

    def examine(self, steps: Steps, *, login: bool) -> None:
        """Take all steps.

        :arg login: whether to get a token, which may be one login.
        """
        steps.take("options", self._look_at_options)
        if self._options["server"] is None:
            return
        way = Way(self._options)
        steps.take("name", way.resolve)
        steps.take("connection", way.connect, after=("name",))
        steps.take("certificate", lambda: self._look_at_certificate(way), after=("name", "connection"))
        steps.take("clock", self._look_at_clock, after=("name", "connection", "certificate"))
        steps.take("service", self._look_for_service, after=("name", "connection", "certificate"))
        steps.take("login", lambda: self._log_in(login), after=("options", "name", "connection", "certificate", "service"))
        steps.take("cache", self._look_into_cache)

    def _look_at_options(self) -> str:
        self._build()
        by_source: dict[str, list[str]] = {}
        for name, source in self._sources.items():
            by_source.setdefault(source, []).append(name)
        return "; ".join(f"{', '.join(names)} from {source}" for source, names in by_source.items()) or "none is set"

    @functools.cached_property
    def _answer(self) -> Response | FortiError:
        """What a question without a login brings: the answer, or why there is none. It is asked once."""
        service = self._kind({**self._options, "retries": 0}, warn=lambda _text: None, notify=lambda _text: None)
        try:
            return service.http.get(service.token_path, headers={}, params={})
        except FortiError as exc:
            return exc

    def _look_at_certificate(self, way: Way) -> str:
        shown = described(way.presented())
        verify, _own = tls(self._options)
        problem = self._answer
        if isinstance(problem, FortiError) and problem.unsent:
            raise Problem(f"{problem}{f' It is {shown}.' if shown else ''}")
        trusted = {True: "trusted by the system", False: "not checked, because validate_certs is false"}.get(verify, f"trusted by {verify}")
        return f"{shown}; {trusted}" if shown else trusted

    def _look_at_clock(self) -> str:
        if isinstance(self._answer, FortiError) or self._answer.server_time is None:
            raise Skipped("the server did not tell its time")
        ahead = self._answer.server_time - self._answer.sent_at
        if abs(ahead) <= _NOTICED:
            return "the server's clock and this machine's agree"
        told = f"the server's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
        if abs(ahead) > _FAR:
            raise Problem(f"{told}. Set both by NTP: codes of a second factor are refused, and tokens seem to end at another time.")
        return f"{told}: a code of a second factor may be refused"

    def _look_for_service(self) -> str:
        answer = self._answer
        if isinstance(answer, FortiError):
            raise answer
        if answer.status in (403, 404) or answer.status >= 500 or (answer.is_success and answer.is_page):
            raise Problem(_WRONG.get(answer.status, _WRONG_PAGE if answer.is_success else _FAILED).format(answer.server, answer.status))
        return f"there is a token service: it answered {answer.status} to a question without a login"

    def _log_in(self, wanted: bool) -> str:
        if not wanted:
            raise Skipped("not asked for: set login to true. It is a real login, and three wrong ones may lock an account")
        service = self._build()
        entry = TokenProvider(service, request_id="doctor").get()
        result = entry.as_result()
        ends = f"until {result['expires_at']}" if result["expires_at"] else "without an end"
        refresh = "with" if result.get("refresh_token") else "without"
        return f"a token {ends}, {refresh} a refresh token, from {_SOURCES[result['source']]}{self._verified(service, result['access_token'])}"

    def _verified(self, service: TokenService, access_token: str) -> str:
        verifier = service.verifier(access_token)
        if verifier is None:
            return ""
        valid = verifier.run(check_mode=False)["valid"]
        if not valid:
            raise Problem(f"{service.options['server']} says that the token that it issued is not live. If it was kept, get a new one by force.")
        return "; the server says that it is live"

    def _look_into_cache(self) -> str:
        cache = self._options["cache"]
        if cache in ("run", "none"):
            raise Skipped(f"cache is {cache}: nothing is kept for later runs")
        try:
            backend = existing_backend(cache)
            number = len(list(backend.entries()))
        except BackendError as exc:
            raise Problem(str(exc)) from exc
        return f"{backend.where} holds {number} {'entry' if number == 1 else 'entries'}"


_SOURCES = {"login": "a login", "refresh": "a refresh", "cache": "the cache"}
_WRONG = {
    403: "{0} answered {1} to a question without a login: it lets nobody in from here. Check that its API is switched on for this address.",
    404: "{0} answered {1}. Check server: there is no token service at this address.",
}
_WRONG_PAGE = "{0} answered {1} with a web page. Check that server is the token service, and not a proxy or a login page."
_FAILED = "{0} answered {1}. The fault is on the server's side. Run it again later."
