# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that answers as the API of AWX 24 does, for what forti.oauth.awx_setup asks it.

It is stricter than AWX in one resource: a field that it does not know is refused, where AWX ignores it.
"""

from __future__ import annotations

from .server import Awx

__all__ = ["Awx"]
