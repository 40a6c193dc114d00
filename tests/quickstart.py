# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run playbooks/quickstart.yml on 20 hosts and show what it took.

The services are simulated, but for the one whose FAC_SERVER or FORTICWP_SERVER is set: that is asked itself,
with what the other FAC_ or FORTICWP_ variables say.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from extensions.simulator import Simulator
from tests.tools.build import ROOT, install

HOSTS = 20
SIMULATED = {
    "FORTICWP_SERVER": {"FORTICWP_CREDENTIAL": "f59fb84e-c896-4d38-91f3-1eee401823b6"},
    "FAC_SERVER": {"FAC_CLIENT_ID": "ansible", "FAC_USERNAME": "push1", "FAC_PASSWORD": "Push-Word-12345678"},
}
# What a step of the play is called in the table, the start of its task's name, and the requests that the simulator saw of it.
STEPS: list[tuple[str, str, Callable[[dict[str, int]], int]]] = [
    ("FortiCWP: token", "FortiCWP, get", lambda counts: counts["forticwp.credentials"]),
    ("FortiCWP: a call with it", "FortiCWP, call", lambda counts: counts["resource"]),
    (
        "FortiAuthenticator: token, push approved",
        "FortiAuthenticator, get",
        lambda counts: counts["fac.token"] - counts["fac.refresh"] + counts["fac.pushpoll"],
    ),
    ("FortiAuthenticator: the same in a template", "FortiAuthenticator, the same", lambda counts: 0),
    ("FortiAuthenticator: refresh", "FortiAuthenticator, refresh", lambda counts: counts["fac.refresh"]),
    ("FortiAuthenticator: verify", "FortiAuthenticator, verify", lambda counts: counts["fac.verify"] - counts["fac.revoke"]),
    ("FortiAuthenticator: revoke, verified first", "FortiAuthenticator, revoke", lambda counts: 2 * counts["fac.revoke"]),
]


def main() -> int:
    """Run it; return the playbook's exit code."""
    with Simulator() as simulator, tempfile.TemporaryDirectory() as folder:
        print("Installing the collection ...", flush=True)
        environment = _environment(simulator, install(pathlib.Path(folder)))
        started = time.monotonic()
        code, seconds = _play(environment)
        _table(seconds, simulator, environment, time.monotonic() - started)
        return code


def _environment(simulator: Simulator, collections: pathlib.Path) -> dict[str, str]:
    environment = dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(collections), ANSIBLE_PYTHON_INTERPRETER=sys.executable, ANSIBLE_FORKS="10")
    for server, options in SIMULATED.items():
        if not environment.get(server):
            environment.update({server: simulator.host, server.replace("SERVER", "CA_PATH"): str(simulator.ca), **options})
    return environment


def _play(environment: dict[str, str]) -> tuple[int, dict[str, float]]:
    """Run the playbook, show its output as it comes; return its exit code and the seconds that each task took."""
    inventory = ",".join(f"site{number:02}" for number in range(1, HOSTS + 1)) + ","
    program = str(pathlib.Path(sys.executable).parent / "ansible-playbook")
    command = [program, "-i", inventory, str(ROOT / "playbooks" / "quickstart.yml")]
    seconds: dict[str, float] = {}
    task, since = "", time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as play:
        for line in play.stdout or []:
            print(line, end="", flush=True)
            if line.startswith(("TASK [", "PLAY RECAP")):
                seconds[task] = time.monotonic() - since
                task, since = line.partition("[")[2].partition("]")[0], time.monotonic()
    return play.returncode, seconds


def _table(seconds: dict[str, float], simulator: Simulator, environment: dict[str, str], total: float) -> None:
    counts = simulator.counts
    print(f"{'What was asked for':<45}{'hosts':>6}{'requests':>10}{'seconds':>9}")
    for title, prefix, requests in STEPS:
        server = environment["FORTICWP_SERVER" if title.startswith("FortiCWP") else "FAC_SERVER"]
        seen = str(requests(counts)) if server == simulator.host else "not seen"
        took = sum(duration for task, duration in seconds.items() if task.startswith(prefix))
        print(f"{title:<45}{HOSTS:>6}{seen:>10}{took:>9.1f}")
    print(f"{'All of it':<45}{HOSTS:>6}{'':>10}{total:>9.1f}")
    print(f"Logins that the simulated servers saw: FortiCWP {counts['forticwp.credentials']}, FortiAuthenticator {counts['fac.login']}.")


if __name__ == "__main__":
    sys.exit(main())
