# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CA of the simulator. It stays in its directory, so that a shell that trusts it still does after the next start."""

from __future__ import annotations

import os
from pathlib import Path

import trustme

CERTIFICATE, KEY = "ca.pem", "ca-key.pem"


def authority(directory: Path) -> trustme.CA:
    """Return the CA of this directory, which is made if it is missing.

    :raises ValueError: the files are there, and are no CA. The message names them.
    :raises OSError: the directory cannot be made, read or written.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate, key = directory / CERTIFICATE, directory / KEY
    if certificate.exists() and key.exists():
        try:
            return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
        except ValueError as problem:
            raise ValueError(f"{certificate} and {key} are no CA. Remove them, and new ones are made.") from problem
    made = trustme.CA(organization_name="forti.oauth simulator")
    with open(key, "wb", opener=_for_the_owner) as file:
        file.write(made.private_key_pem.bytes())
    made.cert_pem.write_to_path(str(certificate))
    return made


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
