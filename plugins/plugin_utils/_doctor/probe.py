# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""What a server answers to one request without a login: whether its certificate is trusted, its clock, and whether it is a token service."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response
from ansible_collections.forti.oauth.plugins.module_utils._http_tls import tls
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.certificate import described
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.steps import Problem, Skipped

_FAR = 300  # seconds by which the clocks may differ
_NOTICED = 5  # seconds; the Date header has whole ones, and the answer takes its time
# What a token service answers to a GET: that it takes none, or that the request is wrong.
_SERVICE = (400, 401, 405, 406, 415)


class Probe:
    """Sends one GET to the path at which tokens are asked for. A token service answers 405, because it wants a POST. Nothing of a user is sent."""

    def __init__(self, kind: type[TokenService], options: Mapping[str, Any]) -> None:
        """:arg options: the options of the service; of them only those count that lead to the server."""
        self._options = options
        self._service = kind({**options, "retries": 0}, warn=_ignore, notify=_ignore)

    @functools.cached_property
    def _answer(self) -> Response | FortiError:
        """The answer, or why there is none. The request is sent once."""
        try:
            return self._service.http.get(self._service.token_path, headers={}, params={})
        except FortiError as exc:
            return exc

    def look_at_certificate(self, presented: bytes | None) -> str:
        """Return whose the certificate is, and who trusts it.

        :arg presented: the certificate as DER; empty if the server presented none, None if it is not known.
        :raises Problem: no secure connection came about.
        """
        shown, problem = described(presented or b""), self._answer
        if isinstance(problem, FortiError) and (problem.unsent or presented == b""):
            raise Problem(f"{problem}{f' The certificate is {shown}.' if shown else ''}")
        verify, _own = tls(self._options)
        by_file = f"trusted by {verify}" if isinstance(verify, str) else "trusted by the system"
        trusted = by_file if verify else "not checked, because validate_certs is false"
        return f"{shown}; {trusted}" if shown else trusted

    def look_at_clock(self) -> str:
        """Return how far the server's clock is from that of this machine.

        :raises Problem: too far.
        :raises Skipped: the server did not tell its time.
        """
        if isinstance(self._answer, FortiError) or self._answer.server_time is None:
            raise Skipped("the server did not tell its time")
        ahead = self._answer.server_time - self._answer.sent_at
        if abs(ahead) <= _NOTICED:
            return "the server's clock and this machine's agree"
        difference = datetime.timedelta(seconds=round(abs(ahead)))
        told = f"the server's clock is {difference} {'ahead of' if ahead > 0 else 'behind'} this machine's"
        if abs(ahead) > _FAR:
            raise Problem(f"{told}. Set both by NTP: the server refuses the codes of a second factor, and tokens seem to end at another time.")
        return f"{told}; the server may refuse a code of a second factor"

    def look_for_service(self) -> str:
        """Return that a token service answers.

        :raises Problem: something else does.
        :raises FortiError: there is no answer, or it is a redirect.
        """
        answer = self._answer
        if isinstance(answer, FortiError):
            raise answer
        if answer.status in _SERVICE and (answer.status == 405 or not answer.is_page):
            return f"a token service answers: {answer.status} to a request without a login"
        if answer.status in _SERVICE or (answer.is_success and answer.json_or_empty()):
            return f"a server answers {answer.status} to a request without a login; most token services answer 405"
        if answer.is_success:
            raise Problem(f"{answer.server} answered {answer.status} without JSON. Check that server is the token service, and not a proxy or a login page.")
        raise Problem(f"{answer.server} answered {answer.status} to a request without a login. {self._service.advice(answer.status)}")


def _ignore(_text: str) -> None:
    """Show nothing: the step tells what came back."""
