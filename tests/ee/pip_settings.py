# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of pip on this machine, for pip in a container."""

from __future__ import annotations

import configparser
import contextlib
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Iterator

from tests.tools.pip_settings import settings_of_pip

PLACE = "/etc/xdg/pip"  # where pip in the container looks for them
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_HANDED_ON = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")


@contextlib.contextmanager
def settings() -> Iterator[pathlib.Path]:
    """Yield a folder with the settings that say where packages come from, to be mounted at PLACE. Files of this machine are not among them."""
    with tempfile.TemporaryDirectory(prefix="forti_oauth_pip_") as name:
        folder, known = pathlib.Path(name), settings_of_pip(sys.executable)
        handed_on = {key: value for key in _HANDED_ON if (value := _without_files(known.get(key, "")))}
        certificates = known.get("cert") or next(filter(None, map(os.environ.get, _CERTIFICATES)), None)
        if certificates and pathlib.Path(certificates).is_file():
            shutil.copyfile(certificates, folder / "ca.pem")
            handed_on["cert"] = f"{PLACE}/ca.pem"
        written = configparser.RawConfigParser()
        written["global"] = handed_on
        with (folder / "pip.conf").open("w") as file:
            written.write(file)
        yield folder


def _without_files(value: str) -> str:
    return " ".join(word for word in value.split() if not word.startswith(("/", "file:")))
