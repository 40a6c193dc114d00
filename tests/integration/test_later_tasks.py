# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks of the guide to the tasks that use the token, as they stand there, against servers that check where it arrives."""

from __future__ import annotations

import json
import pathlib
from collections import Counter
from typing import Any

import pytest
import yaml

from tests.integration.harness import PASSWORDS, Player
from tests.tools.guides import GUIDES, examples

# One playbook for each section; of a section with two, the second has its own name.
PLAYBOOKS = {yaml.safe_load(text)[0]["name"]: text for text in examples("guide_later_tasks")}
HOSTS = ("fac.example.com", "customerapiauth.fortinet.com", "support.fortinet.com", "portal.prod.fortisase.com")
VAULT = {"fac_username": "luser1", "fac_password": PASSWORDS["luser1"], "forticloud_api_id": "luser1", "forticloud_password": PASSWORDS["luser1"]}
TOKEN = "/api/v1/oauth/token/"
FILE = "Write a token for fortinet.fortisase"
HOST_GROUP = "[{group}]\n{group}1 ansible_host=localhost ansible_httpapi_port={port}\n{group}2 ansible_host=127.0.0.1 ansible_httpapi_port={port}\n"


def run(play: Player, *names: str, others: pathlib.Path | None = None, **more: Any) -> str:
    """Run playbooks of the guide, with only servers and credentials replaced."""
    text = "".join(PLAYBOOKS[name].replace("---\n", "") for name in names)
    for host in HOSTS:
        text = text.replace(host, play.sim.host)
    path = play.environment["ANSIBLE_COLLECTIONS_PATH"]
    vault = pathlib.Path(play.environment["HOME"], "vault.yml")
    vault.write_text(yaml.safe_dump({f"vault_{key}": value for key, value in VAULT.items()}))
    environment = {"SSL_CERT_FILE": play.sim.ca, "ANSIBLE_COLLECTIONS_PATH": f"{path}:{others}" if others else path}
    return play.playbook(text, "--extra-vars", f"@{vault}", env=environment, **{"inventory": "", **more})


def asked(play: Player) -> Counter[str]:
    """Return how often each address was asked."""
    return Counter(request["path"] for request in play.sim.requests)


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


def test_with_the_real_collections(play: Player, fortinet_collections: pathlib.Path) -> None:
    inventory = "".join(HOST_GROUP.format(group=group, port=play.sim.host.partition(":")[2]) for group in ("fortimanager", "fortigate"))
    output = run(play, "FortiManager Cloud", "FortiGate", others=fortinet_collections, inventory=inventory)
    assert output.count('"msg": "v7.4.3-build2487 240119 (GA)"') == output.count('"msg": "v7.4.3"') == 2
    assert (asked(play)[TOKEN], asked(play)["/p/forticloud_jsonrpc_login/"]) == (2, 2)
    sent = {request["headers"]["Authorization"] for request in play.sim.requests if request["path"].startswith("/api/v2/") and request["status"] == 200}
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("name", "group", "path"),
    [
        ("FortiManager behind a gateway", "fortimanager", "/jsonrpc"),
        ("FortiGate with the token in a variable", "fortigate", "/api/v2/monitor/system/status"),
    ],
)
def test_a_token_goes_as_it_is(play: Player, fortinet_collections: pathlib.Path, name: str, group: str, path: str) -> None:
    inventory = HOST_GROUP.format(group=group, port=play.sim.host.partition(":")[2])
    output = run(play, name, others=fortinet_collections, inventory=inventory)
    assert output.count('"msg": "v7.4.3') == 2
    assert asked(play)[TOKEN] == 1
    (token,) = {request["headers"]["Authorization"] for request in play.sim.requests if request["path"] == path and "Authorization" in request["headers"]}
    assert play.sim.live_state.tokens.live(token.removeprefix("Bearer "), "fac") is not None


@pytest.mark.parametrize(("name", "version"), [("fortios", "2.6.0"), ("fortimanager", "2.15.0")])
def test_the_versions_are_those_that_the_guide_names(fortinet_collections: pathlib.Path, name: str, version: str) -> None:
    manifest = json.loads((fortinet_collections / "ansible_collections" / "fortinet" / name / "MANIFEST.json").read_text())
    assert manifest["collection_info"]["version"] == version
    assert version in (GUIDES / "guide_later_tasks.rst").read_text()


def test_the_guide_has_nothing_else() -> None:
    assert len(PLAYBOOKS) == 9
