# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a play as a user does, and look at what it printed, what it registered and what the servers saw."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote_plus

import yaml

from tests.simulator import Simulator

PROGRAM = str(pathlib.Path(sys.executable).parent / "ansible-playbook")
PLUGINS = pathlib.Path(__file__).parent / "plugins"
PASSWORDS = {
    "luser1": "Pass-Word-12345678",
    "push1": "Push-Word-12345678",
    "ftm1": "Ftm-Word-12345678",
    "sms1": "Sms-Word-12345678",
    "email1": "Email-Word-12345678",
    "radius1": "Radius-Word-12345678",
    "remote1": "Remote-Word-12345678",
    "robot": "Robot-Word-12345678",
    "cwp": "Cwp-Word-12345678",
    "credential": "f59fb84e-c896-4d38-91f3-1eee401823b6",
    "client": "Client-Secret-9f3kQ2",
    "portal": "Portal-Secret-77aLm4",
    "wrong": "not-the-password-4711",
}


@dataclasses.dataclass
class Outcome:
    """What a play did."""

    code: int
    output: str
    kept: dict[str, dict[str, Any]]  # host -> variable -> value

    def __getitem__(self, name: str) -> Any:
        """Return a variable of the only host."""
        (host,) = self.kept.values()
        return host[name]

    def of_all(self, name: str) -> list[Any]:
        """Return a variable of each host."""
        return [variables[name] for variables in self.kept.values()]


class Player:
    """Runs plays with the installed collection, with -vvvv, and finds a secret in any output."""

    def __init__(self, collections: pathlib.Path, sim: Simulator, folder: pathlib.Path) -> None:
        self.sim = sim
        self._folder = folder
        home = folder / "home"
        home.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "FAC_", "FORTI"))}
        self.environment = {
            **kept,
            "HOME": str(home),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_ACTION_PLUGINS": str(PLUGINS / "action"),
            "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS / "connection"),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "FAC_SERVER": sim.host,
            "FAC_CA_PATH": str(sim.ca),
            "FAC_CLIENT_ID": "ansible",
            "FORTICWP_SERVER": sim.host,
            "FORTICWP_CA_PATH": str(sim.ca),
        }

    def __call__(
        self,
        tasks: str,
        *,
        keep: str = "",
        hosts: int = 1,
        head: str = "",
        variables: dict[str, Any] | None = None,
        env: dict[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        connection: str = "local",
        fails: bool = False,
        shows: tuple[str, ...] = (),
        shows_session: bool = False,
        others: int = 0,
        traceback_ok: bool = False,
    ) -> Outcome:
        """Run the tasks on so many hosts.

        :arg keep: the variables to return, separated by spaces.
        :arg head: more lines of the play, such as its strategy.
        :arg variables: more variables, in a file beside the playbook, which core does not quote.
        :arg fails: whether the play is expected to fail.
        :arg shows: secrets that this play prints on purpose.
        :arg traceback_ok: the test itself breaks something.
        :arg others: so many other runs of the same play start at the same moment.
        :arg shows_session: the play fails with a challenge, whose session a second task may need.
        """
        command = self._command(tasks, keep=keep, hosts=hosts, head=head, variables=variables or {}, connection=connection)
        environment = {**self.environment, **(env or {})}
        beside = [self._start(command, environment) for _number in range(others)]
        with self._start([*command, *arguments], environment) as run:
            output = run.communicate(timeout=240)[0]
        for other in beside:
            assert other.wait(60) == 0
            other.communicate()
        done = subprocess.CompletedProcess(command, run.returncode, output)
        assert (done.returncode != 0) == fails, done.stdout[-6000:]
        assert traceback_ok or "Traceback (most recent call last)" not in done.stdout, done.stdout[-6000:]
        self._search(re.sub(r'"session": "\w+"', "", done.stdout) if shows_session else done.stdout, shows)
        return Outcome(done.returncode, done.stdout, self._read_kept())

    def playbook(self, text: str, *arguments: str, inventory: str, env: dict[str, str], fails: bool = False) -> str:
        """Run a whole playbook, such as a guide's, with -vvvv; return the output."""
        (self._folder / "book.yml").write_text(text)
        (self._folder / "inventory").write_text(inventory)
        command = [PROGRAM, "-vvvv", "-i", str(self._folder / "inventory"), *arguments, str(self._folder / "book.yml")]
        with self._start(command, {**self.environment, **env}) as run:
            output: str = run.communicate(timeout=240)[0]
        assert (run.returncode != 0) == fails, output[-6000:]
        self._search(output, ())
        return output

    def killed(self, tasks: str, *, after: float, env: dict[str, str], by: signal.Signals = signal.SIGKILL) -> str:
        """Run the tasks on one host, and send all processes of the run a signal after so many seconds; return the output."""
        command = self._command(tasks, keep="", hosts=1, head="", variables={}, connection="local")
        with self._start(command, {**self.environment, **env}) as run:
            time.sleep(after)  # a person, or the kernel, does not wait for the right moment
            # A terminal, or a container that is stopped, tells the whole group; kill -9 is meant for every process there is.
            for process in _family(run.pid) if by == signal.SIGKILL else [-run.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, by)
            output: str = run.communicate(timeout=60)[0]
        self._search(output, ())
        return output

    def _command(self, tasks: str, *, keep: str, hosts: int, head: str, variables: dict[str, Any], connection: str) -> list[str]:
        (self._folder / "secret.yml").write_text(yaml.safe_dump({"secret": PASSWORDS, **variables}))
        playbook = self._written(tasks, keep.split(), head)
        inventory = self._folder / "hosts"
        inventory.write_text("".join(f"host{number:03}\n" for number in range(hosts)))
        return [PROGRAM, "-vvvv", "-i", str(inventory), "-c", connection, str(playbook)]

    def _start(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, cwd=self._folder, stdout=pipe, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def _written(self, tasks: str, keep: list[str], head: str) -> pathlib.Path:
        values = ", ".join(f"{name}: '{{{{ {name} | default(none) }}}}'" for name in keep)
        keeping = f"- keep: {{into: '{self._folder}/{{{{ inventory_hostname }}}}.json', value: {{{values}}}}}\n" if keep else ""
        text = "- hosts: all\n  gather_facts: false\n  vars_files: [secret.yml]\n"
        text += textwrap.indent(textwrap.dedent(head), "  ") + ("\n" if head else "")
        text += "  tasks:\n" + textwrap.indent(textwrap.dedent(tasks).strip("\n") + "\n" + keeping, "    ")
        for old in self._folder.glob("host*.json"):
            old.unlink()
        path = self._folder / "play.yml"
        path.write_text(text)
        return path

    def _read_kept(self) -> dict[str, dict[str, Any]]:
        return {path.stem: json.loads(path.read_text()) for path in sorted(self._folder.glob("host*.json"))}

    def search_files(self) -> None:
        """Look for secrets in what the runs wrote: a log, reports. Modules that core was told to leave on a host hold their arguments."""
        home = pathlib.Path(self.environment["HOME"])
        written = [*self._folder.glob("*.log"), *(path for path in home.rglob("*") if path.is_file() and "ansible-tmp-" not in str(path))]
        for path in written:
            self._search(path.read_text(errors="replace"), ())

    def _search(self, output: str, shows: tuple[str, ...]) -> None:
        secrets = {*PASSWORDS.values(), *self.sim.secrets()} - set(shows)
        for form in written_forms(secrets):
            assert form not in output, f"{form} in the output: ...{output[max(0, output.index(form) - 300) : output.index(form) + 100]}"


def written_forms(secrets: Iterable[str]) -> dict[str, str]:
    """Return how secrets may be written in what is searched for them: as they are, in a URL, in base64; each form with its secret."""
    return {form: secret for secret in secrets for form in (secret, quote_plus(secret), base64.b64encode(secret.encode()).decode())}


def _family(parent: int) -> list[int]:
    """Return a process and all that descend from it: newer versions of core give each worker a session of its own."""
    parents: dict[int, int] = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    family = [parent]
    for member in family:
        family += [child for child, its_parent in parents.items() if its_parent == member]
    return family
