# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook forti.oauth.doctor: without an inventory, with what the environment or variables say."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Callable

import pytest

from extensions.simulator import Simulator
from tests.integration.harness import PASSWORDS, PROGRAM, Player, written_forms
from tests.integration.running import Running

Doctor = Callable[..., tuple[int, str]]
FAC = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"]}
LOGIN = ("-e", "doctor_login=true")


@pytest.fixture
def doctor(play: Player, sim: Simulator, tmp_path: pathlib.Path) -> Doctor:
    """Runs the playbook; returns its exit code and its output, in which there is no secret."""

    def run(*arguments: str, **variables: str) -> tuple[int, str]:
        with Running([PROGRAM, "forti.oauth.doctor", *arguments], {**play.environment, **variables}, tmp_path) as process:
            code, output = process.end(), process.output
        assert not [form for form in written_forms({*PASSWORDS.values(), *sim.secrets()}) if form in output]
        assert "Traceback" not in output
        return code, output

    return run


@pytest.mark.daily("-vvvv")
@pytest.mark.parametrize("verbosity", ["-v", "-vvvv"])
def test_both_services_and_what_is_kept(doctor: Doctor, play: Player, tmp_path: pathlib.Path, verbosity: str) -> None:
    code, output = doctor(verbosity, *LOGIN, **FAC, FORTICWP_CREDENTIAL=PASSWORDS["credential"], FORTI_OAUTH_CACHE=str(tmp_path / "kept"))
    assert code == 0, output
    assert output.count("ok      login       a token until ") == 2
    assert output.count("ok      cache       the directory ") == 2
    assert re.search(rf"token +fac +https://{play.sim.host} +ansible +20\d\d-", output)
    assert re.search(rf"token +forticwp +https://{play.sim.host} +- +20\d\d-", output)
    assert play.sim.counts["fac.login"] == play.sim.counts["forticwp.credentials"] == 1


def test_without_a_login(doctor: Doctor, play: Player) -> None:
    code, output = doctor(FORTICWP_SERVER="", **FAC)
    assert code == 0, output
    assert "skipped login       not asked for." in output
    assert "No step failed. The login was not tried, so a wrong password is not seen. To try it, add -e doctor_login=true." in output
    assert not re.search(r"kind +service +server", output)  # nothing is kept
    assert "FORTICWP" not in output
    assert [request["method"] for request in play.sim.requests] == ["GET"]


def test_a_step_that_fails_fails_the_play(doctor: Doctor) -> None:
    code, output = doctor(*LOGIN, FORTICWP_SERVER="", **{**FAC, "FAC_PASSWORD": PASSWORDS["wrong"]})
    assert code != 0
    assert "failed  login       https://localhost" in output
    assert output.count("answered 401 invalid_grant") >= 2  # the line of the step, and the result


@pytest.mark.long
def test_a_store_that_cannot_be_used(doctor: Doctor, tmp_path: pathlib.Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    code, output = doctor(FORTICWP_SERVER="", FORTI_OAUTH_CACHE=str(tmp_path / "open"), **FAC)
    assert code != 0
    assert "failed  cache " in output


@pytest.mark.long
def test_options_in_variables(doctor: Doctor, play: Player, tmp_path: pathlib.Path) -> None:
    (tmp_path / "mine.yml").write_text(
        json.dumps({"fac_oauth_server": play.sim.host, "fac_oauth_username": "luser1", "fac_oauth_password": PASSWORDS["luser1"]})
    )
    code, output = doctor("-e", f"@{tmp_path / 'mine.yml'}", *LOGIN, FAC_SERVER="", FORTICWP_SERVER="")
    assert code == 0, output
    assert "username from the variable fac_oauth_username" in output
    assert "ok      login " in output


@pytest.mark.long
def test_no_service_is_named(doctor: Doctor) -> None:
    code, output = doctor(FAC_SERVER="", FORTICWP_SERVER="")
    assert code != 0
    assert "Neither FAC_SERVER nor FORTICWP_SERVER, FORTICWP_CREDENTIAL or FORTICWP_USERNAME is set" in output
