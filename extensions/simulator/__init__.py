# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTPS server that speaks two token APIs strictly: FortiAuthenticator's and FortiCWP's.

It is for tests, and for people who want to try the collection without an appliance. What the
vendor documents is followed to the letter; what it leaves open is decided here, and a comment
says so. Where the services are seen to do more than is documented, a setting allows it.
"""

from __future__ import annotations

from .server import Simulator

__all__ = ["Simulator"]
