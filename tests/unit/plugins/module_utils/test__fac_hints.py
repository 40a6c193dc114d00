# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The advice of a refusal speaks of the service that was asked, and of what was sent."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import FortiError, OptionError
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._http import Http
from ansible_collections.forti.oauth.plugins.module_utils._http_response import Response

from tests.unit.plugins.module_utils.samples import CODE, CWP, CWP_REFRESH, CWP_USER, REFRESH, USER

if TYPE_CHECKING:
    from extensions.simulator import Simulator

FORTICLOUD = "customerapiauth.fortinet.com"
LOCKED = "After repeated refusals FortiCloud locks an account for 15 to 30 minutes, for all client_ids"
THREE = "Three wrong logins lock an account."
OTP = "Check otp: a code works once and lives 30 to 60 seconds."
FTM = {"client_id": "ansible", "username": "ftm1", "password": "Ftm-Word-12345678"}
PUSH = {"client_id": "ansible", "username": "push1", "password": "Push-Word-12345678"}
RAW = "f59fb84e-c896-4d38-91f3-1eee401823b6"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def refused(monkeypatch: pytest.MonkeyPatch, kind: type[Any], options: dict[str, Any], status: int = 401, body: bytes = b"{}") -> str:
    """Return the message of a grant that the server answers like this. Nothing is sent."""
    service = kind.from_options(options, explicit=options, warn=pytest.fail, notify=pytest.fail)
    answer = Response(service.options["server"], status, {}, body, 0.0)
    monkeypatch.setattr(Http, "post", lambda *_arguments, **_more: answer)
    with pytest.raises(FortiError) as caught:
        service.fetch()
    return str(caught.value)


def hint(message: str) -> str:
    return message.partition(" answered ")[2].partition(". ")[2]


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("server", [FORTICLOUD, f"https://{FORTICLOUD.upper()}:443/"])
def test_forticloud_speaks_of_its_lockout_and_not_of_a_realm(monkeypatch: pytest.MonkeyPatch, server: str, status: int) -> None:
    said = hint(refused(monkeypatch, FortiAuthenticator, {**USER, "server": server}, status))
    assert said.startswith(f"Check username (the API ID) and password. {LOCKED}")
    assert "wait before you try again" in said
    assert "realm" not in said and THREE not in said


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("server", ["fac.example.com", f"{FORTICLOUD}.example.com", f"{FORTICLOUD}:8443"])
def test_a_fortiauthenticator_speaks_of_realm_and_three_logins(monkeypatch: pytest.MonkeyPatch, server: str, status: int) -> None:
    said = hint(refused(monkeypatch, FortiAuthenticator, {**USER, "server": server}, status))
    assert said == f"Check username and password, and realm if the user is not local. {THREE}"


@pytest.mark.parametrize(
    ("status", "body", "of_forticloud", "of_fortiauthenticator"),
    [
        (401, b'{"error": "invalid_client"}', "client_id: it names the portal, such as assetmanagement", "Give client_secret if the client is confidential"),
        (403, b"", "the permissions of this API user include the portal", "the OAuth service is on for that interface"),
        (404, b"", "FortiCloud's token service is customerapiauth.fortinet.com", "has this address from version 6.0 on"),
    ],
    ids=["invalid_client", "403", "404"],
)
def test_each_has_advice_of_its_own(monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, of_forticloud: str, of_fortiauthenticator: str) -> None:
    said = [refused(monkeypatch, FortiAuthenticator, {**USER, "server": server}, status, body) for server in (FORTICLOUD, "fac.example.com")]
    assert of_forticloud in said[0] and of_fortiauthenticator not in said[0]
    assert of_fortiauthenticator in said[1] and of_forticloud not in said[1]


@pytest.mark.parametrize("server", [FORTICLOUD, "fac.example.com"])
@pytest.mark.parametrize(("options", "said"), [(CODE, "The code works once and for a short time"), (REFRESH, "The refresh token was used before")])
def test_the_other_grants_speak_of_what_they_sent(monkeypatch: pytest.MonkeyPatch, server: str, options: dict[str, Any], said: str) -> None:
    assert hint(refused(monkeypatch, FortiAuthenticator, {**options, "server": server})).startswith(said)


@pytest.mark.parametrize("server", [FORTICLOUD, "fac.example.com"])
def test_a_success_that_says_no_has_the_advice_of_a_401(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    options = {**USER, "server": server}
    assert hint(refused(monkeypatch, FortiAuthenticator, options, 200, b'{"status": "fail"}')) == hint(refused(monkeypatch, FortiAuthenticator, options))


def of_simulator(sim: Simulator, options: dict[str, Any], **more: Any) -> str:
    given = {"server": sim.host, "ca_path": sim.ca, **options, **more}
    service = FortiAuthenticator.from_options(given, explicit=given, warn=pytest.fail, notify=lambda _text: None)
    with pytest.raises(FortiError) as caught:
        service.fetch()
    assert caught.value.details["status"] == 401
    return hint(str(caught.value))


@pytest.mark.parametrize("more", [{"method": "ftm"}, {"challenge": "otp", "method": "ftm"}], ids=["at once", "in a second task"])
def test_with_a_typed_code_the_advice_speaks_of_it_first(sim: Simulator, more: dict[str, Any]) -> None:
    said = of_simulator(sim, FTM, otp="000000", **more)
    assert said.startswith(OTP)
    assert said.endswith(f"realm if the user is not local. {THREE}")


def test_without_a_typed_code_it_does_not(sim: Simulator) -> None:
    assert "otp" not in of_simulator(sim, {**FTM, "password": "wrong-word-4711"})


def test_the_answer_that_a_push_brought_is_no_typed_code(sim: Simulator, push_pauses: list[float]) -> None:
    sim.phone("push1", "approve", after=0)
    sim.fault("/api/v1/oauth/token/", delay=0)  # the first request goes through
    sim.fault("/api/v1/oauth/token/", status=401, body={"error": "invalid_grant"})
    assert of_simulator(sim, PUSH).startswith("Check username and password")


@pytest.mark.parametrize(
    ("server", "product"),
    [("www.forticwp.com", "FortiCWP"), ("www.forticasb.com", "FortiCASB"), ("eu.FortiCASB.com:443", "FortiCASB"), ("www.forticnp.com", "FortiCNP")],
)
def test_the_products_of_the_other_family_go_by_their_names(monkeypatch: pytest.MonkeyPatch, server: str, product: str) -> None:
    said = hint(refused(monkeypatch, FortiCwp, {**CWP, "server": server}))
    assert said == f"Check credential: it is used as {product} shows it, and ends a year after it was made."
    with pytest.raises(OptionError, match=rf"^credential holds a letter outside ASCII\. Copy it again as {product} shows it\.$"):
        FortiCwp.from_options({"credential": "é", "server": server}, explicit=(), warn=pytest.fail, notify=pytest.fail)


@pytest.mark.parametrize(("options", "said"), [(CWP_USER, "Check username and password."), (CWP_REFRESH, "The refresh token has ended")])
def test_their_other_grants_do_not_speak_of_a_credential(monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], said: str) -> None:
    message = refused(monkeypatch, FortiCwp, options)
    assert hint(message).startswith(said)
    assert "credential" not in message


@pytest.mark.parametrize(
    ("credential", "says"),
    [
        (f"Basic {RAW}", "credential begins with the word Basic. Leave it out: it is added when the credential is sent."),
        (f"basic  {RAW}", "credential begins with the word Basic."),
        (f"BASIC {encoded(RAW)}", "credential begins with the word Basic."),
        (encoded(RAW), "credential is encoded in base64. Give it as FortiCWP shows it: this API wants it as it is."),
        (encoded(f"{RAW}\n"), "credential is encoded in base64."),
        (encoded("user:password1"), "credential is encoded in base64."),
    ],
)
def test_a_credential_that_cannot_be_one_is_told_and_not_repeated(credential: str, says: str) -> None:
    with pytest.raises(OptionError) as caught:
        FortiCwp.from_options({"credential": credential}, explicit=(), warn=pytest.fail, notify=pytest.fail)
    assert str(caught.value).startswith(says)
    assert credential not in str(caught.value) and RAW not in str(caught.value)


@pytest.mark.parametrize(
    "credential",
    [
        RAW,
        f" {RAW}\n",
        "Basicly-a-credential",
        "user:pass word==",
        "abcd",
        base64.b64encode(b"short text").decode(),
        base64.b64encode(bytes(range(200, 232))).decode(),  # random bytes, as the credential itself may be written
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_a_credential_that_can_be_one_is_taken(credential: str) -> None:
    service = FortiCwp.from_options({"credential": credential}, explicit=(), warn=pytest.fail, notify=pytest.fail)
    assert service.options["credential"] == credential.strip()


def test_a_credential_of_another_grant_is_not_looked_at() -> None:
    FortiCwp.from_options({**CWP_USER, "credential": f"Basic {RAW}"}, explicit=CWP_USER, warn=pytest.fail, notify=pytest.fail)
