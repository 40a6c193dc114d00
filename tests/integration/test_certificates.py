# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose certificates count, for a module, a lookup, and C(ansible.builtin.uri) beside them in the same play."""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Any

import pytest
import trustme

from tests.integration.harness import PASSWORDS, Outcome, Player
from tests.tools.python_path import python_path

UNKNOWN = "presented a certificate that is not trusted: its issuer is unknown here. Set ca_path to the issuer's certificate."
USER = {"FAC_USERNAME": "luser1", "FAC_PASSWORD": PASSWORDS["luser1"], "FAC_CA_PATH": "", "FORTI_OAUTH_CACHE": "none", "FAC_RETRIES": "0"}
TASKS = """
- {forti.oauth.fac_oauth_token: , register: module, ignore_errors: true}
- {set_fact: {x: "{{ lookup('forti.oauth.fac_oauth_token') }}"}, no_log: true, register: lookup, ignore_errors: true}
- {ansible.builtin.uri: {url: 'URL', status_code: [200, 404]}, register: uri, ignore_errors: true}
"""
OTHER_PLACES = ("/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted/pem", "/usr/share/ca-certificates/cacert.org", "/etc/ansible")


@pytest.fixture
def other_ca(tmp_path: pathlib.Path) -> str:
    """The certificate of a CA that signed nothing."""
    path = tmp_path / "other-ca.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def empty(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder without files."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture
def certifi_holds_ours(play: Player, tmp_path: pathlib.Path) -> dict[str, str]:
    """The variable of a run whose certifi knows the simulator's CA alone."""
    package = tmp_path / "python" / "certifi"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"def where():\n    return {play.sim.ca!r}\n")
    return python_path(package.parent)


def run(play: Player, *, delegate_to: str = "", **env: Any) -> Outcome:
    environment = {**USER, **{name: str(value) for name, value in env.items()}}
    return play(TASKS.replace("URL", f"{play.sim.url}/"), keep="module lookup uri", env=environment, delegate_to=delegate_to)


def trusted(outcome: Outcome) -> set[str]:
    return {name for name in ("module", "lookup", "uri") if not outcome[name].get("failed")}


@pytest.mark.daily("controller")
@pytest.mark.parametrize("delegate_to", ["", "jump"], ids=["controller", "delegated host"])
def test_a_file_that_the_system_trusts(play: Player, delegate_to: str) -> None:
    assert trusted(run(play, SSL_CERT_FILE=play.sim.ca, delegate_to=delegate_to)) == {"module", "lookup", "uri"}


def test_a_folder_that_the_system_trusts(play: Player, empty: pathlib.Path) -> None:
    command = ["openssl", "x509", "-noout", "-hash", "-in", play.sim.ca]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    (empty / f"{name}.0").write_bytes(pathlib.Path(play.sim.ca).read_bytes())
    assert trusted(run(play, SSL_CERT_DIR=empty, SSL_CERT_FILE="/no/such.pem")) == {"module", "lookup", "uri"}


def test_what_certifi_alone_trusts_is_not_trusted(play: Player, other_ca: str, certifi_holds_ours: dict[str, str]) -> None:
    outcome = run(play, SSL_CERT_FILE=other_ca, **certifi_holds_ours)
    assert trusted(outcome) == set()
    assert outcome["module"]["msg"] == f"{play.sim.url} {UNKNOWN}"
    assert UNKNOWN in " ".join(outcome.output.split())


@pytest.mark.long
@pytest.mark.skipif(any(map(os.path.isdir, OTHER_PLACES)), reason="this machine has certificates in other places: certifi's do not count on it")
def test_where_the_system_has_no_certificates_certifi_counts(play: Player, empty: pathlib.Path, certifi_holds_ours: dict[str, str]) -> None:
    outcome = run(play, SSL_CERT_FILE="/no/such.pem", SSL_CERT_DIR=empty, **certifi_holds_ours)
    assert trusted(outcome) == {"module", "lookup"}


def test_what_wins(play: Player, other_ca: str) -> None:
    """The task's own environment counts, too."""
    ours = play.sim.ca
    bundle = {"SSL_CERT_FILE": ours, "REQUESTS_CA_BUNDLE": other_ca}
    path = {"SSL_CERT_FILE": other_ca, "REQUESTS_CA_BUNDLE": other_ca, "CURL_CA_BUNDLE": other_ca}
    missing = {"SSL_CERT_FILE": "/no/such.pem"}
    tasks = f"""
- {{forti.oauth.fac_oauth_token: , environment: {bundle}, register: bundle, ignore_errors: true}}
- {{forti.oauth.fac_oauth_token: {{ca_path: '{ours}'}}, environment: {path}, register: path}}
- {{forti.oauth.fac_oauth_token: , environment: {missing}, register: missing, ignore_errors: true}}
"""
    outcome = play(tasks, keep="bundle path missing", env=USER)
    assert outcome["path"]["access_token"]
    assert outcome["bundle"]["msg"] == f"{play.sim.url} {UNKNOWN} {other_ca} does not hold it."
    assert outcome["missing"]["msg"] == f"{play.sim.url} {UNKNOWN} SSL_CERT_FILE=/no/such.pem names no file with certificates (PEM)."
