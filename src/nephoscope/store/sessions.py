"""Who is signed in: sessions, API tokens, pending challenges, and failed attempts; of secrets only hashes are kept."""

from __future__ import annotations

import secrets
import string
import zlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import delete, insert, select, update

from nephoscope.store.ledger import upsert
from nephoscope.store.portal_tables import ATTEMPTS, CHALLENGES, SESSIONS, TOKENS
from nephoscope.store.users import hashed

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOKEN_LONGEST = timedelta(days=366)
CHALLENGE_LASTS = timedelta(minutes=5)
PREFIX = "nph_"
RANDOM = 43
ALPHABET = string.ascii_letters + string.digits
FORGOTTEN_AFTER = timedelta(hours=1)
LONGEST_WAIT_S = 900


@dataclass(frozen=True)
class Session:
    """A signed-in browser. way: password, passkey, recovery, setup, oidc. proven_at: last proof of identity."""

    hash: str = field(repr=False)
    id: str
    user_id: str
    way: str
    ip: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    proven_at: datetime | None
    expires_at: datetime
    version: int = 1

    def ends_at(self) -> datetime:
        """When it ends, if nobody does anything more."""
        return min(self.expires_at, self.last_seen_at + IDLE)


@dataclass(frozen=True)
class Token:
    """An API token. hint: its first characters."""

    id: str
    hash: str = field(repr=False)
    user_id: str
    label: str
    scopes: tuple[str, ...]
    hint: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    version: int = 1

    def state(self, now: datetime) -> str:
        """valid, expired or revoked."""
        return "revoked" if self.revoked_at else "expired" if self.expires_at <= now else "valid"


def open_session(
    connection: Connection,
    user: str,
    way: str,
    at: datetime,
    *,
    ip: str,
    user_agent: str,
    proven_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> tuple[str, Session]:
    """A new session, and its secret, which is given back only here. Those that have ended are forgotten.

    proven_at: when the user proved who they are, if that was not now. expires_at: if it ends earlier.
    """
    connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at < at))
    secret = secrets.token_urlsafe(32)
    proven = proven_at or at
    end = expires_at or at + LONGEST
    session = Session(hashed(secret), uuid4().hex, user, way, ip, user_agent[:400], at, at, proven, end)
    connection.execute(insert(SESSIONS), {column.name: getattr(session, column.name) for column in SESSIONS.columns})
    return secret, session


def find_session(connection: Connection, secret: str, now: datetime) -> Session | None:
    """The session of a secret, while it lasts."""
    row = connection.execute(select(SESSIONS).where(SESSIONS.c.hash == hashed(secret))).one_or_none()
    session = _session(row)
    return session if session and now < session.ends_at() else None


def _session(row: Any) -> Session | None:
    return Session(**{column.name: getattr(row, column.name) for column in SESSIONS.columns}) if row else None


def get_session(connection: Connection, id_: str) -> Session | None:
    """A session by its public id."""
    row = connection.execute(select(SESSIONS).where(SESSIONS.c.id == id_)).one_or_none()
    return _session(row)


def touch_session(connection: Connection, id_: str, at: datetime) -> None:
    """Keep that it is in use."""
    connection.execute(update(SESSIONS).where(SESSIONS.c.id == id_).values(last_seen_at=at))


def end_session(connection: Connection, id_: str) -> bool:
    """End a session; False if there is none."""
    return bool(connection.execute(delete(SESSIONS).where(SESSIONS.c.id == id_)).rowcount)


def end_sessions_of(connection: Connection, user: str, but: str = "") -> int:
    """End a user's sessions, but for one."""
    gone = delete(SESSIONS).where(SESSIONS.c.user_id == user, SESSIONS.c.id != but)
    return connection.execute(gone).rowcount


def make_token(
    connection: Connection, user: str, label: str, scopes: tuple[str, ...], expires_at: datetime, at: datetime
) -> tuple[str, Token]:
    """A new API token, and its text, which is given back only here."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM))
    text = f"{PREFIX}{body}{_checksum(body)}"
    token = Token(uuid4().hex, hashed(text), user, label, scopes, text[:8], at, expires_at)
    connection.execute(insert(TOKENS), {column.name: getattr(token, column.name) for column in TOKENS.columns})
    return text, token


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"


def is_token(text: str) -> bool:
    """Whether a text can be a token of ours at all; most typing errors are seen without asking the ledger."""
    body = text.removeprefix(PREFIX)
    return len(body) == RANDOM + 8 and text.startswith(PREFIX) and body.isascii() and _checksum(body[:-8]) == body[-8:]


def find_token(connection: Connection, text: str, now: datetime) -> Token | None:
    """The token of a text, while it is valid."""
    if not is_token(text):
        return None
    row = connection.execute(select(TOKENS).where(TOKENS.c.hash == hashed(text))).one_or_none()
    token = token_of(row) if row else None
    return token if token and token.state(now) == "valid" else None


def get_token(connection: Connection, id_: str) -> Token | None:
    """A token by its public id."""
    row = connection.execute(select(TOKENS).where(TOKENS.c.id == id_)).one_or_none()
    return token_of(row) if row else None


def token_of(row: Any) -> Token:
    """A row of the tokens' table as what it says."""
    values: dict[str, Any] = {column.name: getattr(row, column.name) for column in TOKENS.columns}
    values["scopes"] = tuple(row.scopes)
    return Token(**values)


def touch_token(connection: Connection, id_: str, at: datetime) -> None:
    """Keep when it was last used."""
    connection.execute(update(TOKENS).where(TOKENS.c.id == id_).values(last_used_at=at))


def revoke_token(connection: Connection, token: Token, at: datetime) -> Token:
    """End a token."""
    values = {"revoked_at": token.revoked_at or at, "version": token.version + 1}
    connection.execute(update(TOKENS).where(TOKENS.c.id == token.id).values(**values))
    return get_token(connection, token.id) or token


def put_challenge(connection: Connection, purpose: str, user: str, body: Any, at: datetime) -> str:
    """Keep what an answer will be compared with, for five minutes; returns its id."""
    connection.execute(delete(CHALLENGES).where(CHALLENGES.c.expires_at < at))
    id_ = secrets.token_urlsafe(24)
    row = {"id": id_, "purpose": purpose, "user_id": user, "body": body, "expires_at": at + CHALLENGE_LASTS}
    connection.execute(insert(CHALLENGES), row)
    return id_


def take_challenge(connection: Connection, purpose: str, id_: str, at: datetime) -> tuple[str, Any] | None:
    """User and body of a challenge, which is then used up."""
    where = (CHALLENGES.c.id == id_, CHALLENGES.c.purpose == purpose, CHALLENGES.c.expires_at > at)
    row = connection.execute(select(CHALLENGES).where(*where)).one_or_none()
    connection.execute(delete(CHALLENGES).where(CHALLENGES.c.id == id_))
    return (row.user_id, row.body) if row else None


def count_attempt(connection: Connection, key: str, free: int, at: datetime) -> float:
    """Count an attempt to sign in, unless it comes too early: then say in how many seconds it may come.

    free: how many may fail in a row before one has to wait, twice as long each time.
    """
    row = connection.execute(select(ATTEMPTS).where(ATTEMPTS.c.key == key)).one_or_none()
    failures = row.failures if row and at - row.last_at < FORGOTTEN_AFTER else 0
    if row and failures >= free:
        wait = min(2.0 ** (failures - free), LONGEST_WAIT_S)
        left = wait - (at - row.last_at).total_seconds()
        if left > 0:
            return left
    upsert(ATTEMPTS, [{"key": key, "failures": min(failures + 1, 1_000), "last_at": at}], connection)
    return 0.0


def forgive_attempts(connection: Connection, *keys: str) -> None:
    """Forget failures: it was they after all."""
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.key.in_(keys)))


def give_back_attempt(connection: Connection, key: str) -> None:
    """One that was counted was no failure."""
    one_less = update(ATTEMPTS).where(ATTEMPTS.c.key == key, ATTEMPTS.c.failures > 0)
    connection.execute(one_less.values(failures=ATTEMPTS.c.failures - 1))


def sessions_of(connection: Connection, user: str) -> list[Session]:
    """Sessions of a user, or of all."""
    query = select(SESSIONS).order_by(SESSIONS.c.created_at, SESSIONS.c.id)
    query = query.where(SESSIONS.c.user_id == user) if user else query
    return [session for row in connection.execute(query) if (session := _session(row))]


def tokens_of(connection: Connection, user: str) -> list[Token]:
    """Tokens of a user, or of all."""
    query = select(TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.id)
    query = query.where(TOKENS.c.user_id == user) if user else query
    return [token_of(row) for row in connection.execute(query)]
