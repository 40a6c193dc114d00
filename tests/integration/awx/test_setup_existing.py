# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""forti.oauth.awx_setup, where something is there already: of a failed run, of an administrator, of another organization."""

from __future__ import annotations

from typing import Any

import pytest

from tests.awx import Awx

from .values import OF_REQUIREMENTS, OWN_REPOSITORY, SECRETS, Setup

NAME = "Tokens in a job"
TEMPLATE = {"awx_setup_project": {"name": "forti.oauth"}, "awx_setup_job_template": {"name": NAME}}


def with_environment(name: str, **image: str) -> dict[str, Any]:
    return {**TEMPLATE, "awx_setup_execution_environment": {"name": name, **image}}


def with_credentials(*names: str) -> dict[str, Any]:
    return {
        "awx_setup_project": {"name": "forti.oauth", "scm_credential": "Git"},
        "awx_setup_job_template": {"name": NAME, "credentials": list(names)},
    }


@pytest.mark.long
def test_a_project_that_could_not_be_fetched_heals(awx: Awx, setup: Setup) -> None:
    wanted = {**OF_REQUIREMENTS, **SECRETS}
    awx.resources.unreachable.add(OWN_REPOSITORY)
    assert "Project update failed" in setup(wanted, fails=True)
    assert "The Project Update - Tokens, failed" in setup(wanted, fails=True)
    awx.resources.unreachable.clear()
    setup(wanted)
    template = awx.resources.named("job_templates", OF_REQUIREMENTS["awx_setup_job_template"]["name"])
    assert (template["playbook"], template["execution_environment"]) == ("token.yml", None)
    (credential,) = awx.resources.listed("job_templates", template["id"], "credentials")
    assert awx.resources.one("credentials", credential)["inputs"]["password"] == SECRETS["vault_fac_password"]


@pytest.mark.long
def test_an_execution_environment_of_somebody_else_is_used(awx: Awx, setup: Setup) -> None:
    others = awx.resources.create("organizations", {"name": "Others"})["id"]
    of_nobody = awx.resources.create("execution_environments", {"name": "Of nobody", "image": "registry.example.com/ee:1"})
    of_others = awx.resources.create("execution_environments", {"name": "Of others", "image": "registry.example.com/ee:1", "organization": others})
    setup(with_environment("Of nobody"))
    assert awx.resources.named("job_templates", NAME)["execution_environment"] == of_nobody["id"]
    assert awx.resources.named("execution_environments", "Of nobody") == of_nobody
    setup(with_environment("Of others", image="registry.example.com/ee:2"))
    now = awx.resources.one("execution_environments", of_others["id"])
    assert awx.resources.named("job_templates", NAME)["execution_environment"] == now["id"]
    assert (now["image"], now["organization"]) == ("registry.example.com/ee:2", others)


@pytest.mark.long
def test_one_that_is_only_named_must_be_there(awx: Awx, setup: Setup) -> None:
    assert "There is no execution environment Nowhere. Give its image, and it is made." in setup(with_environment("Nowhere"), fails=True)
    assert awx.writes() == []


@pytest.mark.long
def test_a_name_is_looked_for_in_the_organization_first(awx: Awx, setup: Setup) -> None:
    others = awx.resources.create("organizations", {"name": "Others"})["id"]

    def of_both(kind: str, **fields: Any) -> int:
        awx.resources.create(kind, {**fields, "organization": others})
        same = [known for known in awx.resources.all(kind) if (known["name"], known["organization"]) == (fields["name"], 1)]
        return int((same[0] if same else awx.resources.create(kind, {**fields, "organization": 1}))["id"])

    def credential(name: str, type_: str) -> int:
        return of_both("credentials", name=name, credential_type=awx.resources.named("credential_types", type_)["id"])

    inventory, machine, vault = of_both("inventories", name="Demo Inventory"), credential("Switches", "Machine"), credential("Passwords", "Vault")
    network, repository = credential("Routers", "Network"), credential("Git", "Source Control")
    assert "returned 2 items, expected 1" in setup(with_credentials("Switches", "Passwords"), fails=True)
    # The modules look in one organization only if they know the type. Else a number does, or what AWX calls a named URL.
    setup(with_credentials("Switches", str(vault), "Routers++Network+net++Default"))
    template = awx.resources.named("job_templates", NAME)
    assert template["inventory"] == inventory
    assert set(awx.resources.listed("job_templates", template["id"], "credentials")) == {machine, vault, network}
    assert awx.resources.named("projects", "forti.oauth")["credential"] == repository


@pytest.mark.long
def test_what_one_field_holds_hides_no_other_credential(awx: Awx, setup: Setup) -> None:
    """The modules hide the digits of a field wherever they stand in a result, also in the ID of the credential."""
    awx.resources.create("organizations", {"name": "Others"})
    inputs = {**OF_REQUIREMENTS["awx_setup_fac_credential"]["inputs"], "realm": "1"}
    wanted = {**OF_REQUIREMENTS, "awx_setup_fac_credential": {"name": "F", "inputs": inputs}, **SECRETS}
    for _time in range(2):
        setup(wanted)
    template = awx.resources.named("job_templates", OF_REQUIREMENTS["awx_setup_job_template"]["name"])
    assert awx.resources.listed("job_templates", template["id"], "credentials") == [awx.resources.named("credentials", "F")["id"]]
    assert "1" in str(awx.resources.named("credentials", "F")["id"])
