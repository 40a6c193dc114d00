# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""forti.oauth.awx_setup, with the modules of awx.awx, against a server that answers as AWX does."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from tests.awx import Awx
from tests.awx.server import PASSWORD, USER
from tests.integration.harness import Player
from tests.tools.awx_types import CREDENTIAL_TYPES
from tests.tools.build import ROOT
from tests.tools.guides import example

REPOSITORY = "https://github.com/forti-oauth/forti.oauth.git"
SECRETS = {
    "vault_fac_password": "Fac-Word-for-Awx-4711",
    "vault_forticwp_credential": "11112222-3333-4444-5555-666677778888",
    "vault_redis_url": "rediss://forti:Redis-for-Awx-4711@redis.example.com:6380/0",
}
GUIDE = yaml.safe_load(example("guide_awx", "awx_setup_fac_credential"))
EVERYTHING = {**GUIDE, **SECRETS}

Setup = Callable[..., str]


@pytest.fixture
def awx(tmp_path: pathlib.Path) -> Iterator[Awx]:
    """An AWX where nothing has been set up."""
    playbooks = [str(path.relative_to(ROOT)) for path in (ROOT / "playbooks").glob("*.yml")]
    with Awx(tmp_path, {REPOSITORY: playbooks}) as running:
        yield running


@pytest.fixture
def setup(play: Player, awx: Awx, awx_collection: pathlib.Path, tmp_path: pathlib.Path) -> Setup:
    """Run the playbook of the installed collection; return what it printed."""
    environment = {
        **play.environment,
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([play.environment["ANSIBLE_COLLECTIONS_PATH"], str(awx_collection)]),
        "CONTROLLER_HOST": awx.url,
        "SSL_CERT_FILE": str(awx.ca),
    }
    token = awx.api.new_token()[1]

    def run(variables: dict[str, Any], *arguments: str, fails: bool = False, **env: str) -> str:
        (tmp_path / "my_awx.yml").write_text(json.dumps(variables))
        program = str(pathlib.Path(sys.executable).parent / "ansible-playbook")
        command = [program, "forti.oauth.awx_setup", "-e", f"@{tmp_path}/my_awx.yml", *arguments]
        whole = {**environment, **(env or {"CONTROLLER_OAUTH_TOKEN": token})}
        done = subprocess.run(command, env=whole, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        assert (done.returncode != 0) == fails, done.stdout[-6000:]
        assert "Traceback (most recent call last)" not in done.stdout, done.stdout[-6000:]
        for secret in (*SECRETS.values(), "Redis-for-Awx-4711", PASSWORD, *awx.api.issued):
            assert secret not in done.stdout
        return done.stdout

    return run


def test_it_makes_all_that_is_asked_for_and_changes_nothing_the_second_time(awx: Awx, setup: Setup) -> None:
    assert "failed=0" in setup(EVERYTHING, "-vvvv", CONTROLLER_USERNAME=USER, CONTROLLER_PASSWORD=PASSWORD)
    assert awx.api.tokens.keys() == {1}, "the modules ended the tokens that they got"
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
    # Again, as Automation Platform 2.5 and newer wants it.
    again = setup(EVERYTHING, "-vvvv", CONTROLLER_OAUTH_TOKEN=awx.api.tokens[1], CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX="/api/controller/")
    assert "changed=0" in again
    assert awx.writes() == []


def test_it_brings_up_to_date_what_is_there(awx: Awx, setup: Setup) -> None:
    old, name = CREDENTIAL_TYPES["fac"], GUIDE["awx_setup_redis_credential"]["name"]
    awx.resources.create("credential_types", {**old, "inputs": {"fields": old["inputs"]["fields"][:2]}, "injectors": {}})
    type_ = awx.resources.create("credential_types", CREDENTIAL_TYPES["redis"])
    awx.resources.create("credentials", {"name": name, "organization": 1, "credential_type": type_["id"], "inputs": {"url": "redis://old.example.com/0"}})
    output = setup({"awx_setup_redis_credential": GUIDE["awx_setup_redis_credential"], **SECRETS, "awx_setup_update_secrets": True})
    assert [method for method, _path in awx.writes()] == ["PATCH", "POST", "PATCH"], output
    assert {resource["name"] for resource in awx.resources.all("credential_types")} == {known["name"] for known in CREDENTIAL_TYPES.values()}
    assert awx.resources.named("credential_types", old["name"])["inputs"] == old["inputs"]
    assert awx.resources.named("credentials", name)["inputs"] == {"url": SECRETS["vault_redis_url"]}
    assert not any(awx.resources.all(kind) for kind in ("execution_environments", "projects", "job_templates"))


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"awx_setup_project": {"name": "x", "scm_ulr": "y"}},
            "awx_setup_project must hold name, and may hold scm_url, scm_branch, scm_credential. It holds name, scm_ulr.",
        ),
        ({"awx_setup_fac_credential": SECRETS["vault_fac_password"]}, "awx_setup_fac_credential must hold name and inputs. It holds something else."),
        ({"awx_setup_job_template": {"name": "x"}}, "awx_setup_job_template needs awx_setup_project."),
    ],
)
def test_a_slip_is_told_before_anything_is_made(awx: Awx, setup: Setup, variables: dict[str, Any], message: str) -> None:
    assert message in setup(variables, "-vvvv", fails=True)
    assert not awx.api.requests


def test_what_awx_refuses_is_told(setup: Setup) -> None:
    wrong = {"name": "x", "inputs": {"credential": SECRETS["vault_forticwp_credential"], "user": "typo"}}
    assert "Additional properties are not allowed (user)" in setup({"awx_setup_forticwp_credential": wrong}, fails=True)


def test_a_wrong_password_is_tried_once(awx: Awx, setup: Setup) -> None:
    assert "HTTP Error 401" in setup({}, fails=True, CONTROLLER_USERNAME=USER, CONTROLLER_PASSWORD="not-the-password-4711")
    assert awx.api.requests == [("POST", "/api/v2/tokens/")]
