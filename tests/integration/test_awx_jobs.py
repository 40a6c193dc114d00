# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX runs them: its own code puts the credentials into the environment, and ansible-runner runs the sample."""

from __future__ import annotations

import pathlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml

from tests.integration.harness import PASSWORDS, Player
from tests.integration.jobs import AwxJob
from tests.tools.awx_types import credential
from tests.tools.build import ROOT
from tests.tools.guides import example
from tests.tools.redis_server import RedisServer

pytest.importorskip("ansible_runner", reason="there is no ansible-runner on this machine: no job was tried as AWX runs it")
pytest.importorskip("awx_plugins.interfaces", reason="AWX's own code is not on this machine, or Python is too old for it: no job was tried as AWX runs it")

SAMPLE = example("guide_awx", "import_playbook")
OWN = example("guide_awx", "/api/fabric/device/status").removeprefix("---\n")


class GuidesJob:
    """A job that runs the guide's two playbooks, the sample and one's own."""

    def __init__(self, play: Player, folder: pathlib.Path, credentials: dict[str, dict[str, Any]], *, answers: dict[str, str], hosts: int = 2) -> None:
        """:arg answers: what a person put into the survey."""
        self._job = AwxJob(folder, SAMPLE + OWN, credentials, answers=answers, hosts=hosts)
        self._play = play

    def run(self) -> str:
        """Run it, which must succeed; return its output as AWX shows it, without a secret anywhere."""
        printed = self._job.run({variable: value for variable, value in self._play.environment.items() if not variable.startswith(("FAC_", "FORTI"))})
        assert self._job.leaked(printed, self._play.sim) == set()
        return self._job.output()


def test_task_template_and_role_share_one_login_with_the_code_of_a_survey(play: Player, tmp_path: pathlib.Path) -> None:
    ca = pathlib.Path(play.sim.ca).read_text()
    fac = credential("fac", server=play.sim.host, client_id="ansible", username="ftm1", password=PASSWORDS["ftm1"], ca_cert=ca)
    forticwp = credential("forticwp", server=play.sim.host, credential=PASSWORDS["credential"], ca_cert=ca)
    output = GuidesJob(play, tmp_path / "job", {"fac": fac, "forticwp": forticwp}, answers={"fac_otp": play.sim.otp("ftm1")}).run()
    assert output.count(f"https://{play.sim.host}: by ") == 4, output
    counts = play.sim.counts
    assert (counts["fac.challenge"], counts["fac.login"], counts["forticwp.credentials"]) == (1, 1, 1)
    assert len(play.sim.requests) == 4  # the second one to the FortiAuthenticator brings the code; the last one is the call with the token
    assert play.sim.requests[-1]["status"] == 200


@pytest.mark.daily("016514")
@pytest.mark.parametrize("code", ["016514", "123456", "000007", "018514", "000000", ""])
def test_the_code_of_a_survey_arrives_as_it_was_typed(play: Player, tmp_path: pathlib.Path, code: str) -> None:
    """From ansible-core 2.19 on a text that AWX marks as unsafe becomes a number."""
    sample = yaml.safe_load((ROOT / "playbooks" / "awx_sample.yml").read_text())[0]["vars"]["awx_sample_otp"]
    guide = yaml.safe_load(OWN)[0]["vars"]["fac_code"]
    assert guide == sample
    (tmp_path / "extravars").write_text(f"fac_otp: !unsafe '{code}'\n")
    text = yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars": {"code": sample}, "tasks": [{"debug": {"msg": "<{{ code }}>"}}]}])
    assert f"<{code}>" in play.playbook(text, "--extra-vars", f"@{tmp_path}/extravars", env={}, inventory="localhost ansible_connection=local\n")


@pytest.mark.long
def test_slices_share_a_push_through_redis(play: Player, redis_server: RedisServer, tmp_path: pathlib.Path) -> None:
    fac = {
        "server": play.sim.host,
        "client_id": "ansible",
        "username": "push1",
        "password": PASSWORDS["push1"],
        "ca_cert": pathlib.Path(play.sim.ca).read_text(),
    }
    credentials = {"fac": fac, "redis": {"url": redis_server.url}}
    slices = [GuidesJob(play, tmp_path / f"slice{number}", credentials, answers={"fac_otp": ""}, hosts=1) for number in range(2)]
    with ThreadPoolExecutor() as pool:
        outputs = list(pool.map(GuidesJob.run, slices))
    assert play.sim.counts["fac.challenge"] == 1
    assert sum("push1: approve the sign-in to" in output for output in outputs) == 1
    assert sorted(output.count(": by cache, good until") for output in outputs) == [0, 1], outputs


@pytest.mark.long
def test_a_relaunch_with_a_used_code_finds_the_token_in_redis(play: Player, redis_server: RedisServer, tmp_path: pathlib.Path) -> None:
    """AWX sends the answers of the survey again. Without Redis the code would be refused, and counted."""
    ca = pathlib.Path(play.sim.ca).read_text()
    fac = credential("fac", server=play.sim.host, client_id="ansible", username="ftm1", password=PASSWORDS["ftm1"], ca_cert=ca)
    given = {"credentials": {"fac": fac, "redis": {"url": redis_server.url}}, "answers": {"fac_otp": play.sim.otp("ftm1")}, "hosts": 1}
    assert ": by login, good until" in GuidesJob(play, tmp_path / "launch", **given).run()
    before = play.sim.counts["fac.challenge"], play.sim.counts["fac.login"]
    assert ": by cache, good until" in GuidesJob(play, tmp_path / "relaunch", **given).run()
    assert (play.sim.counts["fac.challenge"], play.sim.counts["fac.login"]) == before == (1, 1)
