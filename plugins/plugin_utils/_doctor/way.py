# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""The way to a server: its name, a connection, the certificate that it presents. Nothing of a user is sent."""

from __future__ import annotations

import base64
import functools
import http.client
import os
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from ansible_collections.forti.oauth.plugins.module_utils._foreign import one_line
from ansible_collections.forti.oauth.plugins.module_utils._http import proxy_for
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.steps import Problem, Skipped


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
        try:
            proxy = urlsplit(found if "://" in found else f"http://{found}") if found else None
            if proxy and not (proxy.hostname and proxy.port != 0):
                raise ValueError
        except ValueError:
            raise Problem("https_proxy is not the URL of a proxy, such as http://proxy.example.com:3128. Check https_proxy.") from None
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
            found = socket.getaddrinfo(*self._at, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:
            raise Problem(f"{self._server} has an unknown host name. Check server and the DNS.") from exc
        return f"{self._at[0]} is {' and '.join(dict.fromkeys(str(address[0]) for *_kind, address in found))}"

    def connect(self) -> str:
        """Connect, and return where to.

        :raises Problem: nobody accepts the connection.
        """
        try:
            with self._connection() as connection:
                return f"{connection.getpeername()[0]}, port {self._at[1]}" if not self._proxy else f"through {self._by_proxy}"
        except (OSError, http.client.HTTPException) as exc:
            raise Problem(self._refused(exc)) from exc

    def presented(self) -> bytes:
        """Return the certificate that the server presents, unchecked, as DER; nothing if it cannot be had."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with self._connection() as connection, context.wrap_socket(connection, server_hostname=self._at[0]) as secured:
                return secured.getpeercert(binary_form=True) or b""
        except (OSError, http.client.HTTPException, Skipped):
            return b""

    def _connection(self) -> socket.socket:
        """Return a new connection to the server."""
        if not self._proxy:
            return socket.create_connection(self._at, self._timeout)
        if self._proxy.scheme != "http":
            raise Skipped(f"{self._by_proxy} makes it")
        tunnel = http.client.HTTPConnection(str(self._proxy.hostname), self._proxy.port or 80, timeout=self._timeout)
        tunnel.set_tunnel(*self._at, headers=_authorization(self._proxy))
        tunnel.connect()
        return tunnel.sock

    def _refused(self, exc: Exception) -> str:
        if isinstance(exc, TimeoutError):
            return f"{self._server} did not accept a connection within {self._timeout} seconds. Check server, the route and the firewall."
        why = os.strerror(exc.errno).lower() if isinstance(exc, OSError) and exc.errno else "no tunnel"
        if self._proxy:
            return f"{self._server} was not reached: {self._by_proxy} failed ({why}). Check https_proxy and no_proxy."
        return f"{self._server} could not be connected to: {why}. Check server, its port and the firewall."


def _authorization(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
