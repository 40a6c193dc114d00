# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person sees: the control page, and the same facts as text for the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from . import model
from .settings import CHOICES

if TYPE_CHECKING:
    from .server import Simulator

Rows = list[tuple[str, ...]]

STYLE = """body { font: 16px/1.5 sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 } td, th { border: 1px solid #bbb;
padding: .2em .6em; text-align: left } code, pre { background: #f2f2f2; padding: .1em .3em }
form { display: inline } h2 { margin-top: 2em }"""


def exports(simulator: Simulator) -> str:
    """Return the lines for a shell that a first play needs: both servers, and who asks."""
    user, client = model.USERS[0], model.CLIENTS[0]
    account = next(account for account in model.CWP_ACCOUNTS.values() if account.product == model.Account.product)
    found = {
        "FAC_SERVER": simulator.host,
        "FAC_CA_PATH": simulator.ca,
        "FAC_CLIENT_ID": client.client_id,
        "FAC_USERNAME": user.name,
        "FAC_PASSWORD": user.password,
        "FORTICWP_SERVER": simulator.host,
        "FORTICWP_CA_PATH": simulator.ca,
        "FORTICWP_CREDENTIAL": account.credential,
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in found.items()]
    return "\n".join([*lines, 'export no_proxy="localhost,127.0.0.1,${no_proxy:-${NO_PROXY-}}"'])


def user_rows() -> Rows:
    rows: Rows = [("user", "password", "second factor", "where")]
    for user in model.USERS:
        where = f"IAM account {user.account}" if user.account else f"realm {user.realm}"
        rows.append((user.name, user.password, user.method or "-", where))
    return rows


def client_rows() -> Rows:
    rows: Rows = [("client_id", "client_secret", "grant", "expires_in")]
    for client in model.CLIENTS:
        rows.append((client.client_id, client.secret or "-", client.grant, str(client.expires_in)))
    return rows


def cwp_rows() -> Rows:
    rows: Rows = [("product", "user", "password", "credential")]
    rows += [(account.product, name, account.password, account.credential) for name, account in model.CWP_ACCOUNTS.items()]
    return rows


def text_table(rows: Rows) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join(lines)


def welcome(simulator: Simulator) -> str:
    """What the command prints once it is ready."""
    tables = "\n\n".join(map(text_table, (user_rows(), client_rows(), cwp_rows())))
    return f"""The simulator is ready.

  API           {simulator.url}
  control page  {simulator.control}
  CA            {simulator.ca}

Paste this into another terminal:

{exports(simulator)}

{tables}

One-time codes: curl -d user=sms1 {simulator.control}/otp
Ctrl-C ends it."""


def _html_row(cells: Iterable[str], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    escaped = [[escape(cell) for cell in row] for row in rows]
    body = "".join(_html_row(row) for row in escaped[1:])
    return f"<table>{_html_row(escaped[0], 'th')}{body}</table>"


def _button(path: str, label: str, **fields: str) -> str:
    hidden = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items())
    return f'<form method="post" action="{path}">{hidden}<button>{escape(label)}</button></form>'


def _user_table(simulator: Simulator) -> str:
    """One row a user: the phone's habit and the buttons to change it, or a button for a code."""
    rows = [_html_row(("user", "second factor", "phone", ""), "th")]
    for user in model.USERS:
        phone = simulator.live_state.factors.phone_of(user.name)
        pushed = user.method == "ftm-push"
        buttons = [_button("/otp", "one-time code", user=user.name)] if user.method else []
        for action in ("approve", "deny", "ignore") if pushed else ():
            buttons.append(_button("/phone", action, user=user.name, action=action, after="0"))
        habit = f"{phone.action} after {phone.after} s" if pushed else "-"
        cells = (escape(user.name), user.method or "-", habit, " ".join(buttons))
        rows.append(_html_row(cells))
    return f"<table>{''.join(rows)}</table>"


def _settings_table(settings: dict[str, Any]) -> str:
    """One row a setting, with a button for each other value that it may have."""
    rows = [_html_row(("setting", "value", ""), "th")]
    for name, value in settings.items():
        others = [str(choice) for choice in CHOICES.get(name, ()) if choice != value]
        buttons = [_button("/settings", other, **{name: other}) for other in others]
        rows.append(_html_row((name, str(value), " ".join(buttons))))
    return f"<table>{''.join(rows)}</table>"


def page(simulator: Simulator) -> str:
    with simulator.live_state.lock:
        state, faults = simulator.state, [str(fault) for fault in simulator.faults.waiting]
        users = _user_table(simulator)
    counts: Rows = [("count", "")] + [(name, str(n)) for name, n in state["counts"].items()]
    pushes: Rows = [("push for", "client", "status")]
    pushes += [(push["user"], push["client_id"], push["status"]) for push in state["pushes"]]
    locked = ", ".join(state["locked"]) or "nobody"
    tables = "".join(map(_html_table, (user_rows(), client_rows(), cwp_rows())))
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Simulator</title>
<style>{STYLE}</style><h1>FortiAuthenticator and FortiCWP simulator</h1>
<p>The API is at <code>{simulator.url}</code>. In a terminal:</p>
<pre>{escape(exports(simulator))}</pre>
<h2>Now</h2><p>{state["live_tokens"]} live tokens. Locked: {escape(locked)}.
{_button("/reset", "Reset everything")} {_button("/expire", "End all access tokens")}
{_button("/unlock", "Unlock everybody")}</p>
{users}{_html_table(pushes)}{_html_table(counts)}
<h2>Settings</h2>{_settings_table(state["settings"])}
<h2>Faults</h2><p>{escape("; ".join(faults) or "None is waiting.")}</p>
<pre>curl -H 'Content-Type: application/json' {simulator.control}/faults \
  -d '{{"match": "/api/v1/oauth/token/", "status": 503, "headers": {{"Retry-After": "1"}}}}'</pre>
<h2>Who is there</h2>{tables}
<h2>More</h2><p><a href="/state">/state</a> and <a href="/requests">/requests</a> show everything
as JSON. POST to /reset, /phone, /otp, /code, /clock, /settings, /expire, /end_tokens, /unlock and
/faults; DELETE /faults.</p>
</html>"""
