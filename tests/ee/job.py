# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sample job in the built image: ansible-runner runs it as AWX does, against the simulator."""

from __future__ import annotations

import pathlib
import re

from extensions.simulator import Simulator
from tests.ee.image import IMAGE
from tests.ee.podman import Failed, Podman
from tests.integration.harness import PASSWORDS
from tests.integration.jobs import AwxJob
from tests.tools.awx_types import credential
from tests.tools.guides import example

# As AWX starts the runner: the private folder is at /runner, and what runs there is root. The image is here and comes from no registry,
# and no proxy of this machine is to stand before the simulator.
_ROOT = "/runner"
_ISOLATED = ("--process-isolation", "--process-isolation-executable=podman", f"--container-image={IMAGE}")
_OPTIONS = ("--container-option=--user=root", "--container-option=--pull=never", "--container-option=--http-proxy=false")
_HOSTS = 2


def prepared(sim: Simulator, folder: pathlib.Path) -> AwxJob:
    """Return the guide's job, which runs the sample, with a credential for each service."""
    ca = pathlib.Path(sim.ca).read_text()
    credentials = {
        "fac": credential("fac", server=sim.host, client_id="ansible", username="luser1", password=PASSWORDS["luser1"], ca_cert=ca),
        "forticwp": credential("forticwp", server=sim.host, credential=PASSWORDS["credential"], ca_cert=ca),
    }
    return AwxJob(folder, example("guide_awx", "import_playbook"), credentials, answers={"fac_otp": ""}, hosts=_HOSTS, container_root=_ROOT)


def run(podman: Podman, job: AwxJob) -> str:
    """Run the job in the image; return what the runner printed.

    :raises Failed: the job is not green.
    """
    try:
        return job.run(podman.environment, *_ISOLATED, *_OPTIONS)
    except AssertionError as problem:
        raise Failed(f"{problem}\nThe job is not green.") from problem


def look_at(job: AwxJob, sim: Simulator) -> list[str]:
    """Return the lines that say where tokens came from, one for each host and service.

    :raises Failed: they do not, or there was more or less than one login for each service.
    """
    lines: list[str] = re.findall(rf"https://{sim.host}: by (?:login|cache), good until [^\"\r\n]+", job.output())
    if len(lines) != 2 * _HOSTS:
        raise Failed(f"{job.output()}\nThe job's output tells {len(lines)} times where a token came from, not {2 * _HOSTS} times.")
    logins = {name: sim.counts[name] for name in ("fac.login", "forticwp.credentials")}
    if set(logins.values()) != {1}:
        raise Failed(f"Logins: {logins}. There should be one for each service.")
    return lines


def search(job: AwxJob, sim: Simulator, printed: str) -> int:
    """Search all that the job left, and what the runner printed, for secrets; return how many files there were.

    :raises Failed: there is a secret.
    """
    found = job.leaked(printed, sim)
    if found:
        raise Failed("\n".join([*sorted(found), "There are secrets in what the job left."]))
    return len(job.kept(printed))
