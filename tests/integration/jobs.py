# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job under ansible-runner, as AWX runs one, and a look at what it leaves."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import textwrap
from typing import Any

import yaml

from extensions.simulator import Simulator
from tests.integration.harness import PASSWORDS, written_forms
from tests.tools.awx_types import inject
from tests.tools.redis_server import PASSWORD as REDIS_PASSWORD


class Job:
    """A job: what AWX prepares for the runner, and what the runner leaves."""

    def __init__(self, data: pathlib.Path, play: str, *, hosts: int = 2) -> None:
        """:arg data: the job's private folder, which is made here."""
        self.data = data
        self.artifacts = data / "artifacts" / "1"
        for name in ("project", "inventory", "env"):
            (data / name).mkdir(parents=True)
        (data / "project" / "play.yml").write_text(play)
        (data / "inventory" / "hosts").write_text("".join(f"host{number:03}\n" for number in range(hosts)))
        (data / "env" / "envvars").write_text("---\n{}\n")

    def give(self, environment: dict[str, str], variables: dict[str, str]) -> None:
        """Let it have variables of the environment, and answers to a survey, which AWX marks as not to be filled in."""
        (self.data / "env" / "envvars").write_text(yaml.safe_dump(environment))
        (self.data / "env" / "extravars").write_text("".join(f"{name}: !unsafe '{value}'\n" for name, value in variables.items()) or "{}\n")

    def then(self, tasks: str) -> None:
        """Let more tasks follow in its last play."""
        with (self.data / "project" / "play.yml").open("a") as play:
            play.write(textwrap.indent(tasks, "    "))

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

    def output(self) -> str:
        """Return its output as AWX shows it."""
        return "\n".join(event["stdout"] for event in self.events())

    def written(self, *folders: str, hidden: dict[str, str]) -> dict[str, str]:
        """Return what is in these folders, by file.

        :arg hidden: what to show for variables of the environment that the test gave to the runner, which writes them down as they are.
        """
        files = [path for folder in folders for path in (self.data / folder).rglob("*") if path.is_file()]
        texts = {str(path.relative_to(self.data)): path.read_text(errors="replace") for path in files}
        command = json.loads(texts["artifacts/1/command"])
        command["env"].update(hidden)
        texts["artifacts/1/command"] = json.dumps(command)
        if "artifacts/1/env.list" in texts:  # what podman hands on to a container
            given = [line.partition("=") for line in texts["artifacts/1/env.list"].splitlines()]
            texts["artifacts/1/env.list"] = "\n".join(f"{name}={hidden.get(name, value)}" for name, _equals, value in given)
        return texts


class AwxJob(Job):
    """A job with its credentials, which AWX's own code puts into the environment, and what AWX keeps of it."""

    def __init__(
        self,
        data: pathlib.Path,
        play: str,
        credentials: dict[str, dict[str, Any]],
        *,
        answers: dict[str, str],
        hosts: int = 2,
        container_root: str | None = None,
    ) -> None:
        """:arg answers: what a person put into the survey.

        :arg container_root: see C(inject).
        """
        super().__init__(data, play, hosts=hosts)
        injected = [inject(key, inputs, data, container_root=container_root) for key, inputs in credentials.items()]
        assert not any(each.arguments for each in injected), "a credential went into extra variables"
        self.give({variable: value for each in injected for variable, value in each.env.items()}, answers)
        self._shown = {variable: value for each in injected for variable, value in each.shown.items()}
        self._secrets = {*PASSWORDS.values(), REDIS_PASSWORD, *filter(None, answers.values())}

    def kept(self, printed: str) -> dict[str, str]:
        """Return what AWX keeps, by file, and what the runner printed. Credentials in the environment are as AWX shows them."""
        return {**self.written("artifacts", hidden=self._shown), "what the runner printed": printed}

    def leaked(self, printed: str, sim: Simulator) -> set[str]:
        """Return which secret is where in what AWX keeps: a password, an answer to the survey, or what the simulator issued."""
        return leaks(self.kept(printed), {*self._secrets, *sim.secrets()})


def leaks(texts: dict[str, str], secrets: set[str]) -> set[str]:
    """Return which secret is where."""
    forms = written_forms(secrets)
    return {f"{secret} in {place}" for place, text in texts.items() for form, secret in forms.items() if form in text}
