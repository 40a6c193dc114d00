# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""One request over the library requests: TLS, proxies, retries, one deadline, a size limit. No other file imports requests."""

from __future__ import annotations

import dataclasses
import logging
import math
import random
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._deadline import within
from ansible_collections.forti.oauth.plugins.module_utils._errors import LibraryMissing, NotConnected, ServerFailed, Unreachable
from ansible_collections.forti.oauth.plugins.module_utils._http_faults import NOT_DECODED, TransportError, explain
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response
from ansible_collections.forti.oauth.plugins.module_utils._http_tls import tls
from ansible_collections.forti.oauth.plugins.module_utils._http_trust import system_adapter
from ansible_collections.forti.oauth.plugins.module_utils._redaction import register_foreign

LONGEST_PAUSE = 30  # seconds; a Retry-After beyond it is an error
_LARGEST_BODY = 1024 * 1024
_PIECE = 8192  # bytes read at a time; older versions of urllib3 decompress a piece as a whole, to up to a thousand times its size
_ENCODINGS = ("", "identity", "gzip", "deflate")  # other or nested encodings could decompress past the size limit
_TRANSIENT = frozenset({429, 500, 502, 503, 504})


class Http:
    """Requests to one server, with the server options of a task."""

    def __init__(self, options: Mapping[str, Any], *, secrets: set[str], warn: Callable[[str], None]) -> None:
        """
        :arg options: the common options, C(server) being a whole URL without a path.
        :arg secrets: the values that no message may hold. The set grows as the server hands out more.
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
        """Keep values that the server handed out from every message and, if core masks secrets, from every output."""
        self.secrets.update(values)
        register_foreign(*values)

    def post(self, path: str, *, headers: Mapping[str, str] | None = None, one_time: bool = False, **body: Any) -> Response:
        """Send a POST. The body is C(json=) or C(data=) (a form), as in requests.

        :arg one_time: the body holds what works once (a code, a rotating refresh token). It is never sent again if it may have arrived.
        """
        return self._request("POST", path, headers=headers, one_time=one_time, **body)

    def get(self, path: str, *, headers: Mapping[str, str], params: Mapping[str, str]) -> Response:
        """Send a GET. It may be sent again after any network fault."""
        return self._request("GET", path, headers=headers, params=params)

    def _request(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, one_time: bool = False, **content: Any) -> Response:
        """Send the request, and send it again as long as that may help.

        :raises Unreachable: no complete response came back.
        :raises ServerFailed: the response is a redirect, or asks for a pause longer than LONGEST_PAUSE.
        """
        requests, urllib3 = _import_requests()
        retry = urllib3.util.Retry(total=self._retries, backoff_factor=0.5)
        arguments = {"method": method, "url": self.server + path, "headers": dict(headers or {}), **content}
        unsent = True
        while True:
            self._session = self._session or self._new_session(requests, urllib3)
            outcome, repeated = self._attempt(self._session, arguments), not unsent
            unsent = unsent and isinstance(outcome, TransportError) and outcome.unsent
            again = _may_repeat(outcome, method=method, one_time=one_time)
            if not again or retry.total <= 0:
                return dataclasses.replace(self._settle(outcome, unsent=unsent), repeated=repeated)
            retry = retry.increment(method, path)
            self._pause(retry, outcome)

    def _attempt(self, session: Any, arguments: dict[str, Any]) -> Response | TransportError:
        """Send the request once, within the deadline. The library's own timeouts do not cover name resolution and slow headers."""
        try:
            # Half a second longer than the library's own timeouts, because their errors explain more.
            result = within(self._timeout + 0.5, lambda: self._exchange(session, arguments))
        except TimeoutError:
            result = TransportError(f"did not answer in full within {self._timeout} seconds. Check the network, or raise timeout.", unsent=False)
            self._session = None  # the thread may still use it
        return result

    def _exchange(self, session: Any, arguments: dict[str, Any]) -> Response | TransportError:
        sent_at = time.time()
        try:
            # verify goes with the request: on the session, REQUESTS_CA_BUNDLE would win over ca_path.
            with session.request(
                **arguments, timeout=self._timeout, verify=self._verify, cert=self._certificate, allow_redirects=False, stream=True, auth=_no_netrc
            ) as response:
                if response.headers.get("Content-Encoding", "").lower() not in _ENCODINGS:
                    return NOT_DECODED
                body = b""
                for chunk in response.iter_content(_PIECE):
                    body += chunk
                    if len(body) > _LARGEST_BODY:
                        return TransportError("sent more than 1 MiB. Check that server is the token service.", unsent=False, final=True)
                return Response(self.server, response.status_code, response.headers, body, sent_at)
        except Exception as exc:  # pylint: disable=broad-except  # every exception of the library may quote URLs and headers
            return explain(exc, timeout=self._timeout, trusted=self._verify)

    def _new_session(self, requests: Any, urllib3: Any) -> Any:
        if self._verify is False:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        session = requests.Session()
        if self._verify is True:
            session.mount("https://", system_adapter(requests.adapters))
        session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "forti.oauth"})
        return session

    def _pause(self, retry: Any, outcome: Response | TransportError) -> None:
        """Warn, then wait before the next try.

        :raises ServerFailed: the server asks for a pause longer than LONGEST_PAUSE.
        """
        asked = _retry_after(retry, outcome)
        pause = asked if asked is not None else retry.get_backoff_time() + random.uniform(0.1, 0.6)
        what = f"answered {outcome.status}" if isinstance(outcome, Response) else outcome.text
        if pause > LONGEST_PAUSE:
            raise ServerFailed(f"{self.server} {what} and asks to come back in {pause:.0f} seconds. Run it again then.")
        # The time of day makes each warning unique: core shows the same text only once in a run.
        at = time.strftime("%H:%M:%S", time.localtime(time.time() + pause))
        self._warn(f"{self.server} {what.rstrip('.')}. Trying again in {pause:.1f} seconds, at {at}, {_tries(retry.total + 1)} left.")
        time.sleep(pause)

    def _settle(self, outcome: Response | TransportError, *, unsent: bool) -> Response:
        """Return the response, or raise what the last try ended with.

        :arg unsent: nothing of the request was sent, in any try.
        """
        if isinstance(outcome, TransportError):
            problem = (NotConnected if outcome.unsent and not outcome.final else Unreachable)(f"{self.server} {outcome.text}")
            problem.unsent = unsent
            raise problem
        if 300 <= outcome.status < 400:
            raise ServerFailed(
                f"{self.server} answered {outcome.status}, a redirect. It was not followed, to keep the secrets here. Check server.", status=outcome.status
            )
        return outcome


def proxy_for(url: str) -> str | None:
    """Return the URL of the proxy through which a request to this URL goes; None if it goes directly. It may hold a password.

    :raises LibraryMissing: requests is not installed.
    """
    requests, _urllib3 = _import_requests()
    found: str | None = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    return found


def tunnel(proxy: str, place: tuple[str, int], *, timeout: float) -> socket.socket:
    """Return a connection to a place through an HTTP proxy, which is asked as requests asks it.

    :arg proxy: the whole URL of the proxy.
    :raises OSError: the proxy does not answer, or refuses.
    :raises http.client.HTTPException: its answer makes no sense.
    """
    requests, urllib3 = _import_requests()
    parts = urllib3.util.parse_url(proxy)
    connection = urllib3.connection.HTTPConnection(parts.host.strip("[]"), parts.port or 80, timeout=timeout)
    connection.set_tunnel(*place, headers=requests.adapters.HTTPAdapter().proxy_headers(proxy))
    try:
        connection.connect()
    except urllib3.exceptions.HTTPError as exc:  # its own wrap those of the socket
        cause = exc.__cause__ or exc.__context__  # urllib3 1.26 names no cause
        raise cause if isinstance(cause, OSError) else OSError from exc
    opened: socket.socket = connection.sock
    return opened


def _retry_after(retry: Any, outcome: Response | TransportError) -> float | None:
    """Return the pause in seconds that the server asks for; None if it asks for none or the header is invalid."""
    value = outcome.headers.get("Retry-After") if isinstance(outcome, Response) else None
    if value is None:
        return None
    retry.retry_after_max = math.inf  # some versions of urllib3 cap it at six hours
    try:
        return float(retry.parse_retry_after(value))
    except Exception:  # pylint: disable=broad-except  # urllib3's InvalidHeader; OverflowError for a date far away
        return None


def _tries(number: int) -> str:
    return "1 try" if number == 1 else f"{number} tries"


def _may_repeat(outcome: Response | TransportError, *, method: str, one_time: bool) -> bool:
    if isinstance(outcome, Response):
        return outcome.status in _TRANSIENT and not one_time
    return not outcome.final and (outcome.unsent or method == "GET")


def _no_netrc(request: Any) -> Any:
    """Leave the request as it is. Without an auth callable, requests would replace the Authorization header from ~/.netrc."""
    return request


def _import_requests() -> tuple[Any, Any]:
    """Import requests and urllib3 only when a request is sent: a cached token needs neither.

    :raises LibraryMissing: requests is not installed.
    """
    try:
        import requests
        import urllib3
    except ImportError:
        raise LibraryMissing(
            f"The Python library requests is missing for {sys.executable} on {socket.gethostname()}. "
            f"Install it there (pip install requests). A task without delegate_to needs it on the controller only."
        ) from None
    # urllib3 logs whole URLs, which hold the session of a push; they would end up in ANSIBLE_LOG_PATH.
    logger = logging.getLogger("urllib3")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return requests, urllib3
