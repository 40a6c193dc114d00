# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of TLS: real files, good and bad. What is bad is an option that is wrong, and no server is blamed for it."""

from __future__ import annotations

import pathlib
import time
from typing import Any

import pytest
import trustme
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._http_tls import tls
from cryptography.hazmat.primitives import serialization

NO_PAIR = "client_cert and client_key are no certificate with its key, both as PEM. Check both."
PASSPHRASE = "The key of client_cert has a passphrase, which nobody can type here. Give a key without one that only you can read (chmod 0600)."


@pytest.fixture
def files(tmp_path: pathlib.Path) -> dict[str, str]:
    """Return files with a certificate, its key, and what is not quite that."""
    leaf, other = trustme.CA().issue_cert("me"), trustme.CA().issue_cert("you")
    plain = leaf.private_key_pem.bytes()
    key = serialization.load_pem_private_key(plain, None)
    form, locked = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"open sesame")
    encrypted = key.private_bytes(serialization.Encoding.PEM, form, locked)
    cert = leaf.cert_chain_pems[0].bytes()
    contents = {
        "cert": cert,
        "key": plain,
        "both": cert + plain,
        "encrypted": encrypted,
        "both encrypted": cert + encrypted,
        "other key": other.private_key_pem.bytes(),
        "empty": b"",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in contents}


def options(**more: Any) -> dict[str, Any]:
    return {"validate_certs": True, "ca_path": None, "client_cert": None, "client_key": None, **more}


@pytest.mark.parametrize(
    ("more", "verify"),
    [({}, True), ({"ca_path": "/dev/null"}, "/dev/null"), ({"validate_certs": False}, False), ({"validate_certs": False, "ca_path": "/dev/null"}, False)],
    ids=["all that is trusted here", "ca_path", "nothing is checked", "nothing is checked, whatever ca_path is"],
)
def test_what_is_trusted(more: dict[str, Any], verify: bool | str) -> None:
    assert tls(options(**more)) == (verify, None)


def test_what_the_client_shows(files: dict[str, str]) -> None:
    assert tls(options(client_cert=files["both"]))[1] == files["both"]
    assert tls(options(client_cert=files["cert"], client_key=files["key"]))[1] == (files["cert"], files["key"])


@pytest.mark.parametrize(
    ("cert", "key", "says"),
    [
        ("cert", "encrypted", PASSPHRASE),
        ("both encrypted", None, PASSPHRASE),
        ("cert", None, NO_PAIR),
        ("cert", "other key", NO_PAIR),
        ("cert", "empty", NO_PAIR),
        ("empty", "key", NO_PAIR),
        ("key", "cert", NO_PAIR),
        (None, "key", "client_key needs client_cert beside it."),
    ],
)
def test_what_is_no_certificate_with_its_key(files: dict[str, str], cert: str | None, key: str | None, says: str) -> None:
    """A passphrase is not asked for on the terminal, in the middle of a play."""
    started = time.monotonic()
    with pytest.raises(OptionError) as error:
        tls(options(client_cert=cert and files[cert], client_key=key and files[key]))
    assert str(error.value) == says
    assert error.value.__context__ is None
    assert time.monotonic() - started < 2


def test_a_directory_is_no_certificate(tmp_path: pathlib.Path) -> None:
    with pytest.raises(OptionError, match=r"client_cert and client_key"):
        tls(options(client_cert=str(tmp_path)))


@pytest.mark.parametrize("name", ["ca_path", "client_cert", "client_key"])
def test_a_file_that_is_not_there(name: str) -> None:
    with pytest.raises(OptionError, match=rf"^{name}: there is no file /no/such on "):
        tls(options(**{name: "/no/such"}))
