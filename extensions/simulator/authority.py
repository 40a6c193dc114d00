# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CA of the simulator. It stays in its directory, so that a shell that trusts it still does after the next start.

Its key and its certificate are in one file, which appears in one step. The certificate alone is written at each start, for those who trust it.
"""

from __future__ import annotations

import os
from pathlib import Path

import trustme

CERTIFICATE, KEY = "ca.pem", "ca-key.pem"


def authority(directory: Path) -> trustme.CA:
    """Return the CA of this directory, which is made if it is missing.

    :raises ValueError: the directory or the file there cannot be used. The message names it.
    :raises OSError: the directory cannot be made, read or written.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_owner(directory)
    key = directory / KEY
    if not key.exists():
        made = trustme.CA(organization_name="forti.oauth simulator")
        write(key, made.private_key_pem.bytes() + made.cert_pem.bytes(), mode=0o600)
    pem = key.read_bytes()
    try:
        found = trustme.CA.from_pem(pem[pem.index(b"-----BEGIN CERTIFICATE") :], pem)
    except ValueError as problem:
        raise ValueError(f"{key} is not a CA. Remove it, and a new one is made.") from problem
    write(directory / CERTIFICATE, found.cert_pem.bytes())
    return found


def write(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file in one step. A symbolic link in its place is replaced, and not followed."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)


def _check_owner(directory: Path) -> None:
    """Check that nobody else can put a CA into the directory.

    :raises ValueError: somebody can.
    """
    seen = directory.stat()
    if seen.st_uid != os.geteuid():
        raise ValueError(f"{directory} belongs to another user. Give another --directory")
    if seen.st_mode & 0o022:
        raise ValueError(f"other users can write to {directory}. Give another --directory, or make it yours alone (chmod 0700)")
