# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""From the options of a task to a token, step by step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._options import validated
from ansible_collections.forti.oauth.plugins.module_utils._service import Notify, TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._cache.backends import backends
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.probe import Probe
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.steps import NAMES, Problem, Skipped, Steps
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.store import look_into
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.way import Way
from ansible_collections.forti.oauth.plugins.plugin_utils._token_provider import TokenProvider

# The options that lead to a server and to a store. They can be used even if another option is wrong or missing.
_LEADING = ("server", "grant_type", "validate_certs", "ca_path", "client_cert", "client_key", "timeout", "cache")
_SOURCES = {"login": "a login", "refresh": "a refresh", "cache": "the cache"}


class Found(NamedTuple):
    """The options of a task, and where each comes from."""

    options: Mapping[str, Any]
    sources: Mapping[str, str]


class Examination:
    """Looks at one service. C(examine) takes all steps."""

    def __init__(
        self, kind: type[TokenService], find: Callable[[], Found], *, explicit: Collection[str], request_id: str, warn: Notify, notify: Notify
    ) -> None:
        """
        :arg find: returns the options of the task, and those that variables hold.
        :arg explicit: the names of the options that the task itself gives.
        :arg request_id: is the same for all hosts of a task.
        :arg warn: shows a warning, such as a retry.
        :arg notify: tells a person what to do now, such as to approve a push.
        """
        self._kind, self._find, self._explicit, self._request_id = kind, find, explicit, request_id
        self._warn, self._notify = warn, notify
        self._given: Mapping[str, Any] = {}
        self._leading: Mapping[str, Any] = {}  # empty as long as no server is known

    def examine(self, steps: Steps, *, login: bool, check_mode: bool) -> None:
        """Take all steps.

        :arg login: whether to get a token, which may be one login.
        :arg check_mode: nothing is written into the store.
        """
        steps.take("options", self._look_at_options)
        if not self._leading:
            for name in NAMES[1:]:
                steps.leave_out(name, because="options")
            return
        way, probe = Way(self._leading), Probe(self._kind, self._leading)
        to_server = ("name", "connection", "certificate")
        steps.take("name", way.resolve)
        steps.take("connection", way.connect, after=("name",))
        steps.take("certificate", lambda: probe.look_at_certificate(way.presented()), after=("name", "connection"))
        steps.take("clock", probe.look_at_clock, after=to_server)
        steps.take("service", probe.look_for_service, after=to_server)
        steps.take("login", lambda: self._log_in(login), after=("options", *to_server, "service"))
        steps.take("cache", lambda: self._look_into_cache(check_mode))

    def _look_at_options(self) -> str:
        found = ""
        try:
            self._given, sources = self._find()
            found = _listed(sources)
            self._take_leading()
            backends(self._leading.get("cache", "run"))
            self._service()
        except OptionError as exc:
            raise Problem(f"{exc} Found: {found}." if found else str(exc)) from exc
        return found

    def _take_leading(self) -> None:
        """Take the options that lead to the server, whatever the others are.

        :raises OptionError: one of them is wrong.
        """
        spec = {name: self._kind.spec[name] for name in _LEADING}
        leading = validated(spec, {name: self._given[name] for name in _LEADING if name in self._given})
        if leading["server"]:
            self._leading = {**dict.fromkeys(self._kind.spec), **leading}

    def _service(self) -> TokenService:
        return self._kind.from_options(self._given, explicit=self._explicit, warn=self._warn, notify=self._notify)

    def _log_in(self, wanted: bool) -> str:
        if not wanted:
            raise Skipped(
                "not asked for. Set login: true; with the playbook, -e doctor_login=true. It is a real login, and three wrong ones may lock an account"
            )
        service = self._service()
        result = TokenProvider(service, request_id=self._request_id).get().as_result()
        ends = f"until {result['expires_at']}" if result["expires_at"] else "without an end"
        refresh = "with" if result.get("refresh_token") else "without"
        return f"a token {ends}, {refresh} a refresh token, from {_SOURCES[result['source']]}{_verified(service, result['access_token'])}"

    def _look_into_cache(self, check_mode: bool) -> str:
        try:
            seen = look_into(self._leading["cache"], server=self._leading["server"], write=not check_mode)
        except OptionError as exc:
            raise Skipped("cache is not valid, see the step options") from exc
        unsafe = "" if self._leading["validate_certs"] else "; this token is not kept there, because validate_certs is false"
        return f"{seen}{unsafe}"


def _listed(sources: Mapping[str, str]) -> str:
    """Return the options by their sources, in words. Their values are not told."""
    by_source: dict[str, list[str]] = {}
    for name, source in sources.items():
        by_source.setdefault(source, []).append(name)
    return "; ".join(f"{', '.join(names)} from {source}" for source, names in by_source.items()) or "none"


def _verified(service: TokenService, access_token: str) -> str:
    """Return what the server says of a token; nothing if it does not tell.

    :raises Problem: the token is not live.
    """
    verifier = service.verifier(access_token)
    if verifier is None:
        return ""
    try:
        valid = verifier.run(check_mode=False)["valid"]
    except FortiError:  # a task uses the token then, too
        return "; the server did not tell whether it is live"
    if not valid:
        raise Problem(f"{service.options['server']} says that the token is not live, although it issued it. Get a new one with force: true.")
    return "; the server says that it is live"
