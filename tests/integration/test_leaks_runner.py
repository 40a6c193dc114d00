# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Under ansible-runner, as AWX runs a job: no secret in the job's events, output or other artifacts."""

from __future__ import annotations

import base64
import json
import pathlib
import subprocess
import sys
import textwrap
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.integration.harness import PASSWORDS, Player
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


class Job:
    """A job: what AWX prepares for the runner, and what the runner leaves."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.data = folder, folder / "job"
        self.artifacts = self.data / "artifacts" / "1"
        for name in ("project", "inventory", "env"):
            (self.data / name).mkdir(parents=True)
        kept = ", ".join(f"{name}: '{{{{ {name} }}}}'" for name in KEPT)
        (self.data / "project" / "play.yml").write_text(PLAY.format(folder=folder, kept=kept))
        (self.data / "inventory" / "hosts").write_text("host000\nhost001\n")
        (self.data / "env" / "envvars").write_text("---\n{}\n")
        (folder / "secret.yml").write_text(json.dumps({"secret": PASSWORDS}))
        (folder / "header.j2").write_text(TEMPLATE)

    def then(self, tasks: str, **variables: str) -> None:
        """Let more tasks follow."""
        with (self.data / "project" / "play.yml").open("a") as play:
            play.write(textwrap.indent(tasks, "    "))
        (self.folder / "secret.yml").write_text(json.dumps({"secret": PASSWORDS, **variables}))

    def run(self, environment: dict[str, str], *arguments: str) -> str:
        """Run it; return what the runner itself printed."""
        command = [sys.executable, "-m", "ansible_runner", "run", str(self.data), "-p", "play.yml", "--ident", "1", *arguments]
        bin_first = {"PATH": f"{pathlib.Path(sys.executable).parent}:{environment['PATH']}"}
        done = subprocess.run(command, env={**environment, **bin_first}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def events(self) -> list[dict[str, Any]]:
        """Return the job's events, in their order."""
        events = [json.loads(path.read_text()) for path in (self.artifacts / "job_events").glob("*.json")]
        return sorted(events, key=lambda event: event["counter"])

    def kept(self) -> list[dict[str, Any]]:
        """Return what each host had in the end."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("host*.json"))]

    def written(self) -> dict[str, str]:
        """Return all that the runner left, by file; without the environment that the test gave to the runner, which it writes down as it is."""
        texts = {str(path.relative_to(self.data)): path.read_text(errors="replace") for path in self.data.rglob("*") if path.is_file()}
        command = json.loads(texts["artifacts/1/command"])
        command["env"] = {name: value for name, value in command["env"].items() if name not in CREDENTIALS}
        return {**texts, "artifacts/1/command": json.dumps(command)}


@pytest.fixture
def job(tmp_path: pathlib.Path) -> Job:
    """A job of two hosts."""
    return Job(tmp_path)


def leaks(texts: dict[str, str], secrets: set[str]) -> set[str]:
    """Return which secret is where."""
    forms = {form: secret for secret in secrets for form in (secret, quote_plus(secret), base64.b64encode(secret.encode()).decode())}
    return {f"{secret} in {place}" for place, text in texts.items() for form, secret in forms.items() if form in text}


@pytest.mark.parametrize("debug", ["0", "1"], ids=["plain", "debug"])
@pytest.mark.parametrize("arguments", [(), ("-vvvv",), ("--json",)], ids=["quiet", "verbose", "json"])
def test_a_job_keeps_its_secrets(play: Player, job: Job, arguments: tuple[str, ...], debug: str) -> None:
    printed = job.run({**play.environment, **CREDENTIALS, "ANSIBLE_DEBUG": debug}, *arguments)
    every = {value for host in job.kept() for name in KEPT for value in (host[name]["access_token"], host[name].get("refresh_token"))} - {None}
    assert every and every <= set(play.sim.secrets())
    assert len(job.kept()) == 2
    for header in job.folder.glob("*.header"):
        assert [line.removeprefix("Bearer ") in play.sim.secrets() for line in header.read_text().splitlines()] == [True, True]
    assert len(list(job.folder.glob("*.header"))) == 2
    told = [event for event in job.events() if "push1: approve the sign-in to" in event["stdout"]]
    assert told
    assert (play.sim.counts["fac.challenge"], play.sim.counts["forticwp.credentials"]) == (1, 1)
    assert {event["event"] for event in job.events()} >= {"playbook_on_start", "runner_on_ok", "runner_on_failed", "playbook_on_stats"}
    assert leaks({**job.written(), "what the runner printed": printed}, {*PASSWORDS.values(), *play.sim.secrets()}) == set()


@only_masked_by_core
def test_later_tasks_are_masked_too(play: Player, job: Job) -> None:
    known = variables(play.sim.host, kept_in=str(job.folder / "tokens"))
    job.then(printing("task.access_token", "refreshed.refresh_token", "token_forticwp.access_token", "asked"), **known)
    printed = job.run({**play.environment, **CREDENTIALS}, "-vvvv")
    assert "$REDACTED$" in printed
    assert leaks({**job.written(), "what the runner printed": printed}, {*PASSWORDS.values(), *play.sim.secrets()}) == set()
