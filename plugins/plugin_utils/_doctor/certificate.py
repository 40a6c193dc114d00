# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Whose a certificate is, from whom, and until when."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from ansible_collections.forti.oauth.plugins.module_utils._errors import quotable

if TYPE_CHECKING:
    from cryptography import x509

_NAME = re.compile(r"[\w*.:-]+", re.ASCII)
_SOON = datetime.timedelta(days=14)  # a certificate that ends before is told


def described(der: bytes) -> str:
    """Return what a person should know of a certificate; nothing if it cannot be read. What it holds is the server's word."""
    try:
        return _described(der)
    except Exception:  # pylint: disable=broad-except  # cryptography has an error for each oddity, and anybody can present a certificate
        return ""


def _described(der: bytes) -> str:
    from cryptography import x509  # ansible-core needs it; here, because only a doctor does

    certificate = x509.load_der_x509_certificate(der)
    begin, end, now = _begin(certificate), _end(certificate), datetime.datetime.now(datetime.timezone.utc)
    valid = f"valid from {begin:%Y-%m-%d} until {end:%Y-%m-%d}" if now < begin else f"valid until {end:%Y-%m-%d}"
    soon = f", in {(end - now).days} days" if datetime.timedelta(0) < end - now < _SOON else ""
    issuer = quotable(certificate.issuer.rfc4514_string(), ()) or "nobody"
    return f"issued to {_names(certificate) or 'nobody'} by {issuer}, {valid}{soon}"


def _begin(certificate: x509.Certificate) -> datetime.datetime:
    try:
        return certificate.not_valid_before_utc
    except AttributeError:  # cryptography before 42
        return certificate.not_valid_before.replace(tzinfo=datetime.timezone.utc)


def _end(certificate: x509.Certificate) -> datetime.datetime:
    try:
        return certificate.not_valid_after_utc
    except AttributeError:
        return certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc)


def _names(certificate: x509.Certificate) -> str:
    """Return the names that a certificate is for. A name that is not one could read like the rest of the sentence, so it is not shown."""
    from cryptography import x509

    try:
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return quotable(certificate.subject.rfc4514_string(), ()) or ""
    names = [str(value) for kind in (x509.DNSName, x509.IPAddress) for value in named.get_values_for_type(kind)]
    return quotable(", ".join(name if _NAME.fullmatch(name) else "(not a name)" for name in names), ()) or ""
