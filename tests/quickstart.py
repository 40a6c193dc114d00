# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run playbooks/quickstart.yml on 20 hosts, show each step as it happens, and what it took.

The services are simulated, but for the one whose FAC_SERVER or FORTICWP_SERVER is set: that is asked itself,
with what the other FAC_ or FORTICWP_ variables say.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from extensions.simulator import Simulator
from tests.tools.build import ROOT, install

HOSTS = 20
PROGRAMS = pathlib.Path(sys.executable).parent
COLLECTIONS = PROGRAMS.parent / "collections"
OUTPUT = PROGRAMS.parent / "output.txt"
SIMULATED = {
    "FORTICWP_SERVER": {"FORTICWP_CREDENTIAL": "f59fb84e-c896-4d38-91f3-1eee401823b6"},
    "FAC_SERVER": {"FAC_CLIENT_ID": "ansible", "FAC_USERNAME": "push1", "FAC_PASSWORD": "Push-Word-12345678"},
}
BOLD, RED, GREEN, YELLOW = 1, 31, 32, 33


class Step(NamedTuple):
    """A step of the play."""

    title: str
    task: str  # the start of its first task's name
    requests: Callable[[dict[str, int]], int]  # those of it among all that the simulator counted


STEPS = [
    Step("FortiCWP: token", "FortiCWP, get", lambda counts: counts["forticwp.credentials"]),
    Step("FortiCWP: a call with it", "FortiCWP, call", lambda counts: counts["resource"]),
    Step(
        "FortiAuthenticator: token, push approved",
        "FortiAuthenticator, get",
        lambda counts: counts["fac.token"] - counts["fac.refresh"] + counts["fac.pushpoll"],
    ),
    Step("FortiAuthenticator: the same in a template", "FortiAuthenticator, the same", lambda counts: 0),
    Step("FortiAuthenticator: refresh", "FortiAuthenticator, refresh", lambda counts: counts["fac.refresh"]),
    Step("FortiAuthenticator: verify", "FortiAuthenticator, verify", lambda counts: counts["fac.verify"] - counts["fac.revoke"]),
    Step("FortiAuthenticator: revoke, verified first", "FortiAuthenticator, revoke", lambda counts: 2 * counts["fac.revoke"]),
]


def main() -> int:
    """Run it; return the playbook's exit code."""
    with Simulator() as simulator, tempfile.TemporaryDirectory() as folder:
        _take_no_settings(pathlib.Path(folder))
        environment = _environment(simulator)
        for name, server in (("FortiCWP", environment["FORTICWP_SERVER"]), ("FortiAuthenticator", environment["FAC_SERVER"])):
            print(f"{name} is {server}{', simulated on this machine' if server == simulator.host else ''}.", flush=True)
        install(COLLECTIONS)
        print(f"\n{HOSTS} hosts ask for tokens:", flush=True)
        play = Play(environment, folder)
        if play.run():
            print(f"\n{_coloured(RED, 'The play failed:')} {play.reason}")
            OUTPUT.write_text("".join(play.output))
            print(f"All that it said is in {os.path.relpath(OUTPUT)}.")
            return 1
        _table(play.seconds, simulator, environment)
        _next()
        return 0


def _take_no_settings(folder: pathlib.Path) -> None:
    """Let Ansible take no settings from this machine: they may change what a play does and prints."""
    for name in [name for name in os.environ if name.startswith("ANSIBLE_")]:
        del os.environ[name]
    (folder / "ansible.cfg").touch()
    os.environ["ANSIBLE_CONFIG"] = str(folder / "ansible.cfg")


def _environment(simulator: Simulator) -> dict[str, str]:
    """Return the environment of the play."""
    asked = tuple(name.partition("SERVER")[0] for name in SIMULATED if os.environ.get(name))
    # The options of a simulated service are the simulator's alone, and nothing of this run is kept.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FAC_", "FORTICWP_", "FORTI_OAUTH_")) or name.startswith(asked)}
    environment = dict(own, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS), ANSIBLE_PYTHON_INTERPRETER=sys.executable, ANSIBLE_FORKS="10")
    for server, options in SIMULATED.items():
        if not environment.get(server):
            environment.update({server: simulator.host, server.replace("SERVER", "CA_PATH"): str(simulator.ca), **options})
    # A proxy does not get to this machine.
    direct = ",".join(filter(None, ["localhost,127.0.0.1", environment.get("no_proxy") or environment.get("NO_PROXY")]))
    return {**environment, "no_proxy": direct, "NO_PROXY": direct}


class Play:
    """Runs the playbook. Shows each step when it has ended, and what a person has to do meanwhile."""

    def __init__(self, environment: dict[str, str], folder: str) -> None:
        self.seconds: dict[str, float] = {}  # by the step's title
        self.output: list[str] = []
        self._environment, self._folder = environment, folder
        self._step: Step | None = None
        self._since = 0.0

    def run(self) -> int:
        """Run it; return its exit code."""
        inventory = "".join(f"site{number:02}," for number in range(1, HOSTS + 1))
        command = [str(PROGRAMS / "ansible-playbook"), "-i", inventory, str(ROOT / "playbooks" / "quickstart.yml")]
        with subprocess.Popen(command, env=self._environment, cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            self._follow(process.stdout or ())
        return process.returncode

    @property
    def reason(self) -> str:
        """The message of the first failure."""
        found = next((line.partition(" => ")[2] for line in self.output if line.startswith(("fatal: ", "failed: "))), "")
        try:
            return str(json.loads(found)["msg"])
        except (ValueError, KeyError):
            return found or "Ansible did not start."

    def _follow(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.output.append(line)
            begins = next((step for step in STEPS if line.startswith(f"TASK [{step.task}")), None)
            if begins or line.startswith("PLAY RECAP"):
                self._begin(begins)
            elif ": approve the sign-in to " in line:
                print(_coloured(YELLOW, f"         {line.strip()}"), flush=True)

    def _begin(self, step: Step | None) -> None:
        """Begin a step; show the one that has ended."""
        now = time.monotonic()
        failed = any(line.startswith("fatal: ") for line in self.output)
        if self._step:
            self.seconds[self._step.title] = now - self._since
            print(f"{_coloured(RED, 'failed ') if failed else _coloured(GREEN, 'ok     ')}  {self._step.title}", flush=True)
        self._step, self._since = None if failed else step, now


def _table(seconds: dict[str, float], simulator: Simulator, environment: dict[str, str]) -> None:
    counts = simulator.counts
    print("\n" + _coloured(BOLD, f"{'What was asked for':<45}{'hosts':>6}{'requests':>10}{'seconds':>9}"))
    for step in STEPS:
        server = environment["FORTICWP_SERVER" if step.title.startswith("FortiCWP") else "FAC_SERVER"]
        seen = str(step.requests(counts)) if server == simulator.host else "not seen"
        print(f"{step.title:<45}{HOSTS:>6}{seen:>10}{seconds[step.title]:>9.1f}")
    print(f"{'All of it':<45}{HOSTS:>6}{'':>10}{sum(seconds.values()):>9.1f}")
    logins = {"FORTICWP_SERVER": f"FortiCWP {counts['forticwp.credentials']}", "FAC_SERVER": f"FortiAuthenticator {counts['fac.login']}"}
    simulated = ", ".join(text for server, text in logins.items() if environment[server] == simulator.host)
    print(f"Logins that the simulated servers saw: {simulated or 'not seen'}.")


def _next() -> None:
    programs = os.path.relpath(PROGRAMS)
    print(f"\n{_coloured(BOLD, 'Next:')} try it yourself. Start the simulator, and paste the lines that it shows into a second terminal:")
    print(f"  {programs}/python extensions/simulator --port 8443")
    print("Then look there at the way to a token:")
    print(f"  ANSIBLE_COLLECTIONS_PATH={os.path.relpath(COLLECTIONS)} {programs}/ansible-playbook forti.oauth.doctor -e doctor_login=true")


def _coloured(colour: int, text: str) -> str:
    return f"\033[{colour}m{text}\033[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
