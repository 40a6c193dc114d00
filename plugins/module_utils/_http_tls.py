# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""TLS options: the certificates to trust, and the client certificate. Files are checked before anything is sent."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._errors import OptionError

_FILES = ("ca_path", "client_cert", "client_key")


def tls(options: Mapping[str, Any]) -> tuple[bool | str, str | tuple[str, str] | None]:
    """Return the arguments C(verify) and C(cert) of requests. C(verify) is True where the system's certificates count.

    :raises OptionError: a file does not exist, or certificate and key do not belong together.
    """
    for name in _FILES:
        _check_exists(options, name)
    certificate, key = options.get("client_cert"), options.get("client_key")
    if key and not certificate:
        raise OptionError("client_key needs client_cert beside it.")
    if certificate:
        problem = _problem(certificate, key)
        if problem:
            raise OptionError(problem)
    return _verify(options), (certificate, key) if certificate and key else certificate


def _verify(options: Mapping[str, Any]) -> bool | str:
    if not options["validate_certs"]:
        return False
    # The two variables as requests reads them: an empty one is not set.
    return options.get("ca_path") or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def client_digest(options: Mapping[str, Any]) -> str | None:
    """Return a digest of the client certificate and its key, whatever their paths are; None if the options name none.

    :raises OptionError: a file cannot be read.
    """
    named = [name for name in ("client_cert", "client_key") if options.get(name)]
    if not named:
        return None
    digest = hashlib.sha256()
    for name in named:
        _check_exists(options, name)
        try:
            with open(options[name], "rb") as file:
                digest.update(hashlib.sha256(file.read()).digest())
        except OSError as exc:
            problem = (exc.strerror or type(exc).__name__).lower()
            raise OptionError(f"{name}: the file {options[name]} cannot be read: {problem}.") from None
    return digest.hexdigest()


def client_paths(options: Mapping[str, Any]) -> str | None:
    """Return what the options say of a client certificate that lies on another host; None if they name none."""
    named = [options[name] for name in ("client_cert", "client_key") if options.get(name)]
    return "\n".join(named) or None


def _check_exists(options: Mapping[str, Any], name: str) -> None:
    if options.get(name) and not os.path.exists(options[name]):
        raise OptionError(f"{name}: there is no file {options[name]} on {socket.gethostname()}.")


def _problem(certificate: str, key: str | None) -> str | None:
    """Return what is wrong with the client certificate and key, None if nothing is.

    Without this check OpenSSL would ask for a passphrase on the terminal, and requests would blame the server.
    """
    asked: list[bool] = []

    def passphrase() -> str:
        asked.append(True)
        return ""

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password=passphrase)
    except ssl.SSLError:
        if asked:
            return "The key of client_cert has a passphrase, which nobody can type here. Give a key without one that only you can read (chmod 0600)."
        return "client_cert and client_key are not a certificate and its key in PEM format. Check both."
    except OSError as exc:
        return f"client_cert and client_key cannot be read: {(exc.strerror or type(exc).__name__).lower()}."
    return None
