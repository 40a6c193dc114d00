# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of each grant, as a task may give them."""

from __future__ import annotations

FAC = {"server": "fac.example.com", "client_id": "c"}
USER = {**FAC, "username": "u", "password": "p"}
IAM = {**FAC, "iam_account": "a", "iam_user": "i", "password": "p"}
CODE = {**FAC, "grant_type": "authorization_code", "code": "k"}
REFRESH = {**FAC, "grant_type": "refresh_token", "refresh_token": "r"}
CWP = {"credential": "f59fb84e-c896"}
CWP_USER = {"grant_type": "password", "username": "u", "password": "p"}
CWP_REFRESH = {"grant_type": "refresh_token", "refresh_token": "r"}
