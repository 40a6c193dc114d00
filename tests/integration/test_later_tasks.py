# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks of the guide to the tasks that use the token, as they stand there, against servers that check where it arrives."""

from __future__ import annotations

import json
import pathlib
from collections import Counter

import pytest
import yaml

from tests.integration.harness import PASSWORDS, Player
from tests.tools.guides import GUIDES, examples

# One playbook for each section; of a section with two, the second has its own name. Two examples are files of variables.
PLAYBOOKS = {yaml.safe_load(text)[0]["name"]: text for text in examples("guide_later_tasks") if text.startswith("---")}
GROUP_VARS = {text.split()[1]: text for text in examples("guide_later_tasks") if text.startswith("# group_vars/")}
HOSTS = ("fac.example.com", "customerapiauth.fortinet.com", "support.fortinet.com", "portal.prod.fortisase.com")
VAULT = {"fac_username": "luser1", "fac_password": PASSWORDS["luser1"], "forticloud_api_id": "luser1", "forticloud_password": PASSWORDS["luser1"]}
TOKEN = "/api/v1/oauth/token/"
FILE = "Write a token for fortinet.fortisase"
JSON_RPC = "/jsonrpc"
SYSTEM_STATUS = {"id": 1, "result": [{"data": {"Version": "v7.4.3"}, "status": {"code": 0, "message": "OK"}, "url": "/sys/status"}]}
HOST_GROUP = "[{group}]\n{group}1 ansible_host=localhost ansible_httpapi_port={port}\n{group}2 ansible_host=127.0.0.1 ansible_httpapi_port={port}\n"


def on_simulator(play: Player, text: str) -> str:
    """Return an example with the simulator for the servers."""
    for host in HOSTS:
        text = text.replace(host, play.sim.host)
    return text


def run(play: Player, *names: str, others: pathlib.Path | None = None, more: str = "", inventory: str = "", fails: bool = False) -> str:
    """Run playbooks of the guide, with only servers and credentials replaced.

    :arg more: plays that the guide does not have.
    """
    text = on_simulator(play, "".join(PLAYBOOKS[name].replace("---\n", "") for name in names)) + more
    path = play.environment["ANSIBLE_COLLECTIONS_PATH"]
    vault = pathlib.Path(play.environment["HOME"], "vault.yml")
    vault.write_text(yaml.safe_dump({f"vault_{key}": value for key, value in VAULT.items()}))
    environment = {"SSL_CERT_FILE": play.sim.ca, "ANSIBLE_COLLECTIONS_PATH": f"{path}:{others}" if others else path}
    return play.playbook(text, "--extra-vars", f"@{vault}", inventory=inventory, env=environment, fails=fails)


def asked(play: Player) -> Counter[str]:
    """Return how often each address was asked."""
    return Counter(request["path"] for request in play.sim.requests)


@pytest.mark.long
def test_with_uri(play: Player) -> None:
    output = run(play, "Call an API that a FortiAuthenticator's token opens", "FortiFlex", "Asset Management", "FortiSASE", FILE)
    assert [shown for shown in ("FACVM 6.6.2", "ELAVMR0000000000", "FGVM000000000000", '"all"') if shown not in output] == []
    assert asked(play) == {
        TOKEN: 4,  # FortiSASE's playbooks share one
        "/api/fabric/device/status": 1,
        "/ES/api/fortiflex/v2/programs/list": 1,
        "/ES/api/registration/v3/products/list": 1,
        "/resource-api/v2/network/hosts": 1,
    }
    written = pathlib.Path(play.environment["HOME"], ".fortisase_token")
    assert written.stat().st_mode & 0o777 == 0o600
    access = play.sim.live_state.tokens.live(written.read_text(), "fac")
    assert access is not None and access.owner.client_id == "FortiSASE"


@pytest.mark.parametrize(("name", "path"), [("FortiFlex", "/ES/api/fortiflex/v2/programs/list"), ("Asset Management", "/ES/api/registration/v3/products/list")])
def test_a_no_that_comes_with_200_is_told(play: Player, name: str, path: str) -> None:
    play.sim.fault(path, status=200, content_type="application/json", body='{"status": -1, "message": "Invalid security token."}')
    assert f"{name}: Invalid security token." in run(play, name, fails=True)


def hosts(play: Player, *groups: str) -> str:
    """Return an inventory with two hosts in each group, which are the simulator."""
    return "".join(HOST_GROUP.format(group=group, port=play.sim.host.partition(":")[2]) for group in groups)


def headers(play: Player, path: str, name: str) -> list[str | None]:
    """Return what was sent to an address in this header, once for each request that was answered with 200."""
    return [request["headers"].get(name) for request in play.sim.requests if request["path"] == path and request["status"] == 200]


def live_tokens(play: Player) -> list[str]:
    return [f"Bearer {token}" for token in play.sim.secrets() if play.sim.live_state.tokens.live(token, "fac")]


@pytest.mark.long
def test_with_the_real_collections(play: Player, fortinet_collections: pathlib.Path) -> None:
    output = run(play, "FortiManager Cloud", "FortiGate", others=fortinet_collections, inventory=hosts(play, "fortimanager", "fortigate"))
    assert output.count('"msg": "v7.4.3-build2487 240119 (GA)"') == output.count('"msg": "v7.4.3"') == 2
    assert (asked(play)[TOKEN], asked(play)["/p/forticloud_jsonrpc_login/"]) == (2, 2)
    sent = {request["headers"]["Authorization"] for request in play.sim.requests if request["path"].startswith("/api/v2/") and request["status"] == 200}
    assert len(sent) == 1


def test_the_real_collections_are_those_that_the_guide_names(fortinet_collections: pathlib.Path) -> None:
    for name, version in {"fortimanager": "2.15.0", "fortios": "2.6.0"}.items():
        manifest = fortinet_collections / "ansible_collections" / "fortinet" / name / "MANIFEST.json"
        assert json.loads(manifest.read_text())["collection_info"]["version"] == version
        assert f"``fortinet.{name}`` {version}" in (GUIDES / "guide_later_tasks.rst").read_text()


@pytest.mark.long
def test_a_fortimanager_that_is_not_in_the_cloud(play: Player, fortinet_collections: pathlib.Path) -> None:
    """Its own option access_token is a header of each request; nothing is exchanged."""
    play.sim.fault(JSON_RPC, status=200, body=SYSTEM_STATUS, times=None)  # the simulator's own wants FortiManager Cloud's session
    output = run(play, "FortiManager", others=fortinet_collections, inventory=hosts(play, "fortimanager"))
    assert output.count('"msg": "v7.4.3"') == 2
    assert set(asked(play)) == {TOKEN, JSON_RPC}
    assert asked(play)[TOKEN] == 1
    assert set(headers(play, JSON_RPC, "Authorization")) == set(live_tokens(play))


def with_group_vars(play: Player, name: str) -> None:
    """Write the file of group_vars that the guide shows, beside the inventory."""
    path = pathlib.Path(play.environment["HOME"]).parent / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(on_simulator(play, GROUP_VARS[name]))


@pytest.mark.long
def test_a_fortigate_whose_token_comes_from_group_vars(play: Player, fortinet_collections: pathlib.Path) -> None:
    with_group_vars(play, "group_vars/fortigate.yml")
    output = run(play, "The token comes from group_vars", others=fortinet_collections, inventory=hosts(play, "fortigate"))
    assert output.count('"msg": "v7.4.3"') == 2
    assert asked(play)[TOKEN] == 1
    assert 401 not in {request["status"] for request in play.sim.requests}
    assert set(headers(play, "/api/v2/monitor/system/status", "Authorization")) == set(live_tokens(play))


@pytest.mark.long
def test_a_fortimanager_whose_token_comes_from_group_vars(play: Player, fortinet_collections: pathlib.Path) -> None:
    play.sim.fault(JSON_RPC, status=200, body=SYSTEM_STATUS, times=None)
    with_group_vars(play, "group_vars/fortimanager.yml")
    task = "fortinet.fortimanager.fmgr_fact: {facts: {selector: sys_status, params: {}}}"
    book = f"- hosts: fortimanager\n  gather_facts: false\n  tasks: [{{{task}}}]\n"
    run(play, others=fortinet_collections, inventory=hosts(play, "fortimanager"), more=book)
    assert asked(play)[TOKEN] == 1
    assert set(headers(play, JSON_RPC, "Authorization")) == set(live_tokens(play))


@pytest.mark.long
def test_a_fact_in_another_play(play: Player) -> None:
    """The second play has other hosts, and no credentials."""
    inventory = "localhost ansible_connection=local\n[firewalls]\nfirewall1\nfirewall2\n"
    run(play, "Get a token on the controller", inventory=inventory)
    assert asked(play) == {TOKEN: 1, "/api/fabric/device/status": 2}
    assert set(headers(play, "/api/fabric/device/status", "Authorization")) == set(live_tokens(play))


def test_the_guide_has_nothing_else() -> None:
    assert (len(PLAYBOOKS), len(GROUP_VARS)) == (10, 2)
