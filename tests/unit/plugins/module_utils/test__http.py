# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request over real TLS: what is sent, when it is sent again, when it ends, and what the user reads."""

from __future__ import annotations

import base64
import contextlib
import datetime
import email.utils
import gzip
import json
import logging
import logging.handlers
import pathlib
import queue
import socket
import ssl
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils import _redaction
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, LibraryMissing, NotConnected, OptionError, ServerFailed, Unreachable
from ansible_collections.forti.oauth.plugins.module_utils._http import Http
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response

from tests.unit.plugins.module_utils.serving import serving

pytest.importorskip("trustme", reason="it needs trustme, which is not installed")
import trustme

if TYPE_CHECKING:
    from extensions.simulator import Simulator

PATH = "/api/v1/oauth/token/"
MIB = 1024 * 1024
CLOSED = "closed the connection before its answer was complete. It is unknown whether the request arrived."
NOT_DECODED = "sent an answer that cannot be decoded. Check that server is the token service."
TOO_LARGE = "sent more than 1 MiB. Check that server is the token service."
NO_PROXY = "was not reached: the proxy failed. Check https_proxy and no_proxy."
REFUSES = "could not be connected to: connection refused. Check server, its port and the firewall."
REFUSED_URL = "https://127.0.0.1:1"
Send = Callable[[Http], Response]


def get(http: Http) -> Response:
    return http.get(PATH, headers={}, params={})


def post(http: Http) -> Response:
    return http.post(PATH, json={"a": "b"})


def post_one_time(http: Http) -> Response:
    return http.post(PATH, json={"code": "k"}, one_time=True)


EVERY_WAY = pytest.mark.parametrize("send", [get, post, post_one_time])


class Client(Http):
    """A client that remembers its warnings."""

    def __init__(self, server: str, **options: Any) -> None:
        known = {"validate_certs": True, "ca_path": None, "client_cert": None, "client_key": None, "timeout": 10, "retries": 3}
        self.warned: list[str] = []
        super().__init__({"server": server, **known, **options}, secrets=set(), warn=self.warned.append)


@pytest.fixture
def http(sim: Simulator, pauses: list[float]) -> Client:
    """A client of the simulator. Its pauses take no time."""
    return Client(sim.url, ca_path=sim.ca)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def error_of(send: Send, http: Http) -> FortiError:
    with pytest.raises(FortiError) as caught:
        send(http)
    return caught.value


# What is sent, and what comes back.


def headers_of(request: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in request["headers"].items() if name not in ("Host", "Connection", "Content-Length")}


OWN_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "forti.oauth"}


def test_a_get_is_sent_as_given(http: Client, sim: Simulator) -> None:
    http.get("/x/", headers={"Authorization": "Bearer A30"}, params={"client_id": "a b&c"})
    (request,) = sim.requests
    assert (request["method"], request["path"], request["query"], request["body"]) == ("GET", "/x/", "client_id=a+b%26c", "")
    assert headers_of(request) == {**OWN_HEADERS, "Authorization": "Bearer A30"}
    assert request["headers"]["Host"] == sim.host


def test_a_post_is_sent_as_json(http: Client, sim: Simulator) -> None:
    http.post("/x/", headers={"Content-Type": "application/json"}, json={"password": 'pä"ss'})
    (request,) = sim.requests
    assert (request["method"], request["path"], request["query"]) == ("POST", "/x/", "")
    assert json.loads(request["body"]) == {"password": 'pä"ss'}
    assert headers_of(request) == {**OWN_HEADERS, "Content-Type": "application/json"}


def test_a_post_is_sent_as_a_form(http: Client, sim: Simulator) -> None:
    http.post("/x", headers={"Content-Type": "application/x-www-form-urlencoded"}, data={"username": "u@example.com", "password": "p&w d"})
    (request,) = sim.requests
    assert request["body"] == "username=u%40example.com&password=p%26w+d"
    assert headers_of(request) == {**OWN_HEADERS, "Content-Type": "application/x-www-form-urlencoded"}


def test_a_response_holds_what_the_server_sent_and_when_the_request_was_sent(http: Client, sim: Simulator) -> None:
    sim.fault(PATH, status=207, body={"a": "ü"}, headers={"X-Own": "7"}, delay=0.2)
    before = time.time()
    response = post(http)
    assert (response.server, response.status, response.json(), response.headers["x-own"]) == (sim.url, 207, {"a": "ü"}, "7")
    assert before <= response.sent_at <= sim.requests[0]["at"]


def test_netrc_does_not_replace_the_authorization(http: Client, sim: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    http.get("/x/", headers={"Authorization": "Bearer A30"}, params={})
    http.get("/x/", headers={}, params={})
    assert [request["headers"].get("Authorization") for request in sim.requests] == ["Bearer A30", None]


# What is sent again.


@pytest.mark.parametrize("send", [get, post])
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_tried_again(http: Client, sim: Simulator, pauses: list[float], status: int, send: Send) -> None:
    sim.fault(PATH, status=status, times=2)
    sim.fault(PATH, status=200, body={"a": 1})
    assert send(http).json() == {"a": 1}
    assert len(sim.requests) == 3
    assert len({(request["method"], request["path"], request["body"]) for request in sim.requests}) == 1
    assert len(pauses) == len(http.warned) == 2


@EVERY_WAY
@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404, 405, 406, 408, 418, 501, 505])
def test_any_other_status_is_final(http: Client, sim: Simulator, pauses: list[float], status: int, send: Send) -> None:
    sim.fault(PATH, status=status, times=None)
    assert send(http).status == status
    assert len(sim.requests) == 1
    assert (pauses, http.warned) == ([], [])


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_a_request_is_sent_again_as_often_as_retries_says(sim: Simulator, pauses: list[float], retries: int) -> None:
    sim.fault(PATH, status=503, body={"error": "busy"}, times=None)
    response = post(Client(sim.url, ca_path=sim.ca, retries=retries))
    assert (response.status, response.json()) == (503, {"error": "busy"})
    assert len(sim.requests) == retries + 1
    assert len(pauses) == retries


def test_each_request_has_all_its_retries(http: Client, sim: Simulator) -> None:
    sim.fault(PATH, status=503, times=None)
    post(http)
    post(http)
    assert len(sim.requests) == 8


def test_pauses_grow_and_differ(sim: Simulator, pauses: list[float]) -> None:
    sim.fault(PATH, status=503, times=None)
    post(Client(sim.url, ca_path=sim.ca, retries=4))
    assert [pytest.approx(least + 0.35, abs=0.25) for least in (0, 1, 2, 4)] == pauses
    assert len({pause % 1 for pause in pauses}) == 4


def test_a_warning_says_what_happened_and_when_it_is_tried_again(http: Client, sim: Simulator, pauses: list[float]) -> None:
    sim.fault(PATH, status=503, headers={"Retry-After": "7"})
    sim.fault(PATH, status=429, headers={"Retry-After": "0"})
    sim.fault(PATH, status=502, headers={"Retry-After": "1"})
    sim.fault(PATH, status=200)
    post(http)
    assert pauses == [7, 0, 1]
    times = [text.split(", at ")[1].split(", ")[0] for text in http.warned]
    assert all(time.strptime(at, "%H:%M:%S") for at in times)
    assert http.warned == [
        f"{sim.url} answered 503. Trying again in 7.0 seconds, at {times[0]}, 3 tries left.",
        f"{sim.url} answered 429. Trying again in 0.0 seconds, at {times[1]}, 2 tries left.",
        f"{sim.url} answered 502. Trying again in 1.0 seconds, at {times[2]}, 1 try left.",
    ]


@pytest.mark.parametrize(
    ("send", "sent"),
    [pytest.param(get, 4, id="GET"), pytest.param(post, 1, id="POST"), pytest.param(post_one_time, 1, id="POST, one-time")],
)
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"close": True}, id="no response"),
        pytest.param({"close": True, "after_processing": True}, id="no response, but processed"),
        pytest.param({"status": 200, "body": "x" * 100, "truncate": 50}, id="half a response"),
    ],
)
def test_what_may_have_arrived_is_sent_again_only_if_it_is_a_get(http: Client, sim: Simulator, fault: dict[str, Any], send: Send, sent: int) -> None:
    sim.fault(PATH, **fault, times=None)
    error = error_of(send, http)
    assert isinstance(error, Unreachable)
    assert not isinstance(error, NotConnected)
    assert error.unsent is False
    assert error.as_result() == {"msg": f"{sim.url} {CLOSED}"}
    assert len(sim.requests) == sent
    assert len(http.warned) == sent - 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}, {"Retry-After": "9999"}], ids=["no pause", "short pause", "long pause"])
def test_a_one_time_request_is_never_sent_again_after_a_response(http: Client, sim: Simulator, status: int, headers: dict[str, str]) -> None:
    sim.fault(PATH, status=status, headers=headers, times=None)
    assert post_one_time(http).status == status
    assert len(sim.requests) == 1
    assert http.warned == []


@EVERY_WAY
def test_a_request_that_was_never_sent_is_tried_again(pauses: list[float], send: Send) -> None:
    server = f"https://127.0.0.1:{closed_port()}"
    http = Client(server)
    error = error_of(send, http)
    assert isinstance(error, NotConnected)
    assert error.unsent is True
    assert str(error) == f"{server} {REFUSES}"
    assert len(pauses) == 3
    assert [text.split(". Trying again")[0] for text in http.warned] == [f"{server} {REFUSES.rstrip('.')}"] * 3


def test_a_request_that_may_have_arrived_once_counts_as_sent_however_the_last_try_ends(sim: Simulator, http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revocation is sent again after a 503. If there is no connection then, it may have happened all the same."""
    sim.fault(PATH, status=503, times=1)
    attempt, tries = Http._attempt, iter([sim.url, f"https://127.0.0.1:{closed_port()}"])
    monkeypatch.setattr(Http, "_attempt", lambda self, session, arguments: attempt(self, session, {**arguments, "url": next(tries, REFUSED_URL) + PATH}))
    error = error_of(post, http)
    assert len(sim.requests) == 1
    assert error.unsent is False


@EVERY_WAY
def test_a_certificate_that_is_not_trusted_ends_it_before_anything_is_sent(sim: Simulator, pauses: list[float], tmp_path: pathlib.Path, send: Send) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other-ca.pem"))
    http = Client(sim.url, ca_path=str(tmp_path / "other-ca.pem"))
    error = error_of(send, http)
    assert not isinstance(error, NotConnected)  # asking from another host would not help
    assert error.unsent is True
    assert str(error).startswith(f"{sim.url} presented a certificate that is not trusted: ")
    assert (sim.requests, pauses, http.warned) == ([], [], [])


# The pause that a server asks for.


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("value", "pause"), [("0", 0), ("1", 1), (" 5 ", 5), ("30", 30)])
def test_the_pause_is_the_one_that_the_server_asks_for(http: Client, sim: Simulator, pauses: list[float], value: str, pause: int, status: int) -> None:
    sim.fault(PATH, status=status, headers={"Retry-After": value})
    sim.fault(PATH, status=200)
    post(http)
    assert pauses == [pause]


def http_date(seconds: float) -> str:
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return email.utils.format_datetime(at, usegmt=True)


def test_the_server_may_ask_for_a_pause_until_a_time(http: Client, sim: Simulator, pauses: list[float]) -> None:
    sim.fault(PATH, status=503, headers={"Retry-After": http_date(25)})
    sim.fault(PATH, status=503, headers={"Retry-After": http_date(-3600)})
    sim.fault(PATH, status=200)
    post(http)
    assert 10 < pauses[0] <= 25
    assert pauses[1] == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("31", "31", id="31 seconds"),
        pytest.param("86400", "86400", id="a day, more than urllib3's limit"),
        pytest.param("9" * 30, "1" + "0" * 30, id="no end"),
    ],
)
def test_a_pause_of_more_than_30_seconds_is_an_error(http: Client, sim: Simulator, pauses: list[float], value: str, seconds: str) -> None:
    sim.fault(PATH, status=429, headers={"Retry-After": value}, times=None)
    error = error_of(post, http)
    assert isinstance(error, ServerFailed)
    message = str(error)
    assert message.startswith(f"{sim.url} answered 429 and asks to come back in ")
    assert message.endswith(" seconds. Run it again then.")
    assert float(message.split(" come back in ")[1].split(maxsplit=1)[0]) == pytest.approx(float(seconds))
    assert len(sim.requests) == 1
    assert (pauses, http.warned) == ([], [])


def test_a_pause_until_a_time_hours_ahead_is_an_error(http: Client, sim: Simulator, pauses: list[float]) -> None:
    sim.fault(PATH, status=503, headers={"Retry-After": http_date(10 * 3600)})
    assert "answered 503 and asks to come back in 3" in str(error_of(post, http))
    assert pauses == []


def test_the_last_response_is_returned_whatever_pause_it_asks_for(sim: Simulator, pauses: list[float]) -> None:
    sim.fault(PATH, status=429, headers={"Retry-After": "9999"})
    assert post(Client(sim.url, ca_path=sim.ca, retries=0)).status == 429
    assert pauses == []


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("soon", id="a word"),
        pytest.param("", id="empty"),
        pytest.param("-5", id="negative"),
        pytest.param("1.5", id="a fraction"),
        pytest.param("Mon, 99 Foo 2026 00:00:00 GMT", id="no such month"),
        pytest.param("Fri, 31 Dec 99999 23:59:59 GMT", id="year out of range"),
        pytest.param("Fri, 31 Dec 999999999999 23:59:59 GMT", id="year too large"),
        pytest.param("9" * 400, id="number too large"),
    ],
)
def test_an_invalid_pause_is_ignored(http: Client, sim: Simulator, pauses: list[float], value: str) -> None:
    sim.fault(PATH, status=503, headers={"Retry-After": value})
    sim.fault(PATH, status=200)
    assert post(http).status == 200
    assert pauses == [pytest.approx(0.35, abs=0.25)]


# Redirects.


@EVERY_WAY
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_never_followed(http: Client, sim: Simulator, status: int, send: Send) -> None:
    sim.fault(PATH, status=status, headers={"Location": f"{sim.url}/elsewhere"}, times=None)
    error = error_of(send, http)
    assert isinstance(error, ServerFailed)
    message = f"{sim.url} answered {status}, a redirect. It was not followed, to keep the secrets here. Check server."
    assert error.as_result() == {"msg": message, "status": status}
    assert [request["path"] for request in sim.requests] == [PATH]


# The deadline.


@pytest.mark.parametrize("more", [{}, {"drip_headers": True}], ids=["body", "headers"])
def test_a_response_that_comes_byte_by_byte_ends_at_the_deadline(sim: Simulator, pauses: list[float], more: dict[str, Any]) -> None:
    sim.fault(PATH, status=200, body="x" * 600, drip=0.1, **more)
    error = error_of(post, Client(sim.url, ca_path=sim.ca, timeout=2))
    assert isinstance(error, Unreachable)
    assert str(error) == f"{sim.url} did not answer in full within 2 seconds. Check the network, or raise timeout."
    assert len(sim.requests) == 1


def test_a_get_is_sent_again_after_the_deadline(sim: Simulator, pauses: list[float]) -> None:
    sim.fault(PATH, status=200, body="x" * 600, drip=0.1)
    sim.fault(PATH, status=200, body={"a": 1})
    http = Client(sim.url, ca_path=sim.ca, timeout=2)
    assert get(http).json() == {"a": 1}
    assert len(sim.requests) == 2
    (warning,) = http.warned
    assert warning.startswith(f"{sim.url} did not answer in full within 2 seconds. Check the network, or raise timeout. Trying again in ")


@pytest.mark.parametrize(("send", "sent"), [(get, 2), (post, 1), (post_one_time, 1)])
def test_a_server_that_says_nothing(sim: Simulator, pauses: list[float], send: Send, sent: int) -> None:
    sim.fault(PATH, delay=20, close=True, times=None)
    error = error_of(send, Client(sim.url, ca_path=sim.ca, timeout=1, retries=1))
    assert str(error) == f"{sim.url} did not answer within 1 seconds. Check the network, or raise timeout."
    assert len(sim.requests) == sent


# The body: its size and its encoding.


def packed(content: bytes, encoding: str) -> dict[str, Any]:
    """Return a fault that sends this content with this encoding."""
    return {"status": 200, "body_base64": base64.b64encode(content).decode(), "headers": {"Content-Encoding": encoding}}


def test_a_response_of_1_mib_is_read(http: Client, sim: Simulator) -> None:
    sim.fault(PATH, status=200, body="x" * MIB)
    assert len(get(http).body) == MIB


@EVERY_WAY
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 200, "body": "x" * (MIB + 1)}, id="one byte too many"),
        pytest.param({"status": 503, "body": "x" * (MIB + 1)}, id="a status that may pass"),
        pytest.param({"status": 200, "body": "x" * MIB, "repeat_body": 100_000}, id="100 GB"),
        pytest.param(packed(gzip.compress(bytes(64 * MIB)), "gzip"), id="64 MiB in gzip"),
        pytest.param(packed(zlib.compress(bytes(64 * MIB)), "deflate"), id="64 MiB in deflate"),
    ],
)
def test_a_response_of_more_than_1_mib_is_an_error(http: Client, sim: Simulator, fault: dict[str, Any], send: Send) -> None:
    sim.fault(PATH, **fault, times=None)
    error = error_of(send, http)
    assert isinstance(error, Unreachable)
    assert str(error) == f"{sim.url} {TOO_LARGE}"
    assert len(sim.requests) == 1


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(b'{"a": 1}', "identity", id="identity"),
        pytest.param(b'{"a": 1}', "", id="empty"),
        pytest.param(gzip.compress(b'{"a": 1}'), "gzip", id="gzip"),
        pytest.param(gzip.compress(b'{"a": 1}'), "GZip", id="capital letters"),
        pytest.param(zlib.compress(b'{"a": 1}'), "deflate", id="deflate"),
    ],
)
def test_a_response_is_decoded(http: Client, sim: Simulator, content: bytes, encoding: str) -> None:
    sim.fault(PATH, **packed(content, encoding))
    assert get(http).json() == {"a": 1}


@EVERY_WAY
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(b'{"a": 1}', "br", id="Brotli"),
        pytest.param(b'{"a": 1}', "zstd", id="Zstandard"),
        pytest.param(b'{"a": 1}', "x-own", id="unknown"),
        pytest.param(gzip.compress(b'{"a": 1}'), "x-gzip", id="another name"),
        pytest.param(gzip.compress(gzip.compress(b'{"a": 1}')), "gzip, gzip", id="gzip in gzip"),
        pytest.param(b'{"a": 1}', "gzip", id="not gzip"),
        pytest.param(b'{"a": 1}', "deflate", id="not deflate"),
    ],
)
def test_a_response_that_cannot_be_decoded_is_final(http: Client, sim: Simulator, content: bytes, encoding: str, send: Send) -> None:
    sim.fault(PATH, **packed(content, encoding), times=None)
    error = error_of(send, http)
    assert isinstance(error, Unreachable)
    assert str(error) == f"{sim.url} {NOT_DECODED}"
    assert len(sim.requests) == 1


# Certificates.


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_of_the_environment_does_not_replace_ca_path(http: Client, sim: Simulator, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "/no/such/bundle")
    get(http)
    assert len(sim.requests) == 1


def test_without_validate_certs_any_certificate_will_do(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle")
    http = Client(sim.url, validate_certs=False)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        get(http)
    assert len(sim.requests) == 1
    assert shown == []


@pytest.mark.parametrize("name", ["ca_path", "client_cert", "client_key"])
def test_a_file_that_does_not_exist_is_an_option_error_before_anything_is_sent(sim: Simulator, name: str) -> None:
    with pytest.raises(OptionError, match=rf"^{name}: there is no file /no/such on "):
        Client(sim.url, **{name: "/no/such"})
    assert sim.counts["connections"] == 0


@pytest.mark.parametrize("apart", [False, True], ids=["one file", "two files"])
def test_the_client_certificate_is_shown(tmp_path: pathlib.Path, apart: bool) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    own = authority.issue_cert("ansible@example.com")
    for name, pem in {"ca": authority.cert_pem, "cert": own.cert_chain_pems[0], "key": own.private_key_pem, "both": own.private_key_and_cert_chain_pem}.items():
        pem.write_to_path(str(tmp_path / name))
    files = {"client_cert": str(tmp_path / "cert"), "client_key": str(tmp_path / "key")} if apart else {"client_cert": str(tmp_path / "both")}
    shown: list[Any] = []

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            shown.append(tls.getpeercert())
            tls.recv(65536)
            tls.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(talk) as port:
        assert get(Client(f"https://localhost:{port}", ca_path=str(tmp_path / "ca"), **files)).status == 204
    assert shown[0]["subjectAltName"] == (("email", "ansible@example.com"),)


# Proxies.


class Proxy:
    """A proxy that passes bytes on after CONNECT, and remembers what it saw in clear."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self.asked: list[str] = []
        self._answer = answer

    def talk(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        self.asked.append(head.decode())
        connection.sendall(self._answer)
        if b" 200 " not in self._answer:
            return
        host, port = head.split()[1].decode().rsplit(":", 1)
        with socket.create_connection((host, int(port))) as target:
            back = threading.Thread(target=self._pass_on, args=(target, connection), daemon=True)
            back.start()
            self._pass_on(connection, target)
            back.join(10)

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_used_and_sees_the_hosts_name_only(http: Client, sim: Simulator, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    proxy = Proxy()
    with serving(proxy.talk) as port:
        monkeypatch.setenv(variable, f"http://me:proxy-word@127.0.0.1:{port}")
        http.post("/x/", headers={"Authorization": "Bearer A30"}, json={"password": "hunter2"})
    (request,) = sim.requests
    assert request["headers"]["Authorization"] == "Bearer A30"
    assert "Proxy-Authorization" not in request["headers"]
    (asked,) = proxy.asked
    assert asked.startswith(f"CONNECT {sim.host} HTTP/1.")
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'me:proxy-word').decode()}" in asked
    assert "A30" not in asked


def test_no_proxy_is_heeded(http: Client, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("no_proxy", "localhost")
    get(http)
    assert len(sim.requests) == 1


@EVERY_WAY
def test_a_proxy_that_is_down_is_tried_again(http: Client, sim: Simulator, monkeypatch: pytest.MonkeyPatch, send: Send) -> None:
    monkeypatch.setenv("https_proxy", f"http://me:proxy-word@127.0.0.1:{closed_port()}")
    assert str(error_of(send, http)) == f"{sim.url} {NO_PROXY}"
    assert len(http.warned) == 3
    assert "proxy-word" not in str(http.warned)
    assert sim.requests == []


def test_a_proxy_that_refuses_is_named(http: Client, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Proxy(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    with serving(proxy.talk) as port:
        monkeypatch.setenv("https_proxy", f"http://me:proxy-word@127.0.0.1:{port}")
        assert str(error_of(post_one_time, http)) == f"{sim.url} {NO_PROXY}"
    assert len(proxy.asked) == 4
    assert sim.requests == []


# Secrets.


def test_a_secret_that_the_server_hands_out_is_kept(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []
    monkeypatch.setattr(_redaction, "_register_secrets", told.append)
    http.secrets.add("own")
    http.keep_secret("session-480dccc0", "short")
    assert http.secrets == {"own", "session-480dccc0", "short"}
    assert told == [["session-480dccc0"]]


@pytest.mark.parametrize("fault", [{"status": 200}, {"status": 503}], ids=["success", "failure"])
def test_the_root_logger_gets_no_addresses(
    http: Client, sim: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    """It is what ANSIBLE_LOG_PATH writes down."""
    root, records = logging.getLogger(), queue.SimpleQueue[logging.LogRecord]()
    handler = logging.handlers.QueueHandler(records)
    monkeypatch.setattr(logging.getLogger("urllib3"), "propagate", True)
    caplog.set_level(logging.DEBUG)
    root.addHandler(handler)
    sim.fault("*", **fault, times=None)
    try:
        http.get("/x/", headers={}, params={"s": "session-4711"})
    finally:
        root.removeHandler(handler)
    assert sim.requests[0]["query"] == "s=session-4711"
    logged = [records.get().getMessage() for _each in range(records.qsize())]
    assert not [text for text in logged if "session-4711" in text]


@pytest.mark.parametrize("missing", ["requests", "urllib3"])
def test_a_missing_library_is_named_with_the_host_and_the_python(http: Client, sim: Simulator, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(LibraryMissing) as caught:
        get(http)
    assert str(caught.value) == (
        f"The Python library requests is missing for {sys.executable} on {socket.gethostname()}. "
        "Install it there (pip install requests). A task without delegate_to needs it on the controller only."
    )
    assert caught.value.__suppress_context__
    assert sim.counts["connections"] == 0
