# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a person starts it: by its folder, from anywhere; and what is pasted into another shell."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.tools.build import ROOT
from tests.unit.simulator_calls import CLIENT_GRANT, CREDENTIALS, RAW, STATUS

FOLDER = [sys.executable, str(ROOT / "extensions" / "simulator")]
MODULE = [sys.executable, "-m", "extensions.simulator"]
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


@contextmanager
def running(folder: Path, *arguments: str, command: Sequence[str] = tuple(MODULE), cwd: Path = ROOT) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Start it with this directory; yield the process, and what it says of itself once it is ready. It ends with its standard input."""
    facts, deadline = folder / "simulator.json", time.monotonic() + 30
    facts.unlink(missing_ok=True)
    started = [*command, "--directory", str(folder), "--until-eof", *arguments]
    with subprocess.Popen(started, cwd=cwd, text=True, **PIPES) as program:  # type: ignore[call-overload]
        while not facts.exists():
            assert program.poll() is None and time.monotonic() < deadline, program.communicate()
            time.sleep(0.02)
        yield program, json.loads(facts.read_text())
        if not program.stdin.closed:
            program.communicate(timeout=10)


def refused(*command: str, **more: str) -> str:
    """Return what is printed by a start that fails, on one line."""
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1, done
    return done.stderr


@pytest.mark.parametrize("end", ["term", "eof"])
@pytest.mark.parametrize("command", [MODULE, FOLDER], ids=["module", "folder"])
def test_it_serves_until_it_is_ended(simulator_can_run: None, tmp_path: Path, command: list[str], end: str) -> None:
    with running(tmp_path, command=command, cwd=tmp_path if command is FOLDER else ROOT) as (program, facts):
        assert facts.keys() == {"url", "host", "control", "ca", "pid"}
        answer = requests.get(facts["url"] + STATUS, verify=facts["ca"], timeout=10)
        assert (answer.status_code, facts["pid"]) == (401, program.pid)
        if end == "term":
            program.terminate()
        _output, errors = program.communicate(timeout=10)  # this closes its standard input
    assert (program.returncode, errors) == (0, "")


def test_what_is_pasted_is_all_that_a_first_call_needs(simulator_can_run: None, tmp_path: Path) -> None:
    """In a folder whose name a shell would take apart, behind a proxy."""
    folder = tmp_path / "it's mine"
    with running(folder) as (program, facts):
        output, _errors = program.communicate(timeout=10)
    pasted = output.partition("Paste this into another terminal:\n")[2].partition("\n\nuser ")[0]
    names = ("FAC_SERVER", "FAC_CA_PATH", "FAC_CLIENT_ID", "FAC_USERNAME", "FAC_PASSWORD", "FORTICWP_SERVER", "FORTICWP_CA_PATH", "FORTICWP_CREDENTIAL")
    show = "\n".join(f'printf "%s\\n" "${name}"' for name in (*names, "no_proxy"))
    shell = {"PATH": os.environ["PATH"], "NO_PROXY": "intranet"}
    shown = subprocess.run(["sh", "-euc", f"{pasted}\n{show}"], env=shell, capture_output=True, text=True, check=True).stdout.splitlines()
    assert dict(zip(names, shown)) == {
        **dict.fromkeys(("FAC_SERVER", "FORTICWP_SERVER"), facts["host"]),
        **dict.fromkeys(("FAC_CA_PATH", "FORTICWP_CA_PATH"), str(folder / "ca.pem")),
        "FAC_CLIENT_ID": "ansible",
        "FAC_USERNAME": "luser1",
        "FAC_PASSWORD": "Pass-Word-12345678",
        "FORTICWP_CREDENTIAL": "f59fb84e-c896-4d38-91f3-1eee401823b6",
    }
    assert shown[-1] == "localhost,127.0.0.1,intranet"


def test_who_trusted_its_ca_trusts_it_after_the_next_start(simulator_can_run: None, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    for _start in range(2):
        with running(folder) as (_program, facts):
            certificate = (folder / "ca.pem").read_bytes()
            assert requests.get(facts["url"] + STATUS, verify=facts["ca"], timeout=10).status_code == 401
        assert (folder / "ca.pem").read_bytes() == certificate
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in (".", "ca-key.pem")] == [0o700, 0o600]


def test_it_can_be_kept_in_the_cache_of_its_user(simulator_can_run: None, tmp_path: Path) -> None:
    (tmp_path / "forti_oauth_simulator").write_text("a file in its place")
    assert str(tmp_path / "forti_oauth_simulator") in refused(*MODULE, XDG_CACHE_HOME=str(tmp_path))


def test_a_ca_that_is_none_is_told(simulator_can_run: None, tmp_path: Path) -> None:
    for name in ("ca.pem", "ca-key.pem"):
        (tmp_path / name).write_text("x")
    assert "ca-key.pem is not a CA. Remove it, and a new one is made." in refused(*MODULE, "--directory", str(tmp_path))


def test_a_port_that_is_taken_is_told(simulator_can_run: None, tmp_path: Path) -> None:
    with running(tmp_path / "first") as (_program, facts):
        port = facts["host"].partition(":")[2]
        assert f"port {port}: Address already in use. Give another --port or --control-port, or leave it out for any free one." in refused(
            *MODULE, "--directory", str(tmp_path), "--port", port
        )


def test_what_it_needs_is_asked_for_by_name() -> None:
    """Without the site's packages."""
    said = refused(sys.executable, "-S", *FOLDER[1:])
    assert "which is not installed. Try:" in said and said.rstrip().endswith("-m pip install flask trustme")


def test_settings_to_start_with(simulator_can_run: None, tmp_path: Path) -> None:
    with running(tmp_path, "--set", "missing_slash=as seen", "--set", "lockout=FortiCloud") as (_program, facts):
        url = facts["url"] + CREDENTIALS.rstrip("/")
        assert requests.post(url, data=CLIENT_GRANT, headers=RAW, verify=facts["ca"], timeout=10).ok
        requests.post(f"{facts['control']}/reset", timeout=10)
        settings = requests.get(f"{facts['control']}/state", timeout=10).json()["settings"]
        assert (settings["missing_slash"], settings["lockout"], settings["form_body"]) == ("as seen", "FortiCloud", "as documented")


def test_a_setting_that_is_none_is_told(tmp_path: Path, simulator_can_run: None) -> None:
    done = subprocess.run([*MODULE, "--set", "form_body=yes"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "argument --set: form_body must be one of as documented, as seen" in done.stderr


def test_two_with_one_directory(simulator_can_run: None, tmp_path: Path) -> None:
    """The second one would overwrite what the first one says of itself."""
    with running(tmp_path):
        said = refused(*MODULE, "--directory", str(tmp_path))
    assert said == f"The simulator cannot start: another simulator runs with {tmp_path}. Stop it, or give another --directory.\n"


def test_a_directory_that_others_can_write_to(simulator_can_run: None, tmp_path: Path) -> None:
    """They could put a CA of their own there, which a shell trusts."""
    tmp_path.chmod(0o777)
    assert "other users can write to" in refused(*MODULE, "--directory", str(tmp_path))


def test_a_symbolic_link_in_place_of_a_file_is_not_followed(simulator_can_run: None, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "kept").mkdir(mode=0o700)
    for name in ("ca.pem", "examples.yml", "simulator.json"):
        (tmp_path / "kept" / name).symlink_to(tmp_path / "precious")
    program = subprocess.Popen([*MODULE, "--directory", str(tmp_path / "kept"), "--until-eof"], cwd=ROOT, text=True, **PIPES)  # type: ignore[call-overload]
    program.communicate(timeout=30)
    assert program.returncode == 0
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize("given", [("--port", "99999"), ("--port", "-1"), ("--control-port", "x"), ("--latency", "nan"), ("--latency", "-1")])
def test_a_number_that_is_wrong_is_told(simulator_can_run: None, tmp_path: Path, given: tuple[str, str]) -> None:
    done = subprocess.run([*MODULE, "--directory", str(tmp_path), *given], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert given[0].removeprefix("--").partition("-")[0] in done.stderr


def test_a_page_of_somebody_else_gets_nothing_from_the_control_page(simulator_can_run: None, tmp_path: Path) -> None:
    with running(tmp_path) as (_program, facts):
        state, otp = f"{facts['control']}/state", f"{facts['control']}/otp"
        assert requests.get(state, timeout=10).ok
        assert requests.get(state, headers={"Host": "evil.example"}, timeout=10).status_code == 403  # by a name that leads here
        assert requests.post(otp, data={"user": "sms1"}, headers={"Origin": "https://evil.example"}, timeout=10).status_code == 403
        assert requests.post(otp, data={"user": "sms1"}, headers={"Origin": facts["control"]}, timeout=10).ok
        assert requests.post(f"{facts['control']}/clock", data={"offset": "nan"}, timeout=10).status_code == 400
