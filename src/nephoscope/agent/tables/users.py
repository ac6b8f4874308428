"""Accounts, and whether their passwords can be used; a hash is never told."""

from __future__ import annotations

from typing import Any

from nephoscope.agent import accounts
from nephoscope.agent.host import Host, Unreadable


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per line of passwd; where shadow cannot be read, each says so."""
    cause = ""
    secrets: dict[str, accounts.Secret] = {}
    try:
        secrets = accounts.secrets(host)
    except Unreadable as error:
        cause = str(error)
    return [_row(user, secrets, cause) for user in accounts.users(host)]


def _row(user: accounts.User, secrets: dict[str, accounts.Secret], cause: str) -> dict[str, Any]:
    row: dict[str, Any] = user._asdict()
    row.pop("line")
    field = row.pop("password")
    if field != "x":
        row.update(password=accounts.password_state(field), password_algorithm=accounts.algorithm(field))
    elif user.name in secrets:
        secret = secrets[user.name]
        row.update(
            password=secret.state,
            password_algorithm=secret.algorithm,
            password_changed_day=secret.changed_day,
            password_most_days=secret.most_days,
        )
    else:
        row.update(password=None, cause=cause or "shadow has no line for it")
    return row
