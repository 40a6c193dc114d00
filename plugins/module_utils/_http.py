# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it from elsewhere.

"""One request over requests: TLS, proxies, retries, one deadline, a limit of size. No other file imports requests."""

from __future__ import annotations

import logging
import math
import queue
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._answer import Answer
from ansible_collections.forti.oauth.plugins.module_utils._errors import LibraryMissing, ServerFailed, Unreachable
from ansible_collections.forti.oauth.plugins.module_utils._http_faults import NOT_DECODED, Fault, explain
from ansible_collections.forti.oauth.plugins.module_utils._http_tls import tls
from ansible_collections.forti.oauth.plugins.module_utils._secrets import register

LONGEST_PAUSE = 30  # seconds; a server that asks for more is not waited for
_LARGEST_ANSWER = 1024 * 1024
_PIECE = 8192  # bytes as they come; older versions of urllib3 unpack a piece whole, to a thousand times of it
_PACKED = ("", "identity", "gzip", "deflate")  # any other, or one in another, may unpack to far more than that
_TRANSIENT = frozenset({429, 500, 502, 503, 504})


class Http:
    """Requests to one server, with the server options of a task."""

    def __init__(self, options: Mapping[str, Any], *, secrets: set[str], warn: Callable[[str], None]) -> None:
        """
        :arg options: the common options, C(server) being a whole URL without a path.
        :arg secrets: what no message may hold; grows as the server hands out more.
        :arg warn: shows a warning to the user.
        """
        self.server: str = options["server"]
        self.secrets = secrets
        self._warn = warn
        self._timeout: int = options["timeout"]
        self._retries: int = options["retries"]
        self._verify, self._certificate = tls(options)
        self._session: Any = None

    def keep_secret(self, *values: str) -> None:
        """Keep values that the server handed out from every message and, where core masks, from every output."""
        self.secrets.update(values)
        register(*values)

    def post(self, path: str, *, headers: Mapping[str, str] | None = None, once: bool = False, **body: Any) -> Answer:
        """Send a POST; the body is C(json=) or C(data=) (a form), as in requests.

        :arg once: holds what works one time only (a code, a rotating refresh token): it is never sent again where it may have arrived.
        """
        return self._request("POST", path, headers=headers, once=once, **body)

    def get(self, path: str, *, headers: Mapping[str, str], params: Mapping[str, str]) -> Answer:
        """Send a GET; it may be repeated after any fault of the network."""
        return self._request("GET", path, headers=headers, params=params)

    def _request(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, once: bool = False, **content: Any) -> Answer:
        """Send it until it is answered for good.

        :raises Unreachable: no whole answer came.
        :raises ServerFailed: the answer is a redirect, or asks for a pause longer than LONGEST_PAUSE.
        """
        requests, urllib3 = _import_requests()
        retry = urllib3.util.Retry(total=self._retries, backoff_factor=0.5)
        arguments = {"method": method, "url": self.server + path, "headers": dict(headers or {}), **content}
        while True:
            self._session = self._session or self._new_session(requests, urllib3)
            outcome = self._attempt(self._session, arguments)
            again = _may_repeat(outcome, method=method, once=once)
            if not again or retry.total <= 0:
                return self._settle(outcome)
            retry = retry.increment(method, path)
            self._pause(retry, outcome)

    def _attempt(self, session: Any, arguments: dict[str, Any]) -> Answer | Fault:
        """Send it once. The deadline bounds all of it, also a name that never resolves and headers that drip: those know no timeout."""
        outcome: queue.SimpleQueue[Answer | Fault] = queue.SimpleQueue()
        worker = threading.Thread(target=lambda: outcome.put(self._exchange(session, arguments)), daemon=True)
        worker.start()
        try:
            # Half a second more than the library's own timeouts, so that their better explanation comes first.
            result = outcome.get(timeout=self._timeout + 0.5)
        except queue.Empty:
            result = Fault(f"did not answer in full within {self._timeout} seconds. Check the network, or raise timeout.", unsent=False)
            self._session = None  # its thread may still be at it
        return result

    def _exchange(self, session: Any, arguments: dict[str, Any]) -> Answer | Fault:
        sent_at = time.time()
        try:
            # verify goes with the request: on the session, REQUESTS_CA_BUNDLE would win over it.
            with session.request(
                **arguments, timeout=self._timeout, verify=self._verify, cert=self._certificate, allow_redirects=False, stream=True, auth=_no_netrc
            ) as response:
                if response.headers.get("Content-Encoding", "").strip().lower() not in _PACKED:
                    return NOT_DECODED
                body = b""
                for chunk in response.iter_content(_PIECE):
                    body += chunk
                    if len(body) > _LARGEST_ANSWER:
                        return Fault("sent more than 1 MiB. Check that server is the token service.", unsent=False, final=True)
                return Answer(self.server, response.status_code, response.headers, body, sent_at)
        except Exception as exc:  # pylint: disable=broad-except  # whatever it is, it quotes URLs and headers: it must not go on
            return explain(exc, timeout=self._timeout)

    def _new_session(self, requests: Any, urllib3: Any) -> Any:
        if self._verify is False:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        session = requests.Session()
        session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "forti.oauth"})
        return session

    def _pause(self, retry: Any, outcome: Answer | Fault) -> None:
        """Wait before the next try, and say so.

        :raises ServerFailed: the server asks for a longer pause than a play should make.
        """
        asked = _retry_after(retry, outcome)
        pause = asked if asked is not None else retry.get_backoff_time() + random.uniform(0.1, 0.6)
        what = f"answered {outcome.status}" if isinstance(outcome, Answer) else outcome.text
        if pause > LONGEST_PAUSE:
            raise ServerFailed(f"{self.server} {what} and asks to come back in {pause:.0f} seconds. Run it again then.")
        # With the time of day: core shows a text once in a run, and each pause is to be seen.
        at = time.strftime("%H:%M:%S", time.localtime(time.time() + pause))
        self._warn(f"{self.server} {what.rstrip('.')}. Trying again in {pause:.1f} seconds, at {at}, {retry.total + 1} tries left.")
        time.sleep(pause)

    def _settle(self, outcome: Answer | Fault) -> Answer:
        if isinstance(outcome, Fault):
            raise Unreachable(f"{self.server} {outcome.text}")
        if 300 <= outcome.status < 400:
            raise ServerFailed(
                f"{self.server} answered {outcome.status}, a redirect. It was not followed, to keep the secrets here. Check server.", status=outcome.status
            )
        return outcome


def _retry_after(retry: Any, outcome: Answer | Fault) -> float | None:
    """Return the pause in seconds that the server asks for; None where it asks for none, or for something that is no time."""
    value = outcome.headers.get("Retry-After") if isinstance(outcome, Answer) else None
    if value is None:
        return None
    retry.retry_after_max = math.inf  # some versions of urllib3 would say six hours where the server says a day
    try:
        return float(retry.parse_retry_after(value))
    except Exception:  # pylint: disable=broad-except  # urllib3's InvalidHeader; OverflowError for a date far away
        return None


def _may_repeat(outcome: Answer | Fault, *, method: str, once: bool) -> bool:
    if isinstance(outcome, Answer):
        return outcome.status in _TRANSIENT and not once
    return not outcome.final and (outcome.unsent or method == "GET")


def _no_netrc(request: Any) -> Any:
    """Stand where requests would look into ~/.netrc and replace the Authorization header."""
    return request


def _import_requests() -> tuple[Any, Any]:
    """Import requests, and the urllib3 below it, as late as this: a token out of the cache needs neither.

    :raises LibraryMissing: requests is not there.
    """
    try:
        import requests
        import urllib3
    except ImportError:
        raise LibraryMissing(
            f"The Python library requests is missing for {sys.executable} on {socket.gethostname()}. "
            f"Install it there (pip install requests), or run the task on the controller (delegate_to: localhost)."
        ) from None
    # It logs whole addresses, which hold a push's session; ANSIBLE_LOG_PATH would keep them.
    logger = logging.getLogger("urllib3")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return requests, urllib3
