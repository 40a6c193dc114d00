# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option server: all spellings of one are the same, and what is none is not repeated."""

from __future__ import annotations

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._options import server_url

NO_HOST = "server must be a host, host:port or https://host:port, without a path, in ASCII."
NO_HTTPS = "server must be an https address: secrets are never sent over plain http."
NO_USER = "server must not hold a user or a password. Give them as options of their own."


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("fac.example.com", "https://fac.example.com"),
        ("  FAC.Example.COM\n", "https://fac.example.com"),
        ("fac.example.com:443", "https://fac.example.com"),
        ("fac.example.com:8443", "https://fac.example.com:8443"),
        ("https://fac.example.com", "https://fac.example.com"),
        ("HTTPS://fac.example.com:443/", "https://fac.example.com"),
        ("https://fac.example.com:8443/", "https://fac.example.com:8443"),
        ("192.0.2.1:8443", "https://192.0.2.1:8443"),
        ("[2001:DB8::1]", "https://[2001:db8::1]"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
        ("fac_1", "https://fac_1"),
        ("fac.example.com:65535", "https://fac.example.com:65535"),
        ("fac.example.com:0443", "https://fac.example.com"),
        ("https://[FE80::1%25ETH0]:8443", "https://[fe80::1%25eth0]:8443"),
    ],
)
def test_all_spellings_of_a_server_are_one(server: str, url: str) -> None:
    assert server_url(server) == url


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ("http://fac.example.com", NO_HTTPS),
        ("HTTP://fac.example.com", NO_HTTPS),
        ("ftp://fac.example.com", NO_HTTPS),
        ("://fac.example.com", NO_HTTPS),
        ("http://https://fac.example.com", NO_HTTPS),
        ("user:hunter2@fac.example.com", NO_USER),
        ("https://hunter2@fac.example.com", NO_USER),
        ("", NO_HOST),
        ("   ", NO_HOST),
        ("https://", NO_HOST),
        ("https://:8443", NO_HOST),
        ("//fac.example.com", NO_HOST),
        ("fac.example.com/api/v1/oauth/token/", NO_HOST),
        ("fac.example.com?x=1", NO_HOST),
        ("fac.example.com#hunter2", NO_HOST),
        ("fac.example.com:99999", NO_HOST),
        ("fac.example.com:65536", NO_HOST),
        ("fac.example.com:0", NO_HOST),
        ("fac.example.com:", NO_HOST),
        ("fac.example.com//", NO_HOST),
        ("-fac.example.com", NO_HOST),
        ("fac.example.com.", NO_HOST),
        ("fac%2eexample.com", NO_HOST),
        ("fác.example.com", NO_HOST),
        ("fac.example.com:\u0664\u0664\u0663", NO_HOST),
        ("fac\n.example.com", NO_HOST),
        ("fac.example.com:-1", NO_HOST),
        ("fac.example.com:https", NO_HOST),
        ("fac example.com", NO_HOST),
        ("fac.example.com\\evil", NO_HOST),
        ("[2001:db8::1", NO_HOST),
        ("2001:db8::1", NO_HOST),
        ("['fac.example.com']", NO_HOST),
    ],
)
def test_a_server_that_is_none_is_refused_and_not_repeated(server: str, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        server_url(server)
    assert caught.value.as_result() == {"msg": message}
