# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of TLS: real files, good and bad. What is bad is an option that is wrong, and no server is blamed for it."""

from __future__ import annotations

import hashlib
import pathlib
import time
from typing import Any

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError
from ansible_collections.forti.oauth.plugins.module_utils._http_tls import client_digest, tls
from cryptography.hazmat.primitives import serialization

pytest.importorskip("trustme", reason="it needs trustme, which is not installed")
import trustme

NO_PAIR = "client_cert and client_key are not a certificate and its key in PEM format. Check both."
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


@pytest.mark.parametrize(
    ("variables", "verify"),
    [
        ({"REQUESTS_CA_BUNDLE": "/a", "CURL_CA_BUNDLE": "/b"}, "/a"),
        ({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "/b"}, "/b"),
        ({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}, True),
        ({"SSL_CERT_FILE": "/c"}, True),
    ],
    ids=["the first", "the second", "neither", "the system's"],
)
def test_what_the_environment_says_counts_where_no_option_does(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], verify: bool | str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert tls(options()) == (verify, None)
    assert tls(options(ca_path="/dev/null")) == ("/dev/null", None)
    assert tls(options(validate_certs=False)) == (False, None)


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


def copied(path: str, folder: pathlib.Path) -> str:
    """Return another path with the same content, as AWX writes it for each job."""
    folder.mkdir()
    copy = folder / "awx_4711"
    copy.write_bytes(pathlib.Path(path).read_bytes())
    return str(copy)


def test_without_a_client_certificate_there_is_no_digest() -> None:
    assert client_digest(options()) is client_digest(options(client_cert="", ca_path="/no/such")) is None


@pytest.mark.parametrize("name", ["client_cert", "client_key"])
def test_the_same_content_under_another_path_has_the_same_digest(files: dict[str, str], tmp_path: pathlib.Path, name: str) -> None:
    known = options(client_cert=files["cert"], client_key=files["key"])
    assert client_digest({**known, name: copied(known[name], tmp_path / "job")}) == client_digest(known)


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({"client_key": "other key"}, id="another key"),
        pytest.param({"client_cert": "both"}, id="another certificate"),
        pytest.param({"client_key": None}, id="no key"),
        pytest.param({"client_cert": "key", "client_key": "cert"}, id="the other way around"),
        pytest.param({"client_cert": "both", "client_key": None}, id="one file with both"),
        pytest.param({"client_cert": "empty", "client_key": "both"}, id="the border moved"),
    ],
)
def test_another_certificate_or_key_has_another_digest(files: dict[str, str], others: dict[str, str | None]) -> None:
    known = options(client_cert=files["cert"], client_key=files["key"])
    other = {**known, **{name: file and files[file] for name, file in others.items()}}
    assert client_digest(other) not in (client_digest(known), None)


def test_a_file_that_changes_in_its_place_has_another_digest(files: dict[str, str]) -> None:
    known = options(client_cert=files["both"])
    before = client_digest(known)
    pathlib.Path(files["both"]).write_bytes(b"renewed")
    assert client_digest(known) != before


def test_a_digest_is_no_part_of_the_key(files: dict[str, str]) -> None:
    digest = client_digest(options(client_cert=files["cert"], client_key=files["key"]))
    assert digest is not None
    assert len(digest) == 64
    assert set(digest) <= set("0123456789abcdef")
    assert digest != hashlib.sha256(pathlib.Path(files["key"]).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["client_cert", "client_key"])
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/no/such", "there is no file /no/such on "),
        ("/", "the file / cannot be read: is a directory."),
        ("/proc/self/mem", "the file /proc/self/mem cannot be "),
    ],
    ids=["missing", "a directory", "not readable"],
)
def test_a_file_that_cannot_be_read_for_the_digest_is_named(files: dict[str, str], name: str, path: str, says: str) -> None:
    with pytest.raises(OptionError) as caught:
        client_digest({**options(client_cert=files["cert"], client_key=files["key"]), name: path})
    assert str(caught.value).startswith(f"{name}: {says}")
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
