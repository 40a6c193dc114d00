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
import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote_plus

import yaml

from extensions.simulator import Simulator
from tests.integration.running import Running

PROGRAM = str(pathlib.Path(sys.executable).parent / "ansible-playbook")
PLUGINS = pathlib.Path(__file__).parent / "plugins"
JUMPS = ("jump", "jump2")  # hosts that are not among the play's: tasks are delegated to them
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
    "casb": "Casb-Word-12345678",
    "casb_credential": "7f0c9a52-1b64-4b8e-9d0a-35c6e2f4a817",
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


def users_environment() -> dict[str, str]:
    """Return the environment of these tests without what a user does not set: the options of core and of the collection, and how Python behaves."""
    not_set = ("ANSIBLE_", "FAC_", "FORTI", "PYTHON", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return {name: value for name, value in os.environ.items() if not name.startswith(not_set)}


class Player:
    """Runs plays with the installed collection, with -vvvv, and finds a secret in any output."""

    def __init__(self, collections: pathlib.Path, sim: Simulator, folder: pathlib.Path) -> None:
        self.sim = sim
        self._folder = folder
        home = folder / "home"
        home.mkdir()
        self.environment = {
            **users_environment(),
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
        tasks: str | list[str],
        *,
        keep: str = "",
        hosts: int = 1,
        head: str = "",
        variables: dict[str, Any] | None = None,
        env: dict[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        connection: str = "local",
        delegate_to: str = "",
        verbosity: int = 4,
        fails: bool = False,
        shows: tuple[str, ...] = (),
        shows_session: bool = False,
        others: int = 0,
        traceback_ok: bool = False,
    ) -> Outcome:
        """Run the tasks on so many hosts; a list of them one after the other, each in a play of its own on a host of its own.

        :arg keep: the variables to return, separated by spaces.
        :arg head: more lines of the play, such as its strategy.
        :arg variables: more variables, in a file beside the playbook, which core does not quote.
        :arg connection: of the play's hosts, and of those that tasks are delegated to; where it is local, the latter are elsewhere.
        :arg delegate_to: the host that the tasks are delegated to, such as C(jump). C(jump) and C(jump2) are not among the play's hosts.
        :arg verbosity: how many v there are in -vvvv.
        :arg fails: whether the play is expected to fail.
        :arg shows: secrets that this play prints on purpose.
        :arg traceback_ok: the test itself breaks something.
        :arg others: so many other runs of the same play start at the same moment.
        :arg shows_session: the play fails with a challenge, whose session a second task may need.
        """
        command = self._command(tasks, keep=keep, hosts=hosts, head=head, variables=variables or {}, connection=connection, delegate_to=delegate_to)
        command[1] = f"-{'v' * verbosity}"
        environment = {**self.environment, **(env or {})}
        with contextlib.ExitStack() as stack:
            beside = [stack.enter_context(Running(command, environment, self._folder)) for _number in range(others)]
            run = stack.enter_context(Running([*command, *arguments], environment, self._folder))
            code, output = run.end(), run.output
            for other in beside:
                assert other.end() == 0, other.output[-6000:]
        assert (code != 0) == fails, output[-6000:]
        assert traceback_ok or "Traceback (most recent call last)" not in output, output[-6000:]
        self._search(re.sub(r'"session": "\w+"', "", output) if shows_session else output, shows)
        return Outcome(code, output, self._read_kept())

    def playbook(self, text: str, *arguments: str, inventory: str, env: dict[str, str], fails: bool = False) -> str:
        """Run a whole playbook, such as a guide's, with -vvvv; return the output."""
        (self._folder / "book.yml").write_text(text)
        (self._folder / "inventory").write_text(inventory)
        command = [PROGRAM, "-vvvv", "-i", str(self._folder / "inventory"), *arguments, str(self._folder / "book.yml")]
        with Running(command, {**self.environment, **env}, self._folder) as run:
            code, output = run.end(), run.output
        assert (code != 0) == fails, output[-6000:]
        self._search(output, ())
        return output

    @contextlib.contextmanager
    def started(self, tasks: str, *, env: dict[str, str], hosts: int = 1, into: pathlib.Path | None = None) -> Iterator[Running]:
        """Start the tasks; yield the run, for tests that look at it or stop it while it runs.

        :arg into: its output goes into this file; None for a pipe.
        """
        command = self._command(tasks, keep="", hosts=hosts, head="", variables={}, connection="local", delegate_to="")
        with Running(command, {**self.environment, **env}, self._folder, into=into) as run:
            yield run
        self._search(run.output, ())

    def _command(self, tasks: str | list[str], *, keep: str, hosts: int, head: str, variables: dict[str, Any], connection: str, delegate_to: str) -> list[str]:
        (self._folder / "secret.yml").write_text(yaml.safe_dump({"secret": PASSWORDS, **variables}))
        plays = {"host*": tasks} if isinstance(tasks, str) else {f"host{number:03}": each for number, each in enumerate(tasks)}
        playbook = self._written(plays, keep.split(), head, delegate_to)
        inventory = self._folder / "hosts"
        behind = "elsewhere" if connection == "local" else connection
        jumps = [f"{name} ansible_connection={behind}\n" for name in JUMPS if delegate_to]
        number_of_hosts = hosts if isinstance(tasks, str) else len(tasks)
        inventory.write_text("".join([*(f"host{number:03}\n" for number in range(number_of_hosts)), *jumps]))
        return [PROGRAM, "-vvvv", "-i", str(inventory), "-c", connection, str(playbook)]

    def _written(self, plays: dict[str, str], keep: list[str], head: str, delegate_to: str) -> pathlib.Path:
        """Write a playbook with these plays: hosts, and their tasks."""
        values = ", ".join(f"{name}: '{{{{ {name} | default(none) }}}}'" for name in keep)
        keeping = f"- keep: {{into: '{self._folder}/{{{{ inventory_hostname }}}}.json', value: {{{values}}}}}\n" if keep else ""
        text = ""
        for hosts, tasks in plays.items():
            whole = textwrap.dedent(tasks).strip("\n") + "\n"
            if delegate_to:
                whole = f"- delegate_to: '{delegate_to}'\n  block:\n{textwrap.indent(whole, '    ')}"
            text += f"- hosts: {hosts}\n  gather_facts: false\n  vars_files: [secret.yml]\n"
            text += textwrap.indent(textwrap.dedent(head), "  ") + ("\n" if head else "")
            text += "  tasks:\n" + textwrap.indent(whole + keeping, "    ")
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


def without_age(message: str) -> str:
    """Return the message of a failure without what it says of its age, if it comes from memory."""
    return re.sub(
        r" \((?:refused \d+ s ago; not asked again for \d+ s; force: true asks anew|failed \d+ s ago for another task or host [\w ]+)\)$", "", message
    )
