# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is **private** to the collection: it can change at any time. Do not use it outside of the collection.

"""Whom to trust where nothing else says so: the CAs that the system trusts, exactly as ansible.builtin.uri does."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import re
import ssl
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.forti.oauth.plugins.module_utils._foreign import one_line

# Where uri looks beside OpenSSL's own places, in files with these endings (get_ca_certs in ansible-core's module_utils/urls.py).
_FOLDERS = {
    "Linux": ["/etc/pki/ca-trust/extracted/pem", "/etc/pki/tls/certs", "/usr/share/ca-certificates/cacert.org"],
    "FreeBSD": ["/usr/local/share/certs"],
    "OpenBSD": ["/etc/ssl"],
    "NetBSD": ["/etc/openssl/certs"],
    "SunOS": ["/opt/local/etc/openssl/certs"],
    "AIX": ["/var/ssl/certs", "/opt/freeware/etc/ssl/certs"],
    "Darwin": ["/usr/local/etc/openssl"],
}
_OWN_FOLDER = "/etc/ansible"
_ENDINGS = (".pem", ".cer", ".crt")
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")  # how a certificate must be called for OpenSSL to find it in a folder


def system_adapter(adapters: Any) -> Any:
    """Return an adapter of requests that trusts what the system trusts; where that is nobody, those whom requests trusts by itself.

    :arg adapters: the module requests.adapters.
    """

    @functools.cache
    def context_for(_peer: str) -> ssl.SSLContext | None:
        return system_context()

    class SystemAdapter(adapters.HTTPAdapter):
        def cert_verify(self, conn: Any, url: str, verify: bool, cert: Any) -> None:
            """Set up a pool of connections. Each version of requests calls it before each request."""
            own = context_for("server") is not None
            # With False it takes the client certificate only; with True it would add certifi's certificates.
            super().cert_verify(conn, url, verify and not own, cert)
            if own:
                _check_by(context_for, conn)

    return SystemAdapter()


def _check_by(context_for: Callable[[str], ssl.SSLContext | None], conn: Any) -> None:
    """Have the connections of a pool checked. A pool manager would not do: requests 2.32.0 to 2.32.2 take another context than its own."""
    conn.cert_reqs, conn.conn_kw["ssl_context"] = "CERT_REQUIRED", context_for("server")
    proxy = conn.conn_kw.get("proxy_config")  # urllib3 1.25 has none: it speaks to no proxy over TLS
    if proxy and conn.proxy.scheme == "https":
        # Not the server's: the client certificate goes into that.
        conn.conn_kw["proxy_config"] = proxy._replace(ssl_context=context_for("proxy"))


def system_context() -> ssl.SSLContext | None:
    """Return what checks certificates by the system's; None if this machine has none."""
    context = ssl.create_default_context()
    context.post_handshake_auth = True  # as urllib3 does: some servers ask for the client certificate only when they know the path
    for path in _files(folders()):
        if path.endswith(_ENDINGS):
            with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii", errors="ignore") as file:
                context.load_verify_locations(cadata=file.read())
    return context if context.cert_store_stats()["x509"] or _has_hashed(_default_folders()) else None


def folders() -> list[str]:
    """Return the folders in which uri looks beside OpenSSL's own places."""
    own = ssl.get_default_verify_paths().capath
    return [folder for folder in [*_FOLDERS.get(platform.system(), []), _OWN_FOLDER] if folder != own]


def passed_over() -> str:
    """Return a sentence on a variable of the environment that names no certificates: OpenSSL passes over it in silence. Nothing if none does."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file is not None and not _holds_certificate(file):
        return one_line(f" SSL_CERT_FILE={file} names no file with certificates (PEM).")
    if folder is not None and not _has_hashed(_default_folders()):
        return one_line(f" SSL_CERT_DIR={folder} names no folder with certificates under their hashes (openssl rehash).")
    return ""


def _default_folders() -> list[str]:
    paths = ssl.get_default_verify_paths()
    return os.environ.get(paths.openssl_capath_env, paths.openssl_capath).split(os.pathsep)


def _has_hashed(names: list[str]) -> bool:
    """Return whether OpenSSL finds a certificate in these folders. It opens one only when it needs it."""
    return any(_HASHED.fullmatch(os.path.basename(path)) for path in _files(names))


def _files(names: list[str]) -> Iterator[str]:
    for name in names:
        with contextlib.suppress(OSError):  # there is no such folder, or nobody may look into it
            paths = (os.path.join(name, entry) for entry in os.listdir(name))
            yield from (path for path in paths if os.path.isfile(path))


def _holds_certificate(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        return False
    return True
