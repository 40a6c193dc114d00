# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""forti.oauth.awx_setup, with the modules of awx.awx, against a server that answers as AWX does."""

from __future__ import annotations

import pathlib

import pytest

from tests.awx import Awx
from tests.awx.server import PASSWORD, USER
from tests.tools.awx_types import CREDENTIAL_TYPES

from .values import EVERYTHING, GUIDE, SECRETS, Setup


@pytest.mark.long
def test_it_makes_all_that_is_asked_for_and_changes_nothing_the_second_time(awx: Awx, setup: Setup, controller_collection: pathlib.Path) -> None:
    before = setup(EVERYTHING, "--check", "-vvvv")
    names = [GUIDE[f"awx_setup_{key}"]["name"] for key in ("fac_credential", "forticwp_credential", "redis_credential", "job_template")]
    assert f"Left out in check mode, because what it needs is not there yet: {', '.join(names)}." in before
    assert awx.writes() == []
    assert "failed=0" in setup(EVERYTHING, "-vvvv", CONTROLLER_USERNAME=USER, CONTROLLER_PASSWORD=PASSWORD)
    assert len(awx.api.tokens) == 1, "the modules ended the tokens that they got"
    for known in CREDENTIAL_TYPES.values():
        assert {name: awx.resources.named("credential_types", known["name"])[name] for name in known} == known
    for key, field, secret in (("fac", "password", "fac_password"), ("forticwp", "credential", "forticwp_credential"), ("redis", "url", "redis_url")):
        wanted = GUIDE[f"awx_setup_{key}_credential"]
        assert awx.resources.named("credentials", wanted["name"])["inputs"] == {**wanted["inputs"], field: SECRETS[f"vault_{secret}"]}
    template = awx.resources.named("job_templates", GUIDE["awx_setup_job_template"]["name"])
    credentials = {awx.resources.one("credentials", number)["name"] for number in awx.resources.listed("job_templates", template["id"], "credentials")}
    assert credentials == {GUIDE[f"awx_setup_{key}_credential"]["name"] for key in CREDENTIAL_TYPES}
    assert template["execution_environment"] == awx.resources.named("execution_environments", "forti.oauth")["id"]
    assert (template["playbook"], template["survey_enabled"]) == ("playbooks/awx_sample.yml", True)
    assert [question["variable"] for question in awx.resources.surveys[template["id"]]["spec"]] == ["fac_otp"]
    assert awx.writes()
    # Again, with the modules and the path of Automation Platform 2.5 and newer. Only the project is fetched anew.
    again = setup(EVERYTHING, "-vvvv", modules=controller_collection)
    assert "changed=0" in again
    (update,) = awx.writes()
    assert update[1].startswith("/api/controller/v2/projects/")
    assert update[1].endswith("/update/")
    checked = setup(EVERYTHING, "--check")
    assert "changed=0" in checked
    assert "Left out in check mode" not in checked
    assert awx.writes() == []


def test_it_brings_up_to_date_what_is_there(awx: Awx, setup: Setup) -> None:
    old, name = CREDENTIAL_TYPES["fac"], GUIDE["awx_setup_redis_credential"]["name"]
    awx.resources.create("credential_types", {**old, "inputs": {"fields": old["inputs"]["fields"][:2]}, "injectors": {}})
    type_ = awx.resources.create("credential_types", CREDENTIAL_TYPES["redis"])
    awx.resources.create("credentials", {"name": name, "organization": 1, "credential_type": type_["id"], "inputs": {"url": "redis://old.example.com/0"}})
    output = setup({"awx_setup_redis_credential": GUIDE["awx_setup_redis_credential"], **SECRETS, "awx_setup_update_secrets": True})
    assert [method for method, _path in awx.writes()] == ["PATCH", "POST", "PATCH"], output
    made = {resource["name"] for resource in awx.resources.all("credential_types") if not resource["managed"]}
    assert made == {known["name"] for known in CREDENTIAL_TYPES.values()}
    assert awx.resources.named("credential_types", old["name"])["inputs"] == old["inputs"]
    assert awx.resources.named("credentials", name)["inputs"] == {"url": SECRETS["vault_redis_url"]}
    assert not any(awx.resources.all(kind) for kind in ("execution_environments", "projects", "job_templates"))
