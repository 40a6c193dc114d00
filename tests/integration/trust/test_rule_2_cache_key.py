# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule 2: a token belongs to its cache key. Nothing else gets it, and nothing less finds it."""

from __future__ import annotations

import pathlib

import pytest
import trustme

from tests.integration.harness import Player

CODE = "{grant_type: authorization_code, client_id: %s, username: luser1, code: '{{ code }}', redirect_uri: 'https://app.example.com/cb'}"
LOGIN = "username: luser1, password: '{{ secret.luser1 }}'"


def home(folder: pathlib.Path, name: str) -> str:
    """Return the home of another user, so to speak: it shares nothing but the store."""
    (folder / name).mkdir()
    return str(folder / name)


def pem(folder: pathlib.Path, name: str, content: bytes) -> str:
    """Write a certificate with its key into a folder of its own, as AWX does for each job."""
    (folder / name).mkdir()
    (folder / name / "client.pem").write_bytes(content)
    return str(folder / name / "client.pem")


def client_certificate(authority: trustme.CA) -> bytes:
    """Return a new certificate and its key."""
    issued = authority.issue_cert("robot@example.com")
    return b"".join([*(part.bytes() for part in issued.cert_chain_pems), issued.private_key_pem.bytes()])


@pytest.mark.daily("redis")
@pytest.mark.parametrize("store", ["directory", "redis"])
def test_who_names_the_user_but_not_the_code_gets_nothing(play: Player, tmp_path: pathlib.Path, request: pytest.FixtureRequest, store: str) -> None:
    """Another run, another home, the same store."""
    cache = str(tmp_path / "tokens") if store == "directory" else request.getfixturevalue("redis_server").url
    mine, env = play.sim.code("portal", "luser1", redirect_uri="https://app.example.com/cb"), {"FORTI_OAUTH_CACHE": cache}
    task = "- {forti.oauth.fac_oauth_token: " + CODE % "portal, client_secret: '{{ secret.portal }}'" + ", register: r, ignore_errors: true}"
    first = play(task, keep="r", variables={"code": mine}, env=env)
    thief = play(task, keep="r", variables={"code": "this-is-no-code"}, env={**env, "HOME": home(tmp_path, "thief")})
    again = play(task, keep="r", variables={"code": mine}, env={**env, "HOME": home(tmp_path, "me")})
    assert thief["r"]["failed"] and thief["r"]["status"] in (400, 401)
    assert again["r"]["access_token"] == first["r"]["access_token"]
    assert again["r"]["source"] == "cache"


def test_who_has_the_code_but_not_its_verifier_gets_nothing(play: Player, tmp_path: pathlib.Path) -> None:
    """Codes leak, by a URL in a log: that is why there are verifiers (RFC 7636)."""
    verifier = "v" * 50
    code = play.sim.code("portal", "luser1", redirect_uri="https://app.example.com/cb", code_verifier=verifier)
    env = {"FORTI_OAUTH_CACHE": str(tmp_path / "tokens")}
    task = "- {forti.oauth.fac_oauth_token: " + CODE % "portal, client_secret: '{{ secret.portal }}', code_verifier: '{{ verifier }}'"
    runs = [
        play(task + ", register: r, ignore_errors: true}", keep="r", variables={"code": code, "verifier": given}, env=env)["r"]
        for given in (verifier, "w" * 50, "", verifier)
    ]
    assert [result.get("source") for result in runs] == ["login", None, None, "cache"]


@pytest.mark.long
def test_the_client_certificate_counts_and_not_its_path(play: Player, tmp_path: pathlib.Path) -> None:
    authority = trustme.CA()
    mine, other = client_certificate(authority), client_certificate(authority)
    env = {"FORTI_OAUTH_CACHE": str(tmp_path / "tokens")}
    task = f"- {{forti.oauth.fac_oauth_token: {{{LOGIN}, client_cert: '{{{{ pem }}}}'}}, register: r}}\n"
    runs = [
        play(task, keep="r", variables={"pem": pem(tmp_path, name, content)}, env=env)["r"]
        for name, content in (("job1", mine), ("job2", mine), ("job3", other))
    ]
    without = play(f"- {{forti.oauth.fac_oauth_token: {{{LOGIN}}}, register: r}}\n", keep="r", env=env)["r"]
    assert [result["source"] for result in (*runs, without)] == ["login", "cache", "login", "login"]
    assert runs[0]["access_token"] == runs[1]["access_token"]


def test_a_certificate_that_changes_in_its_place_is_another_one(play: Player, tmp_path: pathlib.Path) -> None:
    """Also for the lookups, whose question names the path only."""
    authority = trustme.CA()
    path = pem(tmp_path, "here", client_certificate(authority))
    (tmp_path / "other.pem").write_bytes(client_certificate(authority))
    lookup = f"{{{{ lookup('forti.oauth.fac_oauth_token', username='luser1', password=secret.luser1, client_cert='{path}') | checksum }}}}"
    outcome = play(
        f"""
- {{set_fact: {{first: "{lookup}"}}}}
- {{set_fact: {{same: "{lookup}"}}}}
- {{copy: {{src: '{tmp_path}/other.pem', dest: '{path}', mode: '0600'}}}}
- {{set_fact: {{other: "{lookup}"}}}}
""",
        keep="first same other",
    )
    assert outcome["first"] == outcome["same"] != outcome["other"]
    assert play.sim.counts["fac.login"] == 2


@pytest.mark.daily("scope: write", "validate_certs: false")
@pytest.mark.parametrize("more", ["scope: write", "client_id: fcare", "realm: local", "validate_certs: false"])
def test_every_part_of_the_key_counts(play: Player, more: str) -> None:
    outcome = play(
        f"""
- {{forti.oauth.fac_oauth_token: {{{LOGIN}}}, register: a}}
- {{forti.oauth.fac_oauth_token: {{{LOGIN}, {more}}}, register: b}}
- {{forti.oauth.fac_oauth_token: {{{LOGIN}}}, register: c}}
""",
        keep="a b c",
    )
    assert [outcome[name]["source"] for name in "abc"] == ["login", "login", "cache"]
    assert outcome["a"]["access_token"] == outcome["c"]["access_token"] != outcome["b"]["access_token"]
