# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the doctor tells of a certificate. A server can write what it likes into it."""

from __future__ import annotations

import datetime
import ipaddress

import pytest
from ansible_collections.forti.oauth.plugins.plugin_utils._doctor.certificate import described
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)


def certificate(
    subject: str,
    *,
    names: tuple[x509.GeneralName, ...] = (),
    days: float = 100,
    issuer: str = "Example CA",
    begins: float = -400,
    extension: x509.ExtensionType | None = None,
) -> bytes:
    """Return a certificate as DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = {who: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else []) for who, text in (("subject", subject), ("issuer", issuer))}
    builder = x509.CertificateBuilder().subject_name(named["subject"]).issuer_name(named["issuer"]).public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(NOW + datetime.timedelta(days=begins)).not_valid_after(NOW + datetime.timedelta(days=days))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if extension:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_the_names_that_it_is_for() -> None:
    names = (x509.DNSName("fac.example.com"), x509.IPAddress(ipaddress.ip_address("192.0.2.7")))
    assert described(certificate("ignored", names=names)).startswith("issued to fac.example.com, 192.0.2.7 by CN=Example CA, valid until 2")


def test_an_old_one_without_them() -> None:
    assert described(certificate("fac.example.com")).startswith("issued to CN=fac.example.com by CN=Example CA, ")


def test_a_bare_one() -> None:
    assert described(certificate("", issuer="")).startswith("issued to nobody by nobody, ")


@pytest.mark.parametrize(("days", "soon"), [(13.5, ", in 13 days"), (15, ""), (-1, "")])
def test_one_that_ends_soon_is_told(days: float, soon: str) -> None:
    end = (NOW + datetime.timedelta(days=days)).date()
    assert described(certificate("fac", days=days)).endswith(f"valid until {end}{soon}")


def test_lines_and_colours_of_a_server_are_not_shown() -> None:
    told = described(certificate("fac\n\x1b[31mfailed  login", issuer="CA\u202e\rok"))
    assert told.isprintable()
    assert "\u202e" not in told


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"no certificate"])
def test_what_is_no_certificate(der: bytes) -> None:
    assert described(der) == ""


def test_one_that_is_not_valid_yet() -> None:
    assert ", valid from 20" in described(certificate("fac", days=100, begins=1))


def test_a_name_that_reads_like_the_sentence_is_not_shown() -> None:
    names = (x509.DNSName("fac.example.com"), x509.DNSName("x by CN=Good CA, valid until 2099-01-01"))
    assert described(certificate("fac", names=names)).startswith("issued to fac.example.com, (not a name) by CN=Example CA, ")


def test_a_name_of_a_kind_that_cannot_be_read() -> None:
    """x400Address: cryptography refuses the whole extension."""
    odd = x509.UnrecognizedExtension(x509.oid.ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x02\xa3\x00")
    assert described(certificate("fac", extension=odd)) == ""
