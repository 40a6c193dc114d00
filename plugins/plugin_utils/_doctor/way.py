# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The way to a server: its name, a connection, the certificate that it presents. Nothing of a user is sent."""

from __future__ import annotations

import errno
import functools
import http.client
import os
import re
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ansible_collections.forti.oauth.plugins.module_utils._deadline import within
from ansible_collections.forti.oauth.plugins.module_utils._foreign import one_line
from ansible_collections.forti.oauth.plugins.module_utils._http import proxy_for, tunnel
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.steps import Problem, Skipped

_TUNNEL_REFUSED = re.compile(r"\bfailed: (\d{3})\b")  # the text of http.client


class Way:
    """The way to the server of a task's options, directly or through the proxy that the environment names."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """:arg options: the common options, C(server) being a whole URL without a path."""
        self._server: str = options["server"]
        self._timeout: int = options["timeout"]
        parts = urlsplit(self._server)
        self._at = (str(parts.hostname), parts.port or 443)

    @functools.cached_property
    def _proxy(self) -> SplitResult | None:
        """The proxy; None if the way is direct.

        :raises Problem: what the environment names is not the URL of a proxy.
        :raises LibraryMissing: requests is not installed.
        """
        found = proxy_for(self._server)
        if not found:
            return None
        try:
            proxy = urlsplit(found if "://" in found else f"http://{found}")
            # A character of a password that is not written as %23 and so on ends the host early.
            sound = (
                bool(proxy.hostname) and found.isprintable() and " " not in found and proxy.port != 0 and "@" not in proxy.path + proxy.query + proxy.fragment
            )
        except ValueError:
            sound = False
        if not sound:
            raise Problem("https_proxy is not the URL of a proxy, such as http://proxy.example.com:3128. Check https_proxy.")
        return proxy

    @property
    def _by_proxy(self) -> str:
        """The name of the proxy, without user and password."""
        proxy = self._proxy
        port = f":{proxy.port}" if proxy and proxy.port else ""
        return one_line(f"the proxy {proxy.scheme}://{proxy.hostname}{port}") if proxy else ""

    def resolve(self) -> str:
        """Return the addresses of the server's name.

        :raises Problem: it has none.
        """
        if self._proxy:
            raise Skipped(f"{self._by_proxy} looks it up")
        try:
            found = within(self._timeout, lambda: socket.getaddrinfo(*self._at, type=socket.SOCK_STREAM))
        except TimeoutError:
            raise Problem(f"{self._server}: the DNS did not answer within {self._timeout} seconds. Check the DNS of this machine.") from None
        except (OSError, UnicodeError) as exc:
            raise Problem(f"{self._server} has an unknown host name. Check server and the DNS.") from exc
        return f"{self._at[0]} is {' and '.join(dict.fromkeys(str(address[0]) for *_kind, address in found))}"

    def connect(self) -> str:
        """Connect, and return where to.

        :raises Problem: nobody accepts the connection.
        """
        by_proxy = self._by_proxy
        try:
            with within(self._timeout, self._connection) as connection:
                return f"through {by_proxy}" if by_proxy else f"{connection.getpeername()[0]}, port {self._at[1]}"
        except (OSError, ValueError, http.client.HTTPException) as exc:
            raise Problem(self._refused_by_proxy(exc) if by_proxy else self._refused(exc)) from exc

    def presented(self) -> bytes | None:
        """Return the certificate that the server presents, unchecked, as DER; empty if there is none, None if the way there is not known."""
        try:
            return within(self._timeout, self._handshake)
        except Skipped:
            return None
        except (OSError, ValueError, http.client.HTTPException):
            return b""

    def _handshake(self) -> bytes:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with self._connection() as connection, context.wrap_socket(connection, server_hostname=self._at[0]) as secured:
            return secured.getpeercert(binary_form=True) or b""

    def _connection(self) -> socket.socket:
        """Return a new connection to the server."""
        if not self._proxy:
            return socket.create_connection(self._at, self._timeout)
        if self._proxy.scheme != "http":
            raise Skipped(f"{self._by_proxy} makes it")
        return tunnel(self._proxy.geturl(), self._at, timeout=self._timeout)

    def _refused(self, exc: Exception) -> str:
        if isinstance(exc, TimeoutError):
            return f"{self._server} did not accept a connection within {self._timeout} seconds. Check server, the route and the firewall."
        return f"{self._server} could not be connected to: {_reason(exc)}. Check server, its port and the firewall."

    def _refused_by_proxy(self, exc: Exception) -> str:
        answered = _TUNNEL_REFUSED.search(str(exc))  # nothing else of the text is shown: it may quote the proxy
        if isinstance(exc, TimeoutError):
            why = f"it opened no tunnel within {self._timeout} seconds"
        elif answered:
            user = ", so it wants a user and a password in its URL" if answered[1] == "407" else ""
            why = f"it answered {answered[1]}{user}"
        else:
            why = _reason(exc)
        return f"{self._server} was not reached: {self._by_proxy} failed ({why}). Check https_proxy and no_proxy."


def _reason(exc: Exception) -> str:
    if isinstance(exc, (socket.gaierror, UnicodeError)):
        return "unknown host name"
    known = isinstance(exc, OSError) and exc.errno in errno.errorcode
    return os.strerror(exc.errno).lower() if known else "no connection"  # type: ignore[attr-defined]
