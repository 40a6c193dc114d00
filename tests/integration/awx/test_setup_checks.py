# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What forti.oauth.awx_setup refuses before it sends anything: one play for each case, all in one run."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
import yaml

from tests.integration.harness import Player
from tests.tools.build import ROOT

from .values import EVERYTHING, SECRETS

PLAYBOOKS = ROOT / "playbooks"
CREDENTIAL = {"name": "F", "inputs": {"server": "fac.example.com", "client_id": "ansible", "password": SECRETS["vault_fac_password"]}}
PROJECT = {"awx_setup_project": {"name": "x"}}
TEXT = "must be a text, and not be empty. Leave out what you do not need."


def credential(**inputs: Any) -> dict[str, Any]:
    return {"awx_setup_fac_credential": {"name": "F", "inputs": {**CREDENTIAL["inputs"], **inputs}}}


def template(**more: Any) -> dict[str, Any]:
    return {**PROJECT, "awx_setup_job_template": {"name": "T", **more}}


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "all is well": (EVERYTHING, ""),
    "nothing": ({}, ""),
    "a credential": (credential(skip_certificate_check=True, realm=""), ""),
    "IDs": (template(inventory=3, credentials=[4, "Switches", "5"], limit="sw*"), ""),
    "an environment that is named": ({"awx_setup_execution_environment": {"name": "x"}}, ""),
    "no such variable": ({"awx_setup_fac_credentials": CREDENTIAL}, "There is no awx_setup_fac_credentials. There are awx_setup_organization, "),
    "no mapping": ({"awx_setup_fac_credential": SECRETS["vault_fac_password"]}, "must hold name and inputs. It holds something else"),
    "a slip": ({"awx_setup_project": {"name": "x", "scm_ulr": "y"}}, "and may hold scm_url, scm_branch, scm_credential. It holds name, scm_ulr."),
    "an empty name": ({"awx_setup_project": {"name": ""}}, f"awx_setup_project: name {TEXT}"),
    "a blank": ({"awx_setup_execution_environment": {"name": " ", "image": "x"}}, f"awx_setup_execution_environment: name {TEXT}"),
    "no name": ({"awx_setup_fac_credential": {"name": None, "inputs": CREDENTIAL["inputs"]}}, f"awx_setup_fac_credential: name {TEXT}"),
    "an empty credential": ({"awx_setup_project": {"name": "x", "scm_credential": None}}, f"awx_setup_project: scm_credential {TEXT}"),
    "an empty image": ({"awx_setup_execution_environment": {"name": "x", "image": None}}, f"awx_setup_execution_environment: image {TEXT}"),
    "an empty inventory": (template(inventory=""), f"awx_setup_job_template: inventory {TEXT}"),
    "a list": (template(limit=["a"]), f"awx_setup_job_template: limit {TEXT}"),
    "an ID as a name": ({"awx_setup_project": {"name": "7"}}, "name must not be a number, and not hold ++."),
    "an address as a name": ({"awx_setup_project": {"name": "C++ lab"}}, "name must not be a number, and not hold ++."),
    "no such field": (credential(passwort="x"), "Needed are server, client_id, password."),
    "no password": (credential(password=""), "Needed are server, client_id, password."),
    "a list for a key": (credential(client_cert=["-----BEGIN PRIVATE KEY-----\nMIIKEYKEY77"]), "No such text: client_cert."),
    "a number": (credential(password=4711471147), "No such text: password."),
    "no switch": (credential(skip_certificate_check="perhaps"), "No such text: skip_certificate_check."),
    "no inputs": ({"awx_setup_fac_credential": {"name": "F", "inputs": None}}, "The inputs of awx_setup_fac_credential may be server, "),
    "not defined": ({"awx_setup_redis_credential": {"name": "R", "inputs": {"url": "{{ vault_redis_url }}"}}}, "not defined|undefined"),
    "no organization": ({"awx_setup_organization": ""}, "awx_setup_organization must be a text, and not be empty."),
    "no project": ({"awx_setup_job_template": {"name": "x"}}, "awx_setup_job_template needs awx_setup_project."),
    "no image": ({"awx_setup_execution_environment": {"name": "x", "pull": "always"}}, "awx_setup_execution_environment: pull needs image."),
    "secrets perhaps": ({"awx_setup_update_secrets": "perhaps"}, "awx_setup_update_secrets must be true or false."),
    "a survey perhaps": (template(otp_survey="perhaps"), "awx_setup_job_template: otp_survey must be true or false."),
    "no list": (template(credentials="Switches"), "awx_setup_job_template: credentials must be a list of names and IDs."),
    "an empty one": (template(credentials=["Switches", ""]), "awx_setup_job_template: credentials must be a list of names and IDs."),
}
TASKS: list[dict[str, Any]] = [
    {
        "block": [{"include_tasks": str(PLAYBOOKS / "tasks" / "awx_setup_checks.yml")}, {"set_fact": {"said": []}}],
        "rescue": [
            {
                "set_fact": {
                    "said": "{{ ansible_failed_result.results | default([ansible_failed_result]) | selectattr('msg', 'defined') | map(attribute='msg') }}"
                }
            }
        ],
    }
]


@pytest.fixture(scope="module")
def said(request: pytest.FixtureRequest) -> dict[str, str]:
    """What is said of each case."""
    play: Player = request.getfixturevalue("new_play")()
    folder = pathlib.Path(play.environment["HOME"])
    (setup,) = yaml.safe_load((PLAYBOOKS / "awx_setup.yml").read_text())
    plays = []
    for number, (variables, _message) in enumerate(CASES.values()):
        keep = {"copy": {"content": "{{ said | to_json }}", "dest": f"{folder}/{number}.json", "mode": "0600"}}
        types = str(PLAYBOOKS / "vars" / "awx_credential_types.yml")
        plays.append({"hosts": "localhost", "gather_facts": False, "vars_files": [types], "vars": {**setup["vars"], **variables}, "tasks": [*TASKS, keep]})
    output = play.playbook(yaml.safe_dump(plays), inventory="localhost ansible_connection=local\n", env={"CONTROLLER_HOST": "https://awx.example.com"})
    for secret in (*SECRETS.values(), "MIIKEYKEY77", "4711471147"):
        assert secret not in output
    return {name: " ".join(json.loads((folder / f"{number}.json").read_text())) for number, name in enumerate(CASES)}


@pytest.mark.long
@pytest.mark.xdist_group("what awx_setup checks")
@pytest.mark.parametrize("name", CASES)
def test_a_slip_is_told_before_anything_is_sent(said: dict[str, str], name: str) -> None:
    message = CASES[name][1]
    assert bool(said[name]) == bool(message), said[name]
    assert any(part in said[name] for part in message.split("|"))
