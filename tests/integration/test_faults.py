# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong on the way to a server, for both modules and both lookups: what the user sees, in how many seconds, with how many requests."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import pathlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme

from tests.integration.askers import ASKERS, Asked, Case, Tables, ask, each_case, each_table
from tests.integration.harness import Player

MANY = {"retries": 3}  # of which none is used
MOST_MEMORY = 200 * 1024  # KiB
BREAKING = ["plain", "reset", "expired", "other name", "no IP address"]  # the servers of the fixture
CLOSED = "closed the connection before its answer was complete. It is unknown whether the request arrived."
Talk = Callable[[socket.socket], None]


@dataclasses.dataclass
class Server:
    """A server of one answer. It counts who came, also where TLS fails."""

    talk: Talk
    tls: ssl.SSLContext | None = None
    came: int = 0
    port: int = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Listen on a port of this machine."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
            yield

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return  # the test is over
            self.came += 1
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                with self.tls.wrap_socket(connection, server_side=True) if self.tls else connection as talking:
                    self.talk(talking)


def answer_plainly(connection: socket.socket) -> None:
    """Speak HTTP where TLS is expected."""
    connection.recv(1024)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def reset(connection: socket.socket) -> None:
    """Take the request, and break the connection in place of an answer."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def certificate(authority: trustme.CA, name: str, **more: Any) -> ssl.SSLContext:
    """Return what a server with this certificate needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **more).configure_cert(context)
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The CA of the servers that break."""
    return trustme.CA()


@pytest.fixture(scope="module")
def own_ca(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file with the certificate of that CA."""
    path = tmp_path_factory.mktemp("ca") / "own-ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="module")
def servers(authority: trustme.CA) -> Iterator[dict[str, Server]]:
    """Servers that break in different ways, with certificates of their own CA."""
    now = datetime.datetime.now(datetime.timezone.utc)
    old = {"not_before": now - datetime.timedelta(days=9), "not_after": now - datetime.timedelta(days=1)}
    found = {
        "plain": Server(answer_plainly),
        "reset": Server(reset, certificate(authority, "localhost")),
        "expired": Server(reset, certificate(authority, "localhost", **old)),
        "other name": Server(reset, certificate(authority, "fac.example.com")),
        "no IP address": Server(reset, certificate(authority, "localhost")),
    }
    assert list(found) == BREAKING
    with contextlib.ExitStack() as stack:
        for server in found.values():
            stack.enter_context(server.running())
        yield found


def way_there(ports: dict[str, int], own_ca: str) -> dict[str, Case]:
    """Return the cases of a connection that is not made.

    :arg ports: of the servers that break.
    :arg own_ca: the certificate of their CA.
    """
    own = {**MANY, "ca_path": own_ca}
    at = {name: f"localhost:{port}" for name, port in ports.items()}
    return {
        "refused": Case(
            None, "localhost:1 could not be connected to: connection refused. Check server, its port and the firewall.", None, {"server": "localhost:1"}
        ),
        "unknown name": Case(None, "https://nosuch.invalid has an unknown host name. Check server and the DNS.", None, {"server": "nosuch.invalid"}),
        "plain": Case(None, "could not agree on TLS (", None, {**own, "server": at["plain"]}),
        "reset": Case(None, CLOSED, None, {**own, "server": at["reset"]}),
        "expired": Case(None, "presented a certificate that has expired. Renew it, and check the clock", None, {**own, "server": at["expired"]}),
        "other name": Case(None, "presented a certificate for another host name. Set server to the name", None, {**own, "server": at["other name"]}),
        "no IP address": Case(
            None,
            "a certificate that does not name this IP address. Set server to the name",
            None,
            {**own, "server": f"127.0.0.1:{ports['no IP address']}"},
        ),
        "unknown issuer": Case(None, "a certificate that is not trusted: its issuer is unknown here. Set ca_path to the issuer's certificate.", None, own),
        "no certificate in ca_path": Case(None, "was not asked: ca_path holds no certificate (PEM).", None, {**MANY, "ca_path": "/etc/hostname"}),
    }


def way_back(port: str) -> dict[str, Case]:
    """Return the cases of an answer that does not come. A redirect leads to another name of the same server, which would see who follows."""
    elsewhere = {"Location": f"https://127.0.0.1:{port}/elsewhere"}
    drip = {"status": 200, "body": json.dumps({"access_token": "a" * 40}), "drip": 1.0}
    slowly = Case(drip, "did not answer in full within 2 seconds. Check the network, or raise timeout.", options={**MANY, "timeout": 2})
    return {
        "a byte a second": slowly,
        "a header byte a second": dataclasses.replace(slowly, fault={**drip, "drip_headers": True}),
        "never answers": Case({"delay": 20, "close": True}, "did not answer within 1 seconds.", options={**MANY, "timeout": 1}),
        "closes": Case({"close": True}, CLOSED, options=MANY),
        **{
            f"redirect {status}": Case(
                {"status": status, "body": "", "headers": elsewhere}, f"answered {status}, a redirect. It was not followed", options=MANY
            )
            for status in (301, 302, 303, 307, 308)
        },
    }


NAMES = {"way there": way_there(dict.fromkeys(BREAKING, 0), ""), "way back": way_back("")}


@pytest.fixture(scope="module")
def tables(new_play: Callable[[], Player], servers: dict[str, Server], own_ca: str) -> Tables:
    """What came of the cases of each table."""

    def ask_table(play: Player, table: str) -> Asked:
        if table == "way back":
            return ask(play, way_back(play.sim.host.rpartition(":")[2]))
        # A bundle in the environment does not stand in for ca_path, nor the other way round.
        bundle = {"REQUESTS_CA_BUNDLE": str(play.sim.ca), "CURL_CA_BUNDLE": str(play.sim.ca)}
        return ask(play, way_there({name: server.port for name, server in servers.items()}, own_ca), env=bundle)

    return Tables(new_play, ask_table)


@pytest.mark.daily("way there: *")
@pytest.mark.parametrize(("table", "name"), each_case(NAMES))
def test_a_fault(tables: Tables, table: str, name: str) -> None:
    tables[table].check(name)


@pytest.mark.parametrize(("table", "name"), each_case({"way there": BREAKING}))
def test_a_server_that_breaks_is_asked_once_by_each(tables: Tables, servers: dict[str, Server], table: str, name: str) -> None:
    assert tables[table].cases[name].options["server"].endswith(f":{servers[name].port}")
    assert servers[name].came == len(ASKERS)


@pytest.mark.long
@pytest.mark.parametrize("table", each_table(["way back"]))
def test_nothing_is_sent_again(tables: Tables, table: str) -> None:
    """It may have arrived. No redirect is followed either."""
    assert len(tables[table].requests) == len(tables[table].cases) * len(ASKERS)


@pytest.mark.daily("way there*")
@pytest.mark.parametrize("table", each_table(NAMES))
def test_no_fault_takes_much_memory(tables: Tables, table: str) -> None:
    assert tables[table].memory < MOST_MEMORY


def test_a_connection_that_was_never_made_is_tried_again(play: Player) -> None:
    once_more = {"server": "localhost:1", "retries": 1}
    asked = ask(play, {"refused": Case(None, "could not be connected to: connection refused.", None, once_more)})
    asked.check("refused")
    assert " ".join(asked.outcome.output.split()).count("Check server, its port and the firewall. Trying again in") >= len(ASKERS)


def test_a_proxy_that_is_down(play: Player) -> None:
    proxy = {"https_proxy": "http://me:proxy-word-4711@127.0.0.1:1", "no_proxy": ""}
    asked = ask(play, {"proxy": Case(None, "was not reached: the proxy failed. Check https_proxy and no_proxy.")}, env=proxy)
    asked.check("proxy")
    assert "proxy-word-4711" not in asked.outcome.output


def test_certificates_not_checked(play: Player) -> None:
    """A bundle in the environment does not switch the check on again."""
    env = {"FAC_CA_PATH": "", "FORTICWP_CA_PATH": "", "REQUESTS_CA_BUNDLE": "/etc/hostname", "CURL_CA_BUNDLE": "/etc/hostname"}
    outcome = play(
        """
- {forti.oauth.fac_oauth_token: {username: luser1, password: '{{ secret.luser1 }}', validate_certs: false}, register: fac}
- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}', validate_certs: false}, register: cwp}
""",
        keep="fac cwp",
        env=env,
    )
    assert outcome["fac"]["access_token"] and outcome["cwp"]["access_token"]
    assert "InsecureRequestWarning" not in outcome.output


def test_netrc_does_not_replace_the_credential(play: Player, tmp_path: pathlib.Path) -> None:
    netrc = tmp_path / "home" / ".netrc"
    netrc.write_text("machine localhost login someone password something-else\n")
    netrc.chmod(0o600)
    outcome = play("- {forti.oauth.forticwp_token: {credential: '{{ secret.credential }}'}, register: r}", keep="r")
    assert outcome["r"]["access_token"]
