# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the client trusts if no option says so, over real TLS: the system's certificates, and what takes their place."""

from __future__ import annotations

import contextlib
import os
import pathlib
import select
import socket
import ssl
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests
from ansible.module_utils import urls
from ansible_collections.forti.oauth.plugins.module_utils import _http_trust
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError
from ansible_collections.forti.oauth.plugins.module_utils._http import Http
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response

from tests.unit.plugins.module_utils.serving import serving

pytest.importorskip("trustme", reason="it needs trustme, which is not installed")
import trustme

if TYPE_CHECKING:
    from extensions.simulator import Simulator

UNKNOWN = "presented a certificate that is not trusted: its issuer is unknown here. Set ca_path to the issuer's certificate."
BUNDLES = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]


def ask(server: str, **options: Any) -> Response:
    known = {"validate_certs": True, "ca_path": None, "client_cert": None, "client_key": None, "timeout": 10, "retries": 0}
    return Http({"server": server, **known, **options}, secrets=set(), warn=print).get("/", headers={}, params={})


def refusal(server: str, **options: Any) -> str:
    """Return what is said of a server that is not trusted, without its name."""
    with pytest.raises(FortiError) as caught:
        ask(server, **options)
    return str(caught.value).removeprefix(f"{server} ")


@pytest.fixture
def other_ca(tmp_path: pathlib.Path) -> str:
    """The certificate of a CA that signed nothing."""
    path = tmp_path / "other-ca.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def empty(tmp_path: pathlib.Path) -> str:
    """A folder without files."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return str(folder)


@pytest.fixture
def slim(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, empty: str) -> pathlib.Path:
    """Make this a machine without certificates, such as a slim container. Return the only folder in which uri would look besides."""
    folder = tmp_path / "etc-ansible"
    folder.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", f"{empty}/no-such.pem")
    monkeypatch.setenv("SSL_CERT_DIR", empty)
    monkeypatch.setattr(_http_trust, "_FOLDERS", {})
    monkeypatch.setattr(_http_trust, "_OWN_FOLDER", str(folder))
    return folder


def hashed(folder: str, ca: str) -> None:
    """Put a certificate into a folder under the name that OpenSSL looks up."""
    name = subprocess.run(["openssl", "x509", "-noout", "-hash", "-in", ca], check=True, capture_output=True, text=True).stdout.strip()
    pathlib.Path(folder, f"{name}.0").write_bytes(pathlib.Path(ca).read_bytes())


def certifi_holds(ca: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", ca)


# What the system trusts.


def test_a_file_of_the_environment(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(sim.url) == UNKNOWN
    monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
    ask(sim.url)


@pytest.mark.parametrize("before", ["", "/no/such:"], ids=["one", "the second of two"])
def test_a_folder_of_the_environment(sim: Simulator, slim: pathlib.Path, empty: str, monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", before + empty)
    hashed(empty, sim.ca)
    ask(sim.url)


def test_what_certifi_alone_trusts_is_not_trusted(sim: Simulator, other_ca: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", other_ca)
    certifi_holds(sim.ca, monkeypatch)
    assert refusal(sim.url) == UNKNOWN


def test_a_folder_of_the_system_is_enough_to_leave_certifi_out(
    sim: Simulator, slim: pathlib.Path, empty: str, other_ca: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed(empty, other_ca)
    certifi_holds(sim.ca, monkeypatch)
    assert refusal(sim.url).startswith(UNKNOWN)


@pytest.mark.usefixtures("slim")
def test_where_the_system_has_no_certificates_certifi_counts(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    certifi_holds(sim.ca, monkeypatch)
    ask(sim.url)


@pytest.mark.usefixtures("slim")
def test_where_nobody_knows_the_issuer(sim: Simulator) -> None:
    assert refusal(sim.url).startswith(UNKNOWN)


def test_the_systems_count_where_certifi_has_no_file(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution's certifi names the system's file, which a container may lack."""
    certifi_holds("/no/such.pem", monkeypatch)
    monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
    ask(sim.url)


@pytest.mark.parametrize("name", ["own.pem", "own.crt", "own.cer"])
def test_a_folder_in_which_uri_looks(sim: Simulator, slim: pathlib.Path, name: str) -> None:
    """What cannot be read there does no harm."""
    files = {"a.pem": b"", "b.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "c.pem": b"\xff"}
    files[name] = "# Größe\n".encode() + pathlib.Path(sim.ca).read_bytes()
    for each, content in files.items():
        (slim / each).write_bytes(content)
    (slim / "folder.pem").mkdir()
    (slim / "nowhere.pem").symlink_to("/no/such")
    ask(sim.url)


def test_a_file_with_another_ending_does_not_count(sim: Simulator, slim: pathlib.Path) -> None:
    (slim / "own.txt").write_bytes(pathlib.Path(sim.ca).read_bytes())
    assert refusal(sim.url).startswith(UNKNOWN)


def test_the_only_certificate_in_such_a_folder_leaves_certifi_out(sim: Simulator, slim: pathlib.Path, other_ca: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (slim / "own.pem").write_bytes(pathlib.Path(other_ca).read_bytes())
    certifi_holds(sim.ca, monkeypatch)
    assert refusal(sim.url).startswith(UNKNOWN)


def test_the_folders_are_those_of_uri() -> None:
    paths = ssl.get_default_verify_paths()
    assert {*_http_trust.folders(), paths.capath or paths.cafile} == {*urls.get_ca_certs()[-1], paths.capath or paths.cafile}


def test_the_check_is_that_of_uri(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
    own, uris = _http_trust.system_context(), urls.make_context()
    assert own is not None
    for name in ["verify_mode", "verify_flags", "check_hostname", "minimum_version", "options"]:
        assert getattr(own, name) == getattr(uris, name)
    assert own.cert_store_stats() == uris.cert_store_stats()


def test_the_host_name_is_checked(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tls_server(tmp_path, monkeypatch, name="fac.example.com") as port:
        assert refusal(f"https://localhost:{port}").startswith("presented a certificate for another host name.")


def test_the_certificates_are_read_once(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
    read: list[None] = []
    real = _http_trust.system_context
    monkeypatch.setattr(_http_trust, "system_context", lambda: (read.append(None), real())[1])
    options = {"server": sim.url, "validate_certs": True, "timeout": 10, "retries": 0}
    http = Http(options, secrets=set(), warn=print)
    assert read == []
    for _each in range(3):
        http.get("/", headers={}, params={})
    assert len(read) == 1


# What takes their place.


@pytest.mark.parametrize("variable", BUNDLES)
def test_a_bundle_of_requests_wins_over_the_system(sim: Simulator, other_ca: str, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
    monkeypatch.setenv(variable, other_ca)
    assert refusal(sim.url) == f"{UNKNOWN} {other_ca} does not hold it."
    monkeypatch.setenv("SSL_CERT_FILE", other_ca)
    monkeypatch.setenv(variable, sim.ca)
    ask(sim.url)


def test_a_bundle_may_be_a_folder(sim: Simulator, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", empty)
    assert refusal(sim.url) == f"{UNKNOWN} {empty} does not hold it."
    hashed(empty, sim.ca)
    ask(sim.url)


def test_the_first_of_the_two_bundles_counts(sim: Simulator, other_ca: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURL_CA_BUNDLE", sim.ca)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
    ask(sim.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", other_ca)
    assert refusal(sim.url) == f"{UNKNOWN} {other_ca} does not hold it."


@pytest.mark.parametrize("variable", BUNDLES)
def test_a_bundle_that_is_not_there(sim: Simulator, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "/no/such")
    assert refusal(sim.url) == "could not be asked: a file with certificates is missing. Check ca_path and REQUESTS_CA_BUNDLE."


@pytest.mark.parametrize("variable", [*BUNDLES, "SSL_CERT_FILE"])
def test_ca_path_wins_over_all(sim: Simulator, other_ca: str, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, sim.ca)
    assert refusal(sim.url, ca_path=other_ca) == f"{UNKNOWN} {other_ca} does not hold it."
    monkeypatch.setenv(variable, other_ca)
    ask(sim.url, ca_path=sim.ca)


def test_without_validate_certs_no_certificates_are_read(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http_trust, "system_context", None)
    ask(sim.url, validate_certs=False)


# What is said of a variable that names nothing.


@pytest.mark.parametrize("name", ["/no/such.pem", os.devnull, "/etc/hostname", "/etc", ""])
def test_a_file_of_the_environment_without_certificates_is_named(sim: Simulator, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """OpenSSL passes over it in silence."""
    monkeypatch.setenv("SSL_CERT_FILE", name)
    assert refusal(sim.url) == f"{UNKNOWN} SSL_CERT_FILE={name} names no file with certificates (PEM)."


def test_a_folder_of_the_environment_without_hashed_names_is_named(sim: Simulator, slim: pathlib.Path, empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
    ask(sim.url)
    monkeypatch.delenv("SSL_CERT_FILE")
    pathlib.Path(empty, "own-ca.pem").write_bytes(b"of no use under this name")
    assert refusal(sim.url) == f"{UNKNOWN} SSL_CERT_DIR={empty} names no folder with certificates under their hashes (openssl rehash)."


def test_what_did_not_count_is_not_named(sim: Simulator, other_ca: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such.pem")
    assert refusal(sim.url, ca_path=other_ca) == f"{UNKNOWN} {other_ca} does not hold it."
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", other_ca)
    assert refusal(sim.url) == f"{UNKNOWN} {other_ca} does not hold it."


# On the way there: a client certificate, proxies.


@contextlib.contextmanager
def tls_server(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, *, name: str = "localhost", shown: list[Any] | None = None) -> Iterator[int]:
    """Serve answers of 204 with a certificate of a CA that SSL_CERT_FILE names.

    :arg shown: gets the client certificates, which the server insists on. C(client.pem) is one, with its key.
    """
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    authority.issue_cert("ansible@example.com").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    if shown is not None:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            if shown is not None:
                shown.append(tls.getpeercert())
            tls.recv(65536)
            tls.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    with contextlib.ExitStack() as stack:
        yield stack.enter_context(serving(talk))


def test_the_client_certificate_is_shown(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    with tls_server(tmp_path, monkeypatch, shown=shown) as port:
        assert ask(f"https://localhost:{port}", client_cert=str(tmp_path / "client.pem")).status == 204
    assert shown[0]["subjectAltName"] == (("email", "ansible@example.com"),)


def exchange(client: socket.socket, server: socket.socket) -> None:
    """Pass bytes on in both directions until one side ends. In one thread: a TLS socket must not be read and written by two at once."""
    others = {client: server, server: client}
    with contextlib.suppress(OSError):
        while True:
            decrypted = [side for side in others if isinstance(side, ssl.SSLSocket) and side.pending()]
            for source in decrypted or select.select(list(others), [], [], 10)[0]:
                data = source.recv(65536)
                if not data:
                    return
                others[source].sendall(data)


def connect(connection: socket.socket) -> None:
    """Be a proxy that passes bytes on after CONNECT."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    host, port = head.split()[1].decode().rsplit(":", 1)
    with socket.create_connection((host, int(port))) as target:
        exchange(connection, target)


def relay(connection: socket.socket) -> None:
    """Be a proxy of SOCKS 5 without a login."""
    connection.recv(2 + 1)
    connection.sendall(b"\5\0")
    _version, _command, _reserved, kind = connection.recv(4)
    host = connection.recv(connection.recv(1)[0]).decode() if kind == 3 else socket.inet_ntoa(connection.recv(4))
    port = int.from_bytes(connection.recv(2), "big")
    with socket.create_connection((host, port)) as target:
        connection.sendall(b"\5\0\0\1" + bytes(6))
        exchange(connection, target)


@pytest.mark.parametrize("kind", ["http", "socks5h"])
def test_through_a_proxy(sim: Simulator, other_ca: str, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    if kind == "socks5h":
        pytest.importorskip("socks")
    with serving(connect if kind == "http" else relay) as port:
        monkeypatch.setenv("https_proxy", f"{kind}://127.0.0.1:{port}")
        monkeypatch.setenv("SSL_CERT_FILE", other_ca)
        certifi_holds(sim.ca, monkeypatch)
        assert refusal(sim.url) == UNKNOWN
        monkeypatch.setenv("SSL_CERT_FILE", sim.ca)
        ask(sim.url)
    assert len(sim.requests) == 1


@contextlib.contextmanager
def proxy_with_tls(folder: pathlib.Path) -> Iterator[list[Any]]:
    """Be a proxy that is reached by TLS. C(proxy-ca.pem) is its CA; C(client.pem) is a client certificate that it would take.

    Yield the client certificates that it is shown, C(None) for none. C(https_proxy) names it.
    """
    authority, context, shown = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    authority.cert_pem.write_to_path(str(folder / "proxy-ca.pem"))
    authority.issue_cert("ansible@example.com").private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            shown.append(tls.getpeercert() or None)
            connect(tls)

    with contextlib.ExitStack() as stack:
        port = stack.enter_context(serving(talk))
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("https_proxy", f"https://localhost:{port}")
        yield shown


@pytest.mark.parametrize("known_by", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "a folder"])
def test_through_a_proxy_that_is_reached_by_tls(
    tmp_path: pathlib.Path, sim: Simulator, slim: pathlib.Path, monkeypatch: pytest.MonkeyPatch, known_by: str
) -> None:
    trusted = (slim if known_by == "a folder" else tmp_path) / "trusted.pem"
    if known_by != "a folder":
        monkeypatch.setenv(known_by, str(trusted))
    with proxy_with_tls(tmp_path) as shown:
        certifi_holds(str(tmp_path / "proxy-ca.pem"), monkeypatch)
        trusted.write_bytes(pathlib.Path(sim.ca).read_bytes())
        assert refusal(sim.url).startswith("presented a certificate that is not trusted: ")
        with trusted.open("ab") as file:
            file.write((tmp_path / "proxy-ca.pem").read_bytes())
        options = {"server": sim.url, "validate_certs": True, "timeout": 10, "retries": 0, "client_cert": str(tmp_path / "client.pem")}
        http = Http(options, secrets=set(), warn=print)
        for _each in range(2):
            sim.fault("/", status=204, headers={"Connection": "close"})
            http.get("/", headers={}, params={})
    assert len(sim.requests) == 2
    assert shown == [None, None]  # the client certificate is for the server to see
