"""Users, sessions, tokens, passkeys, views, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Json, Page, Shape

Role = Literal["viewer", "analyst", "responder", "author", "admin", "auditor"]
Name = Field(min_length=1, max_length=200)
Secret = Field(min_length=12, max_length=1_000)


class SignInWays(Shape):
    """How one can sign in here. needs_setup: nobody can yet; the setup link makes the first user."""

    password: bool = True
    passkey: bool = True
    oidc: str | None = Field(
        default=None, description="Name of the identity provider; begin at /api/v1/auth/oidc/begin."
    )
    needs_setup: bool


class Setup(Shape):
    """The first administrator, made with the token of the one-time link."""

    token: str = Field(max_length=200)
    name: str = Name
    password: str = Secret


class PasswordSignIn(Shape):
    """Name and password."""

    name: str = Name
    password: str = Field(min_length=1, max_length=1_000)


class RecoverySignIn(Shape):
    """Name and one of the recovery codes; each is good once."""

    name: str = Name
    code: str = Field(min_length=1, max_length=100)


class StepUp(Shape):
    """Prove again who you are: by password; a passkey does it by its own route."""

    password: str = Field(min_length=1, max_length=1_000)


class NewPassword(Shape):
    """A changed password."""

    password: str = Secret


class PasskeyOptions(Shape):
    """What `navigator.credentials` is called with: `parse…OptionsFromJSON(options)`. challenge: send it back."""

    challenge: str
    options: Json


class PasskeyAnswer(Shape):
    """What `navigator.credentials` gave, by `toJSON()`."""

    challenge: str = Field(max_length=200)
    credential: dict[str, Any]
    label: str = Field(default="", max_length=100)


class PasskeyRow(Shape):
    """A passkey of one's own."""

    id: str
    label: str
    created_at: datetime
    last_used_at: datetime | None


class PasskeyPage(Page[PasskeyRow]):
    """Passkeys."""


class RecoveryCodes(Shape):
    """Shown once."""

    codes: list[str]


class Me(Shape):
    """Who asks, and what they may do."""

    id: str
    name: str
    roles: list[Role]
    accounts: list[str] = Field(description='Ids of accounts in scope; ["*"] for all.')
    permissions: list[str]
    is_fresh: bool = Field(description="Whether a step-up is recent enough for approvals, tokens and users.")
    passkeys: int
    is_local: bool
    expires_at: datetime | None
    is_sandbox: bool
    preferences: Json


class Preferences(Shape):
    """What the client keeps for a user: columns, density, theme; at most 64 kB."""

    preferences: Json


class UserRow(Shape):
    """A user. accounts: ids in scope, or ["*"]."""

    id: str
    name: str
    roles: list[Role]
    accounts: list[str]
    is_disabled: bool
    is_local: bool
    issuer: str
    created_at: datetime
    last_seen_at: datetime | None
    passkeys: int
    version: int
    can: list[str]


class UserPage(Page[UserRow]):
    """Users."""


class NewUser(Shape):
    """A user to make; they choose their password through the link that is given back."""

    name: str = Name
    roles: list[Role] = Field(min_length=1)
    accounts: list[str] = Field(min_length=1, max_length=1_000)


class Invited(Shape):
    """A new user, and the one-time link by which they choose a password; shown once."""

    user: UserRow
    link: str
    expires_at: datetime


class UserPatch(Shape):
    """What to change of a user; what is left out stays."""

    roles: list[Role] | None = Field(default=None, min_length=1)
    accounts: list[str] | None = Field(default=None, min_length=1, max_length=1_000)
    is_disabled: bool | None = None


class SessionRow(Shape):
    """A signed-in browser."""

    id: str
    user: str
    user_name: str
    way: str
    ip: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool
    version: int


class SessionPage(Page[SessionRow]):
    """Sessions."""


class TokenRow(Shape):
    """An API token; its text is shown once, when it is made."""

    id: str
    label: str
    user: str
    user_name: str
    scopes: list[str]
    hint: str = Field(description="Its first characters.")
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    state: Literal["valid", "expired", "revoked"]
    version: int


class TokenPage(Page[TokenRow]):
    """Tokens."""


class NewToken(Shape):
    """A token to make. scopes: permissions, each of them one's own."""

    label: str = Name
    scopes: list[str] = Field(min_length=1, max_length=50)
    expires_at: datetime


class MadeToken(Shape):
    """A token and its text; shown once."""

    token: TokenRow
    secret: str


class ViewRow(Shape):
    """A list as somebody likes to see it. page: findings, items, …; body: the client's own."""

    id: str
    page: str
    name: str
    q: str
    sort: str
    columns: list[str]
    body: Json
    is_shared: bool
    is_default: bool
    owner: str
    version: int
    can: list[str]


class ViewPage(Page[ViewRow]):
    """Saved views: one's own, and those that are shared."""


class ViewBody(Shape):
    """A saved view."""

    page: str = Field(min_length=1, max_length=50, pattern=r"^[a-z_]+$")
    name: str = Name
    q: str = Field(default="", max_length=4_000)
    sort: str = Field(default="", max_length=100)
    columns: list[str] = Field(default=[], max_length=100)
    body: Json = {}
    is_shared: bool = False
    is_default: bool = False


class AuditRow(Shape):
    """What somebody did; each row's hash covers the row before it."""

    number: int
    at: datetime
    user: str
    user_name: str
    way: str = Field(description="session, token, setup, command.")
    ip: str
    action: str
    object: str
    outcome: str
    detail: Json
    hash: str


class AuditPage(Page[AuditRow]):
    """The audit log, the newest first."""


class AuditState(Shape):
    """Whether the audit log's chain is whole. broken_at: number of the first row that does not fit."""

    is_whole: bool
    rows: int
    broken_at: int | None
    head: str
