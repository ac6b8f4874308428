"""The tables of evidence as SQLAlchemy names them; `migrations/evidence.py` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger

from nephoscope.store.tables import Moment, Text, define

CASES = define("evidence_cases", "run", run=Text, name=Text, finding=Text, place=Text, made_at=Moment, sealed_at=Moment)
CAPTURES = define(
    "evidence_captures",
    "key",
    key=Text,
    run=Text,
    name=Text,
    sha256=Text,
    size_bytes=BigInteger,
    media_type=Text,
    source=Text,
    captured_at=Moment,
)
MANIFESTS = define(
    "evidence_manifests",
    "number",
    number=BigInteger,
    run=Text,
    sha256=Text,
    previous=Text,
    key_id=Text,
    made_at=Moment,
    envelope=Text,
)
KEYS = define("evidence_keys", "id", id=Text, pem=Text, made_at=Moment)
CUSTODY = define(
    "custody",
    "run number",
    run=Text,
    number=BigInteger,
    at=Moment,
    who=Text,
    what=Text,
    detail=Text,
    previous=Text,
    digest=Text,
)
