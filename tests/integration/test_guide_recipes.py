# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recipes that want more than one server, files beside the playbook, or a lookup of another collection; and those that are about a failure."""

from __future__ import annotations

import http.server
import json
import pathlib
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from extensions.simulator import Simulator
from tests.integration.harness import PASSWORDS, Player
from tests.tools.guides import example
from tests.tools.snippets import snippets

PAGE = "guide_recipes"
TOKEN = "/api/v1/oauth/token/"
USER = {"vault_fac_username": "luser1", "vault_fac_password": PASSWORDS["luser1"]}
USERS = {f"vault_fac{number}_{key}": value for number in (1, 2) for key, value in {"username": "luser1", "password": PASSWORDS["luser1"]}.items()}
LOCALHOST = "localhost ansible_connection=local\n"
FIREWALLS = f"{LOCALHOST}[firewalls]\nfirewall1\nfirewall2\n"
TOKEN_OF_VAULT = "hvs.the-token-of-the-vault"


@pytest.fixture
def second(play: Player) -> Iterator[Simulator]:
    """Another server, with a certificate of the same CA."""
    with Simulator(pathlib.Path(play.sim.ca).parent) as running:
        yield running


def recipe(play: Player, part: str, second: Simulator | None = None) -> str:
    """Return the recipe with this text, with simulators for the servers."""
    text = example(PAGE, part).replace("fac.example.com", play.sim.host).replace("fac1.example.com", play.sim.host)
    return text.replace("fac2.example.com", second.host) if second else text


def run(
    play: Player, text: str, inventory: str = LOCALHOST, given: dict[str, Any] | None = None, *, env: dict[str, str] | None = None, fails: bool = False
) -> str:
    """Run a recipe; return the output."""
    vault = pathlib.Path(play.environment["HOME"], "vault.yml")
    vault.write_text(yaml.safe_dump(given or USER))
    environment = {"SSL_CERT_FILE": str(play.sim.ca), **(env or {})}
    return play.playbook(text, "--extra-vars", f"@{vault}", inventory=inventory, env=environment, fails=fails)


def logins(*servers: Simulator) -> list[tuple[int, int]]:
    """Return of each server how many logins and calls it saw."""
    return [(server.counts["fac.login"], server.counts["resource"]) for server in servers]


@pytest.mark.long
def test_two_servers(play: Player, second: Simulator) -> None:
    run(play, recipe(play, "Compare two FortiAuthenticators", second), given=USERS)
    assert logins(play.sim, second) == [(1, 1), (1, 1)]


def test_a_server_for_each_site(play: Player, second: Simulator) -> None:
    inventory = recipe(play, "london-fw1:", second)
    book = recipe(play, "hosts: london:paris")
    run(play, book, inventory, USERS)
    assert logins(play.sim, second) == [(1, 2), (1, 1)]


@pytest.mark.long
def test_several_customers(play: Player, second: Simulator, tmp_path: pathlib.Path) -> None:
    customers = yaml.safe_load(recipe(play, "# customers.yml", second))
    for customer in customers["vault_customers"].values():
        customer.update(username="luser1", password=PASSWORDS["luser1"])
    (tmp_path / "customers.yml").write_text(yaml.safe_dump(customers))
    run(play, recipe(play, "- name: All customers"))
    assert logins(play.sim, second) == [(1, 1), (1, 1)]


@pytest.mark.daily("wrong")
@pytest.mark.parametrize("word", ["luser1", "wrong"])
def test_stop_early(play: Player, word: str) -> None:
    """No host is touched if the server refuses."""
    wrong = word == "wrong"
    output = run(play, recipe(play, "Is there a token?"), FIREWALLS, {**USER, "vault_fac_password": PASSWORDS[word]}, fails=wrong)
    assert play.sim.counts["fac.token"] == 1
    assert ("PLAY [Change the firewalls]" in output) is not wrong


@pytest.mark.daily("no answer")
@pytest.mark.parametrize("fault", [{"close": True}, {"status": 503}], ids=["no answer", "503"])
def test_wait_for_a_server(play: Player, fault: dict[str, Any]) -> None:
    text = recipe(play, "wait some ten minutes").replace("delay: 30", "delay: 0")
    play.sim.fault(TOKEN, times=2, **fault)
    play(text, variables=USER, env={"SSL_CERT_FILE": str(play.sim.ca)})
    assert logins(play.sim) == [(1, 0)]


def test_a_refusal_is_not_waited_for(play: Player) -> None:
    given = {**USER, "vault_fac_password": PASSWORDS["wrong"]}
    outcome = play(recipe(play, "wait some ten minutes"), variables=given, env={"SSL_CERT_FILE": str(play.sim.ca)}, fails=True)
    assert "RETRYING" not in outcome.output
    assert play.sim.counts["fac.token"] == 1


@pytest.mark.long
def test_a_template_file(play: Player, tmp_path: pathlib.Path) -> None:
    """The second run finds the same token, so the file does not change. If the token ends too soon, it does."""
    text = recipe(play, "agent.conf.j2").replace("/etc/agent.conf", str(tmp_path / "agent.conf"))
    page = pathlib.Path(__file__).parents[2] / "docs" / "docsite" / "rst" / f"{PAGE}.rst"
    (lines,) = (block for block in page.read_text().split(".. code-block:: text\n\n") if block.startswith("   [api]"))
    (tmp_path / "agent.conf.j2").write_text("".join(f"{line[3:]}\n" for line in lines.partition("\n\n")[0].splitlines()))
    first, again = run(play, text), run(play, text)
    assert ("changed=1" in first, "changed=0" in again) == (True, True)
    assert logins(play.sim) == [(1, 0)]
    written = (tmp_path / "agent.conf").read_text()
    assert f"server = {play.sim.url}" in written
    (token,) = (line.removeprefix("token = ") for line in written.splitlines() if line.startswith("token = "))
    assert play.sim.live_state.tokens.live(token, "fac")
    assert (tmp_path / "agent.conf").stat().st_mode & 0o777 == 0o600
    assert "changed=1" in run(play, text.replace("min_validity=7200", "min_validity=35999"))


def test_the_snippets(play: Player) -> None:
    """Each is a part of a play as it comes; that of the lookup is a value."""
    parts = [text if text.startswith("-") else f"- debug: {{msg: {text}}}\n  no_log: true\n" for text in snippets().values()]
    tasks = "".join(parts).replace("fac.example.com", play.sim.host).replace("www.forticwp.com", play.sim.host)
    login = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]}
    given = {**USER, "vault_forticwp_credential": PASSWORDS["credential"]}
    play(tasks, variables=given, env={"SSL_CERT_FILE": str(play.sim.ca), **login})
    assert play.sim.counts["forticwp.credentials"] == 1
    assert play.sim.counts["fac.revoke"] == tasks.count("state: absent") == 2


def with_libraries(play: Player, collections: pathlib.Path, programs: pathlib.Path) -> dict[str, str]:
    """Return an environment in which Ansible finds the lookups, and they find their libraries."""
    (packages,) = programs.parent.glob("lib/python*/site-packages")
    path = f"{play.environment['ANSIBLE_COLLECTIONS_PATH']}:{collections}"
    return {"ANSIBLE_COLLECTIONS_PATH": path, "PYTHONPATH": str(packages), "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}


@pytest.mark.long
def test_the_keyring(play: Player, community_collections: pathlib.Path, secret_libraries: pathlib.Path) -> None:
    """The real lookup and the real library; the keyring is a file, because there is no desktop here."""
    env = with_libraries(play, community_collections, secret_libraries)
    command = [str(secret_libraries / "keyring"), "set", play.sim.host, "luser1"]
    subprocess.run(command, input=PASSWORDS["luser1"], env={**play.environment, **env}, text=True, check=True)
    run(play, recipe(play, "community.general.keyring").replace("ansible-user", "luser1"), given={}, env=env)
    assert logins(play.sim) == [(1, 0)]


class Vault(http.server.BaseHTTPRequestHandler):
    """One secret, where HashiCorp Vault's API for KV version 2 has it."""

    asked: list[str] = []

    def do_GET(self) -> None:
        """Answer, if the token is right."""
        self.asked.append(self.path)
        right = self.path == "/v1/secret/data/fortinet/fac" and self.headers["X-Vault-Token"] == TOKEN_OF_VAULT
        secret = {"username": "luser1", "password": PASSWORDS["luser1"]}
        body = {"data": {"data": secret, "metadata": {"version": 1}}} if right else {"errors": ["permission denied"]}
        self.send_response(200 if right else 403)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_args: object) -> None:
        """Print nothing."""


@pytest.fixture
def address_of_vault() -> Iterator[str]:
    """The address of a Vault that nobody has asked yet."""
    Vault.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vault) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.long
def test_hashicorp_vault(play: Player, address_of_vault: str, community_collections: pathlib.Path, secret_libraries: pathlib.Path) -> None:
    """The real lookup and the real library, with what stands for the server. It is asked for the user and for the password, once each."""
    env = {**with_libraries(play, community_collections, secret_libraries), "VAULT_ADDR": address_of_vault, "VAULT_TOKEN": TOKEN_OF_VAULT}
    run(play, recipe(play, "community.hashi_vault.vault_kv2_get"), FIREWALLS, {}, env=env)
    assert logins(play.sim) == [(1, 0)]
    assert Vault.asked == ["/v1/secret/data/fortinet/fac"] * 2
