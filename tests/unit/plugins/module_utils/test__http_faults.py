# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed request means: real failures of real sockets where they are cheap, built ones where they are not."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import urllib3
from ansible_collections.forti.oauth.plugins.module_utils._http_faults import TransportError, explain

SECRET = "hunter2"
POOL = urllib3.HTTPConnectionPool("fac.example.com")
CLOSED = TransportError("closed the connection before its answer was complete. It is unknown whether the request arrived.", unsent=False)
NO_ANSWER = TransportError("did not answer within 7 seconds. Check the network, or raise timeout.", unsent=False)
NO_PROXY = TransportError("was not reached: the proxy failed. Check https_proxy and no_proxy.", unsent=True)
Talk = Callable[[socket.socket], None]


def fault_of(url: str, **arguments: Any) -> TransportError:
    """Send a request that fails, with a secret in its URL and in a header; return what is said of it."""
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": f"Basic {SECRET}", **arguments.pop("headers", {})}
        try:
            session.get(f"{url}/{SECRET}", params={"s": SECRET}, headers=headers, **{"timeout": 5, **arguments})
        except Exception as exc:
            fault = explain(exc, timeout=7)
            assert SECRET not in fault.text
            return fault
    raise AssertionError("It did not fail.")


@contextlib.contextmanager
def server(talk: Talk) -> Iterator[int]:
    """Serve one connection on a port of this machine."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _address = listener.accept()
            with connection:
                talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def sending(response: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(response)

    return talk


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_port_that_refuses() -> None:
    assert fault_of(f"https://127.0.0.1:{closed_port()}") == TransportError(
        "could not be connected to: connection refused. Check server, its port and the firewall.", unsent=True
    )


def test_a_host_that_does_not_exist() -> None:
    assert fault_of("https://nosuch.invalid") == TransportError("has an unknown host name. Check server and the DNS.", unsent=True)


def test_a_proxy_that_refuses() -> None:
    assert fault_of("https://fac.example.com", proxies={"https": f"http://user:{SECRET}@127.0.0.1:{closed_port()}"}) == NO_PROXY


def test_a_proxy_that_says_no() -> None:
    with server(sending(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")) as port:
        assert fault_of("https://fac.example.com", proxies={"https": f"http://user:{SECRET}@127.0.0.1:{port}"}) == NO_PROXY


@pytest.mark.parametrize("url", ["not a url", "socks5://127.0.0.1:1", "ftp://127.0.0.1:1", "http://[", f"http://user:{SECRET}@[x]:1"])
def test_a_proxy_that_is_none(url: str) -> None:
    assert fault_of("https://fac.example.com", proxies={"https": url}).text == NO_PROXY.text


@pytest.mark.parametrize("host", ["a..b", "a" * 64, "a" * 300])
def test_a_name_that_cannot_be(host: str) -> None:
    assert fault_of(f"https://{host}").text == "has an unknown host name. Check server and the DNS."


def test_a_bundle_of_the_environment_that_is_not_there() -> None:
    fault = TransportError("could not be asked: a file with certificates is missing. Check ca_path and REQUESTS_CA_BUNDLE.", unsent=True, final=True)
    assert fault_of("https://127.0.0.1:1", verify="/no/such/file") == fault


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_server_that_says_nothing(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert fault_of(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", timeout=0.1) == NO_ANSWER


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 2", id="half a status"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", id="a part of the body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", id="a part of a chunk"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", id="another protocol"),
    ],
)
def test_a_server_that_breaks_off(response: bytes) -> None:
    with server(sending(response)) as port:
        assert fault_of(f"http://127.0.0.1:{port}") == CLOSED


def test_a_response_that_cannot_be_decoded() -> None:
    with server(sending(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")) as port:
        assert fault_of(f"http://127.0.0.1:{port}") == TransportError(
            "sent an answer that cannot be decoded. Check that server is the token service.", unsent=False, final=True
        )


def test_a_port_without_tls() -> None:
    with server(sending(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        fault = fault_of(f"https://127.0.0.1:{port}")
    assert (fault.unsent, fault.final) == (False, True)
    assert fault.text.startswith("could not agree on TLS (")
    assert fault.text.endswith("). Check the port in server, ca_path and client_cert.")


def test_a_server_that_closes_at_hello() -> None:
    with server(lambda connection: connection.shutdown(socket.SHUT_RDWR)) as port:
        assert fault_of(f"https://127.0.0.1:{port}").unsent is False


def built(reason: Exception, *, kind: type[Exception] = requests.exceptions.ConnectionError) -> Exception:
    """Return the reason as requests hands it on."""
    return kind(urllib3.exceptions.MaxRetryError(None, f"/{SECRET}", reason))  # type: ignore[arg-type]


def certificate(code: int, message: str) -> Exception:
    reason = ssl.SSLCertVerificationError(1, f"certificate verify failed: {message}")
    reason.verify_code, reason.verify_message = code, message
    return built(urllib3.exceptions.SSLError(reason), kind=requests.exceptions.SSLError)


@pytest.mark.parametrize("broken", [ConnectionResetError(errno.ECONNRESET, SECRET), BrokenPipeError(errno.EPIPE, SECRET)], ids=["reset", "pipe"])
def test_a_connection_through_a_proxy_that_breaks_may_have_brought_the_request(broken: OSError) -> None:
    """urllib3 1.26 calls it a fault of the proxy, also after the request went out: it must not go out again."""
    fault = explain(built(urllib3.exceptions.ProxyError("Cannot connect to proxy.", broken), kind=requests.exceptions.ProxyError), timeout=7)
    assert fault == TransportError("was not reached through the proxy, or its answer was lost there. Check https_proxy and no_proxy.", unsent=False)


def test_tls_that_ends_in_the_middle() -> None:
    """Python 3.10 and older say so where the connection breaks after the request."""
    broken = ssl.SSLEOFError(8, "EOF occurred in violation of protocol")
    assert explain(built(urllib3.exceptions.SSLError(broken), kind=requests.exceptions.SSLError), timeout=7) == CLOSED


NOT_TRUSTED = "presented a certificate that is not trusted"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (10, "presented a certificate that has expired. Renew it, and check the clock of this machine."),
        (18, f"{NOT_TRUSTED}: it is self-signed. Set ca_path to it."),
        (19, f"{NOT_TRUSTED}: its own CA is unknown here. Set ca_path to that CA's certificate."),
        (20, f"{NOT_TRUSTED}: its issuer is unknown here. Set ca_path to the issuer's certificate."),
        (62, "presented a certificate for another host name. Set server to the name in the certificate."),
        (64, "presented a certificate that does not name this IP address. Set server to the name in the certificate."),
        (23, f"{NOT_TRUSTED} (certificate revoked). Check ca_path and the server's certificate."),
    ],
)
def test_a_certificate_says_what_is_wrong_with_it(code: int, text: str) -> None:
    assert explain(certificate(code, "certificate revoked"), timeout=7) == TransportError(text, unsent=True, final=True)


def test_a_file_without_the_issuer_is_named() -> None:
    """Who has set ca_path need not be told to set it."""
    said = explain(certificate(20, "unable to get local issuer certificate"), timeout=7, trusted="/etc/ssl/\nour.pem").text
    assert said.endswith("Set ca_path to the issuer's certificate. /etc/ssl/ our.pem does not hold it.")
    assert "our.pem" not in explain(certificate(10, "certificate has expired"), timeout=7, trusted="/etc/ssl/our.pem").text


def test_a_proxys_certificate_is_a_certificate() -> None:
    assert "self-signed" in explain(built(certificate(18, "self-signed"), kind=requests.exceptions.ProxyError), timeout=7).text


CONNECT_TIMEOUT = TransportError("did not accept a connection within 7 seconds. Check server, the route and the firewall.", unsent=True)
UNREACHABLE = TransportError("could not be connected to: no route to host. Check server, its port and the firewall.", unsent=True)
NO_FILE = TransportError("could not be asked: permission denied. Check ca_path and REQUESTS_CA_BUNDLE.", unsent=True, final=True)


def no_route() -> Exception:
    reason = urllib3.exceptions.NewConnectionError(None, "Failed to establish a new connection")  # type: ignore[arg-type]
    reason.__cause__ = OSError(errno.EHOSTUNREACH, "No route to host")
    return built(reason)


@pytest.mark.parametrize(
    ("exc", "fault"),
    [
        pytest.param(built(urllib3.exceptions.ConnectTimeoutError(SECRET), kind=requests.exceptions.ConnectTimeout), CONNECT_TIMEOUT, id="connect timeout"),
        pytest.param(no_route(), UNREACHABLE, id="no route"),
        pytest.param(requests.exceptions.ReadTimeout(SECRET), NO_ANSWER, id="read timeout"),
        pytest.param(requests.exceptions.ConnectionError(urllib3.exceptions.ReadTimeoutError(POOL, SECRET, "")), NO_ANSWER, id="drip"),
        pytest.param(requests.exceptions.ConnectionError(ConnectionResetError(errno.ECONNRESET, SECRET)), CLOSED, id="reset"),
        pytest.param(PermissionError(errno.EACCES, SECRET, SECRET), NO_FILE, id="a file that may not be read"),
        pytest.param(ValueError(SECRET), TransportError("could not be asked (ValueError).", unsent=False, final=True), id="a fault of ours"),
    ],
)
def test_built_failures(exc: Exception, fault: TransportError) -> None:
    assert explain(exc, timeout=7) == fault


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    first.args = (first, second)
    assert explain(first, timeout=7).text == "could not be asked (ValueError)."
