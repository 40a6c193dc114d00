# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a play gives as options, they are good or there is an OptionError without a secret; a server is one host over https."""

from __future__ import annotations

import datetime
import math
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._fac import FortiAuthenticator, FortiAuthenticatorInfo
from ansible_collections.forti.oauth.plugins.module_utils._forticwp import FortiCwp
from ansible_collections.forti.oauth.plugins.module_utils._options import server_url
from ansible_collections.forti.oauth.plugins.module_utils._service import TokenService

pytest.importorskip("hypothesis", reason="it needs hypothesis, which is not installed")
from hypothesis import example, given
from hypothesis import strategies as st

Service = type[TokenService]
SERVICES = pytest.mark.parametrize("service", [FortiCwp, FortiAuthenticator, FortiAuthenticatorInfo])
SECRET = "Hunter2-Zebra9"

ANY_TEXT = st.text(st.characters(exclude_categories=()))
# What YAML and templates can make of a value.
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, 16**4000, 1.5, math.nan, math.inf, -math.inf])
    | st.sampled_from(["", " ", "yes", "no", "7", "-1", "1e9", "1e999999999", "NaN", "sNaN", "inf", "~\0", "~\ud800/x", "$HOME", "fac.example.com", SECRET])
    | st.sampled_from(["password", "client_credentials", "authorization_code", "refresh_token", "present", "absent", "ftm", "return", "run", "none"])
    | ANY_TEXT
    | st.binary(max_size=8)
    | st.sampled_from([datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)])
)
ANY = SCALAR | st.lists(SCALAR, max_size=2) | st.tuples(SCALAR) | st.sets(st.integers(), max_size=2) | st.dictionaries(ANY_TEXT, SCALAR, max_size=2)
# One of the many that are right, so that what comes behind the first check is reached too.
RIGHT: dict[str, Any] = {"server": "fac.example.com", "client_id": "c", "username": "u", "password": SECRET, "credential": SECRET, "code": SECRET}
SERVERISH = st.text("aA0.-_:/[]%25@?#\\ \t1fe", max_size=24) | st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "https://", "HTTPS://", "http://", "https://https://", "://", " "]),
    st.sampled_from(["fac.example.com", "FAC", "10.0.0.1", "[::1]", "[fe80::1%25eth0]", "[FE80::1%25ETH0]", "[::ffff:10.0.0.1]", "a..b", "a" * 300])
    | st.text("0123456789abcdefF:.", max_size=8).map("[{}]".format)
    | ANY_TEXT,
    st.sampled_from(["", ":443", ":0443", ":1", ":65535", ":65536", ":0", ":", ":٣", ":-1"]),
    st.sampled_from(["", "/", "//", "/x", "?x", "#x", "\n", " ", "\u3000"]),
)


def names(service: Service) -> list[str]:
    return sorted({alias for name, option in service.spec.items() for alias in (name, *option.get("aliases", ()))})


def service_for(service: Service, options: dict[Any, Any]) -> TokenService | OptionError:
    try:
        return service.from_options(options, explicit=options, warn=pytest.fail, notify=pytest.fail)
    except OptionError as exc:
        return exc


@given(server=SERVERISH | ANY_TEXT)
@example(server="[0]")
@example(server="[:]")
@example(server="[.]")
@example(server="[a]:8443")
@example(server="[1.2.3.4]")
@example(server="[::1%25eth0]")
@example(server="https://user:secret@fac.example.com")
@example(server="fac.example.com:0443/\n")
def test_any_server_is_one_https_address_or_none(server: str) -> None:
    try:
        url = server_url(server)
    except OptionError as exc:
        assert len(str(exc)) < 120
        assert "\n" not in str(exc)
        return
    parts = urlsplit(url)
    assert parts.scheme == "https"
    assert parts.hostname
    assert (parts.username, parts.password, parts.path, parts.query, parts.fragment) == (None, None, "", "", "")
    assert parts.port is None or 1 <= parts.port <= 65535
    assert parts.port != 443
    assert url.isascii()
    assert server_url(url) == url
    assert server_url(f"  {url}/ ") == url


@SERVICES
@given(data=st.data())
def test_any_values_are_options_or_an_option_error(service: Service, data: st.DataObject) -> None:
    given_ = data.draw(st.dictionaries(st.sampled_from(names(service)), ANY, max_size=6))
    right = {name: value for name, value in RIGHT.items() if name in service.spec} if data.draw(st.booleans()) else {}
    check(service, {**right, **given_})


@SERVICES
@pytest.mark.parametrize("value", [16**4000, math.inf], ids=["as YAML reads 0x1 and 4000 zeros", "as YAML reads .inf"])
@pytest.mark.parametrize("name", ["timeout", "retries", "ca_path", "validate_certs", "password", "access_token"])
def test_a_number_that_is_none_is_an_option_error(service: Service, name: str, value: Any) -> None:
    if name in service.spec:
        right = {option: known for option, known in RIGHT.items() if option in service.spec}
        assert isinstance(service_for(service, {**right, name: value}), OptionError)


@SERVICES
@pytest.mark.parametrize("value", ["inf", "-Infinity", "1e400", "nan"])
def test_a_text_that_is_not_a_finite_number_is_an_option_error(service: Service, value: str) -> None:
    right = {option: known for option, known in RIGHT.items() if option in service.spec}
    assert isinstance(service_for(service, {**right, "timeout": value}), OptionError)


@SERVICES
@given(name=st.one_of(ANY_TEXT, st.integers(), st.booleans(), st.none()), value=ANY)
@example(name=1, value="x")
@example(name=None, value="x")
def test_an_unknown_option_is_an_option_error_whatever_its_name(service: Service, name: Any, value: Any) -> None:
    if name in names(service):
        return
    right: dict[Any, Any] = {option: known for option, known in RIGHT.items() if option in service.spec}
    assert isinstance(service_for(service, {**right, name: value, "another": 1}), OptionError)


@SERVICES
@given(data=st.data(), form=st.sampled_from([SECRET, f" {SECRET}\n", f"{SECRET}'\"<&", 9753186420]))
def test_no_message_holds_a_secret_that_stands_in_a_wrong_place_too(service: Service, data: st.DataObject, form: Any) -> None:
    secret = data.draw(st.sampled_from([name for name, option in service.spec.items() if option.get("no_log")]))
    wrong = data.draw(st.sampled_from(names(service)))
    outcome = service_for(service, {"server": "fac.example.com", "client_id": "c", secret: form, wrong: form})
    if isinstance(outcome, OptionError):
        assert str(form).strip() not in str(outcome)


def check(service: Service, options: dict[str, Any]) -> None:
    """Check that the service has sound options, or that the error holds no secret."""
    outcome = service_for(service, options)
    if isinstance(outcome, OptionError):
        # Core quotes the wrong value of an option that is not secret. If it is also the value of a secret one, it is masked.
        secrets = {alias for name, option in service.spec.items() if option.get("no_log") for alias in (name, *option.get("aliases", ()))}
        is_secret = any(options.get(name) == SECRET for name in secrets)
        assert not is_secret or SECRET not in str(outcome)
        assert not is_secret or SECRET not in repr(outcome.details)
        assert outcome.__cause__ is None
        return
    known = outcome.options
    assert set(known) == set(service.spec)
    assert urlsplit(known["server"]).scheme == "https"
    kinds = {"str": str, "path": str, "int": int, "bool": bool}
    assert all(value is None or isinstance(value, kinds[service.spec[name]["type"]]) for name, value in known.items())
    assert all(value != "" for value in known.values())
    if service.grants:
        assert all(isinstance(value, str) for value in outcome.cache_key.values())
        assert outcome.lock_timeout > 0
