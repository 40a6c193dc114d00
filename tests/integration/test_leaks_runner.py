# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Under ansible-runner, as AWX runs a job: no secret in the job's events, output or other artifacts."""

from __future__ import annotations

import json
import pathlib

import pytest

from tests.integration.harness import PASSWORDS, Player
from tests.integration.jobs import Job, leaks
from tests.integration.printing import only_masked_by_core, printing, variables

pytest.importorskip("ansible_runner", reason="there is no ansible-runner on this machine: nothing was tried as AWX runs it")

# As a credential type of AWX injects them.
CREDENTIALS = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"], "FORTICWP_CREDENTIAL": PASSWORDS["credential"]}
PLAY = """
- hosts: all
  connection: local
  gather_facts: false
  vars_files: ["{folder}/secret.yml"]
  tasks:
    - {{forti.oauth.fac_oauth_token: , register: task}}
    - {{forti.oauth.fac_oauth_token: {{username: push1, password: '{{{{ secret.push1 }}}}', push_interval: 1}}, register: push}}
    - {{forti.oauth.fac_oauth_token: {{username: luser1, password: '{{{{ secret.wrong }}}}'}}, register: refused, ignore_errors: true}}
    - {{forti.oauth.fac_oauth_token: {{grant_type: refresh_token, refresh_token: '{{{{ push.refresh_token }}}}'}}, register: refreshed}}
    - {{import_role: {{name: forti.oauth.token}}, vars: {{token_fac_options: {{}}, token_forticwp_options: {{}}}}}}
    - template: {{src: "{folder}/header.j2", dest: "{folder}/{{{{ inventory_hostname }}}}.header", mode: "0600"}}
      no_log: true
    - keep: {{into: "{folder}/{{{{ inventory_hostname }}}}.json", value: {{{kept}}}}}
"""
KEPT = ["task", "push", "refreshed", "token_fac", "token_forticwp"]
TEMPLATE = "{{ lookup('forti.oauth.forticwp_token', return_as='authorization') }}\n{{ lookup('forti.oauth.fac_oauth_token', return_as='authorization') }}\n"


@pytest.fixture
def job(tmp_path: pathlib.Path) -> Job:
    """A job of two hosts."""
    kept = ", ".join(f"{name}: '{{{{ {name} }}}}'" for name in KEPT)
    (tmp_path / "secret.yml").write_text(json.dumps({"secret": PASSWORDS}))
    (tmp_path / "header.j2").write_text(TEMPLATE)
    return Job(tmp_path / "job", PLAY.format(folder=tmp_path, kept=kept))


def left_behind(play: Player, job: Job, printed: str) -> set[str]:
    """Return which secret is where, in all that the runner left and printed."""
    left = job.written(".", hidden=dict.fromkeys(CREDENTIALS, ""))
    return leaks({**left, "what the runner printed": printed}, {*PASSWORDS.values(), *play.sim.secrets()})


@pytest.mark.daily("verbose-plain")
@pytest.mark.parametrize("debug", ["0", "1"], ids=["plain", "debug"])
@pytest.mark.parametrize("arguments", [(), ("-vvvv",), ("--json",)], ids=["quiet", "verbose", "json"])
def test_a_job_keeps_its_secrets(play: Player, job: Job, tmp_path: pathlib.Path, arguments: tuple[str, ...], debug: str) -> None:
    printed = job.run({**play.environment, **CREDENTIALS, "ANSIBLE_DEBUG": debug}, *arguments)
    kept = [json.loads(path.read_text()) for path in tmp_path.glob("host*.json")]
    every = {value for host in kept for name in KEPT for value in (host[name]["access_token"], host[name].get("refresh_token"))} - {None}
    assert every and every <= set(play.sim.secrets())
    assert len(kept) == 2
    for header in tmp_path.glob("*.header"):
        assert [line.removeprefix("Bearer ") in play.sim.secrets() for line in header.read_text().splitlines()] == [True, True]
    assert len(list(tmp_path.glob("*.header"))) == 2
    told = [event for event in job.events() if "push1: approve the sign-in to" in event["stdout"]]
    assert told
    assert (play.sim.counts["fac.challenge"], play.sim.counts["forticwp.credentials"]) == (1, 1)
    assert {event["event"] for event in job.events()} >= {"playbook_on_start", "runner_on_ok", "runner_on_failed", "playbook_on_stats"}
    assert left_behind(play, job, printed) == set()


@only_masked_by_core
def test_later_tasks_are_masked_too(play: Player, job: Job, tmp_path: pathlib.Path) -> None:
    known = variables(play.sim.host, kept_in=str(tmp_path / "tokens"))
    (tmp_path / "secret.yml").write_text(json.dumps({"secret": PASSWORDS, **known}))
    job.then(printing("task.access_token", "refreshed.refresh_token", "token_forticwp.access_token", "asked"))
    printed = job.run({**play.environment, **CREDENTIALS}, "-vvvv")
    assert "$REDACTED$" in printed
    assert left_behind(play, job, printed) == set()
