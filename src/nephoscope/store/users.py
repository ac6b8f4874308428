"""Who may sign in: users, their passkeys and recovery codes, and the one-time links by which they begin."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import delete, func, insert, select, update

from nephoscope.store.ledger import upsert
from nephoscope.store.portal_tables import LINKS, PASSKEYS, RECOVERY_CODES, USERS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

LINK_LASTS = timedelta(minutes=15)
INVITATION_LASTS = timedelta(days=3)
CODES = 10
ADDRESS = "portal/address"  # the state in which it is kept where browsers find the portal


@dataclass(frozen=True)
class User:
    """A user. login: the name without regard to case. password: argon2's text, or empty. issuer, subject: OIDC's."""

    id: str
    login: str
    name: str
    roles: tuple[str, ...]
    accounts: tuple[str, ...]
    created_at: datetime
    password: str = field(default="", repr=False)
    issuer: str = ""
    subject: str = ""
    is_disabled: bool = False
    last_seen_at: datetime | None = None
    preferences: dict[str, Any] = field(default_factory=dict[str, Any])
    version: int = 1


@dataclass(frozen=True)
class Passkey:
    """A WebAuthn credential; id and public_key as base64url."""

    id: str
    user_id: str
    public_key: str
    sign_count: int
    label: str
    created_at: datetime
    last_used_at: datetime | None = None


def hashed(secret: str) -> str:
    """What is kept of a secret that is long and random."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def folded(name: str) -> str:
    """A name as a login: without regard to case and spaces."""
    return " ".join(name.casefold().split())


def new_user(name: str, roles: tuple[str, ...], accounts: tuple[str, ...], at: datetime, **more: Any) -> User:
    """A user that is not kept yet."""
    return User(uuid4().hex, folded(name), name.strip(), roles, accounts, at, **more)


def put_user(connection: Connection, user: User) -> User:
    """Keep a user, as one version more."""
    kept = replace(user, version=user.version + 1)
    row = {column.name: getattr(kept, column.name) for column in USERS.columns}
    upsert(USERS, [row | {"is_disabled": int(kept.is_disabled), "roles": list(kept.roles)}], connection)
    return kept


def get_user(connection: Connection, id_: str) -> User | None:
    """A user by id."""
    return _user(connection.execute(select(USERS).where(USERS.c.id == id_)).one_or_none())


def find_login(connection: Connection, name: str) -> User | None:
    """A user by name."""
    return _user(connection.execute(select(USERS).where(USERS.c.login == folded(name))).one_or_none())


def find_subject(connection: Connection, issuer: str, subject: str) -> User | None:
    """A user by what an identity provider calls them."""
    query = select(USERS).where(USERS.c.issuer == issuer, USERS.c.subject == subject)
    return _user(connection.execute(query.limit(1)).one_or_none())


def count_users(connection: Connection) -> int:
    """How many there are."""
    return int(connection.scalar(select(func.count()).select_from(USERS)) or 0)


def administrators(connection: Connection) -> list[str]:
    """Ids of users who can administrate: enabled, `admin`, of all accounts."""
    rows = connection.execute(select(USERS).where(USERS.c.is_disabled == 0))
    return [row.id for row in rows if "admin" in row.roles and "*" in row.accounts]


def saw_user(connection: Connection, id_: str, at: datetime) -> None:
    """Keep when a user was last here; that is no new version."""
    connection.execute(update(USERS).where(USERS.c.id == id_).values(last_seen_at=at))


def _user(row: Any) -> User | None:
    if row is None:
        return None
    values = dict(row._mapping)
    values |= {"roles": tuple(row.roles), "accounts": tuple(row.accounts), "is_disabled": bool(row.is_disabled)}
    return User(**values)


def make_link(
    connection: Connection, purpose: str, user: str, at: datetime, lasts: timedelta = LINK_LASTS
) -> tuple[str, datetime]:
    """A one-time token, which is given back only here, and its end; earlier ones for the same are void."""
    token = secrets.token_urlsafe(32)
    connection.execute(delete(LINKS).where(LINKS.c.purpose == purpose, LINKS.c.user_id == user))
    connection.execute(delete(LINKS).where(LINKS.c.expires_at < at))
    row = {"hash": hashed(token), "purpose": purpose, "user_id": user, "made_at": at, "expires_at": at + lasts}
    connection.execute(insert(LINKS), row)
    return token, at + lasts


def known_link(connection: Connection, token: str, at: datetime) -> tuple[str, str] | None:
    """Purpose and user of a link that is still good."""
    query = select(LINKS).where(LINKS.c.hash == hashed(token), LINKS.c.expires_at > at)
    row = connection.execute(query).one_or_none()
    return (row.purpose, row.user_id) if row else None


def take_link(connection: Connection, token: str, at: datetime) -> tuple[str, str] | None:
    """The same, and the link is used up."""
    found = known_link(connection, token, at)
    if found:
        connection.execute(delete(LINKS).where(LINKS.c.hash == hashed(token)))
    return found


def put_passkey(connection: Connection, passkey: Passkey) -> None:
    """Keep a passkey."""
    upsert(PASSKEYS, [{column.name: getattr(passkey, column.name) for column in PASSKEYS.columns}], connection)


def get_passkey(connection: Connection, id_: str) -> Passkey | None:
    """A passkey by its credential's id."""
    row = connection.execute(select(PASSKEYS).where(PASSKEYS.c.id == id_)).one_or_none()
    return _passkey(row) if row else None


def passkeys_of(connection: Connection, user: str) -> list[Passkey]:
    """A user's passkeys, oldest first."""
    query = select(PASSKEYS).where(PASSKEYS.c.user_id == user).order_by(PASSKEYS.c.created_at, PASSKEYS.c.id)
    return [_passkey(row) for row in connection.execute(query)]


def _passkey(row: Any) -> Passkey:
    return Passkey(**{column.name: getattr(row, column.name) for column in PASSKEYS.columns})


def drop_passkey(connection: Connection, user: str, id_: str) -> bool:
    """Forget a passkey of a user; False if there is none."""
    gone = delete(PASSKEYS).where(PASSKEYS.c.user_id == user, PASSKEYS.c.id == id_)
    return bool(connection.execute(gone).rowcount)


def count_passkeys(connection: Connection, users: list[str]) -> dict[str, int]:
    """How many passkeys users have."""
    query = select(PASSKEYS.c.user_id, func.count()).where(PASSKEYS.c.user_id.in_(users)).group_by(PASSKEYS.c.user_id)
    return {user: int(count) for user, count in connection.execute(query)}


def make_codes(connection: Connection, user: str) -> list[str]:
    """New recovery codes in place of the earlier ones; they are given back only here."""
    codes = ["-".join(secrets.token_hex(3) for _ in range(4)) for _ in range(CODES)]
    connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.user_id == user))
    rows = [{"hash": hashed(f"{user}:{code}"), "user_id": user, "used_at": None} for code in codes]
    connection.execute(insert(RECOVERY_CODES), rows)
    return codes


def take_code(connection: Connection, user: str, code: str, at: datetime) -> bool:
    """Use up a recovery code; False if it is none, or was used."""
    digest = hashed(f"{user}:{code.strip().lower()}")
    used = update(RECOVERY_CODES).where(RECOVERY_CODES.c.hash == digest, RECOVERY_CODES.c.used_at.is_(None))
    return bool(connection.execute(used.values(used_at=at)).rowcount)


def all_users(connection: Connection) -> list[User]:
    """Every user, by name."""
    found = (_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.login)))
    return [user for user in found if user]
