"""The portal's tables in the ledger: who may sign in, what they did, what they keep."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

from nephoscope.store.tables import Json, Moment, Text, define

USERS = define(
    "portal_users",
    "id",
    id=Text,
    login=Text,
    name=Text,
    roles=Json,
    accounts=Json,
    password=Text,
    issuer=Text,
    subject=Text,
    is_disabled=Integer,
    created_at=Moment,
    last_seen_at=Moment,
    preferences=Json,
    version=Integer,
)
PASSKEYS = define(
    "portal_passkeys",
    "id",
    id=Text,
    user_id=Text,
    public_key=Text,
    sign_count=BigInteger,
    label=Text,
    created_at=Moment,
    last_used_at=Moment,
)
RECOVERY_CODES = define("portal_recovery_codes", "hash", hash=Text, user_id=Text, used_at=Moment)
SESSIONS = define(
    "portal_sessions",
    "hash",
    hash=Text,
    id=Text,
    user_id=Text,
    way=Text,
    ip=Text,
    user_agent=Text,
    created_at=Moment,
    last_seen_at=Moment,
    proven_at=Moment,
    expires_at=Moment,
    version=Integer,
)
TOKENS = define(
    "portal_tokens",
    "id",
    id=Text,
    hash=Text,
    user_id=Text,
    label=Text,
    scopes=Json,
    hint=Text,
    created_at=Moment,
    expires_at=Moment,
    last_used_at=Moment,
    revoked_at=Moment,
    version=Integer,
)
LINKS = define("portal_links", "hash", hash=Text, purpose=Text, user_id=Text, made_at=Moment, expires_at=Moment)
CHALLENGES = define("portal_challenges", "id", id=Text, purpose=Text, user_id=Text, body=Json, expires_at=Moment)
ATTEMPTS = define("portal_attempts", "key", key=Text, failures=Integer, last_at=Moment)
AUDIT = define(
    "portal_audit",
    "number",
    number=BigInteger,
    at=Moment,
    user_id=Text,
    user_name=Text,
    way=Text,
    ip=Text,
    action=Text,
    object=Text,
    outcome=Text,
    detail=Json,
    hash=Text,
)
VIEWS = define(
    "portal_views",
    "id",
    id=Text,
    owner_id=Text,
    owner=Text,
    page=Text,
    name=Text,
    q=Text,
    sort=Text,
    columns_=Json,
    body=Json,
    is_shared=Integer,
    is_default=Integer,
    created_at=Moment,
    version=Integer,
)
IDEMPOTENCY = define("portal_idempotency", "key", key=Text, digest=Text, status=Integer, body=Text, made_at=Moment)
FINDING_NOTES = define("finding_notes", "id", id=Text, finding=Text, kind=Text, by_name=Text, made_at=Moment, text=Text)
