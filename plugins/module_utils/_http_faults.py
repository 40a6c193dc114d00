# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Explain failed requests to people. An exception's own text is never used: it may quote URLs and headers."""

from __future__ import annotations

import dataclasses
import errno
import os
import socket
import ssl
from collections.abc import Iterator

from ansible_collections.forti.oauth.plugins.module_utils._foreign import one_line
from ansible_collections.forti.oauth.plugins.module_utils._http_trust import passed_over

_NO_CERTIFICATE = "presented a certificate that is not trusted"
# OpenSSL's codes (x509_vfy.h) of the faults that people meet, each with what to do.
_CERTIFICATE_FAULTS = {
    9: "presented a certificate that is not valid yet. Check the clock of this machine.",
    10: "presented a certificate that has expired. Renew it, and check the clock of this machine.",
    18: f"{_NO_CERTIFICATE}: it is self-signed. Set ca_path to it.",
    19: f"{_NO_CERTIFICATE}: its own CA is unknown here. Set ca_path to that CA's certificate.",
    20: f"{_NO_CERTIFICATE}: its issuer is unknown here. Set ca_path to the issuer's certificate.",
    62: "presented a certificate for another host name. Set server to the name in the certificate.",
    64: "presented a certificate that does not name this IP address. Set server to the name in the certificate.",
}
_NO_PEM = "NO_CERTIFICATE_OR_CRL_FOUND"  # OpenSSL's reason if a file holds no certificate
_CLOSED = "closed the connection before its answer was complete. It is unknown whether the request arrived."


@dataclasses.dataclass(frozen=True)
class TransportError:
    """Why no response came back. The text follows the server's name in a sentence.

    C(unsent): the server cannot have received anything of the request. C(final): another try would fail in the same way.
    """

    text: str
    unsent: bool
    final: bool = False


NOT_DECODED = TransportError("sent an answer that cannot be decoded. Check that server is the token service.", unsent=False, final=True)
_NO_PROXY = "was not reached: the proxy failed. Check https_proxy and no_proxy."
# The server's own URL was checked before, so these come from a proxy: its URL is invalid, or SOCKS needs a library that is missing.
_BAD_PROXY = frozenset({"InvalidSchema", "InvalidURL", "ProxySchemeUnknown", "ProxySchemeUnsupported"})


def explain(exc: BaseException, *, timeout: int, trusted: bool | str = False) -> TransportError:
    """Return what an exception of requests means, by the types in its chain, the innermost first.

    :arg trusted: True if the system's certificates counted, so that it matters if the environment names others in vain; else their file.
    """
    chain = list(_chain(exc))
    names = {cls.__name__ for link in chain for cls in type(link).__mro__}
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            return TransportError(_certificate(link, trusted), unsent=True, final=True)
    if "ProxyError" in names:
        return _proxy_fault(chain)
    for link in chain:
        if isinstance(link, ssl.SSLError) and getattr(link, "reason", None) == _NO_PEM:
            return TransportError("was not asked: ca_path holds no certificate (PEM). Check ca_path.", unsent=True, final=True)
        if isinstance(link, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return TransportError(_CLOSED, unsent=False)
        if isinstance(link, ssl.SSLError):
            return TransportError(f"could not agree on TLS ({_tls_reason(link)}). Check the port in server, ca_path and client_cert.", unsent=False, final=True)
        if isinstance(link, (socket.gaierror, UnicodeError)):  # UnicodeError: a part of the name is empty or too long
            return TransportError("has an unknown host name. Check server and the DNS.", unsent=True)
    if not _BAD_PROXY.isdisjoint(names):
        return TransportError(_NO_PROXY, unsent=True, final=True)
    return _connection_fault(chain, names, timeout)


def _proxy_fault(chain: list[BaseException]) -> TransportError:
    """Explain a ProxyError. Older versions of urllib3 also raise it if the connection broke after the request was sent."""
    if any(isinstance(link, ConnectionError) and not isinstance(link, ConnectionRefusedError) for link in chain):
        return TransportError("was not reached through the proxy, or its answer was lost there. Check https_proxy and no_proxy.", unsent=False)
    return TransportError(_NO_PROXY, unsent=True)


def _connection_fault(chain: list[BaseException], names: set[str], timeout: int) -> TransportError:
    # First, because in some versions of urllib3 it is a subclass of ConnectTimeoutError.
    if "NewConnectionError" in names:
        return TransportError(f"could not be connected to: {_os_reason(chain)}. Check server, its port and the firewall.", unsent=True)
    if "ConnectTimeout" in names or "ConnectTimeoutError" in names:
        return TransportError(f"did not accept a connection within {timeout} seconds. Check server, the route and the firewall.", unsent=True)
    if "Timeout" in names or "ReadTimeoutError" in names:
        return TransportError(f"did not answer within {timeout} seconds. Check the network, or raise timeout.", unsent=False)
    if "ConnectionError" in names or "ProtocolError" in names or "ChunkedEncodingError" in names:
        return TransportError(_CLOSED, unsent=False)
    if "ContentDecodingError" in names or "DecodeError" in names:
        return NOT_DECODED
    if any(isinstance(link, OSError) for link in chain):
        return TransportError(f"could not be asked: {_os_reason(chain)}. Check ca_path and REQUESTS_CA_BUNDLE.", unsent=True, final=True)
    return TransportError(f"could not be asked ({type(chain[0]).__name__}).", unsent=False, final=True)


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes, the deepest first. urllib3 keeps causes in args, reason and context."""
    seen: list[BaseException] = []
    waiting: list[object] = [exc]
    while waiting:
        link = waiting.pop()
        if isinstance(link, BaseException) and not any(link is known for known in seen):
            seen.append(link)
            waiting += [*link.args, getattr(link, "reason", None), link.__cause__, link.__context__]
    return reversed(seen)


def _certificate(exc: ssl.SSLCertVerificationError, trusted: bool | str) -> str:
    known = _CERTIFICATE_FAULTS.get(exc.verify_code)
    text = known or f"{_NO_CERTIFICATE} ({exc.verify_message}). Check ca_path and the server's certificate."
    if not trusted or not text.startswith(_NO_CERTIFICATE):
        return text
    return text + (passed_over() if trusted is True else one_line(f" {trusted} does not hold it."))


def _tls_reason(exc: ssl.SSLError) -> str:
    return str(getattr(exc, "reason", None) or type(exc).__name__).replace("_", " ").lower()


def _os_reason(chain: list[BaseException]) -> str:
    numbers = [link.errno for link in chain if isinstance(link, OSError) and isinstance(link.errno, int)]
    known = [number for number in numbers if number in errno.errorcode]
    return os.strerror(known[0]).lower() if known else "a file with certificates is missing"
