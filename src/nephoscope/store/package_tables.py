"""The tables of packages as SQLAlchemy names them; `migrations/packages.py` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

from nephoscope.store.tables import Json, Moment, Text, define

PACKAGES = define(
    "packages",
    "id",
    id=BigInteger,
    ecosystem=Text,
    name=Text,
    version=Text,
    source=Text,
    source_version=Text,
    module=Text,
    is_judged=Integer,
)
SETS = define("package_sets", "digest", digest=Text, ids=Text, count=BigInteger, made_at=Moment)
LOOKS = define(
    "looks",
    "key",
    key=Text,
    type=Text,
    id=Text,
    account=Text,
    region=Text,
    name=Text,
    looked_by=Text,
    digest=Text,
    looked_at=Moment,
    cause=Text,
    told=Text,
)
VULNERABILITIES = define(
    "vulnerabilities",
    "package advisory feed",
    package=BigInteger,
    advisory=Text,
    feed=Text,
    aliases=Json,
    fixed=Text,
    severity=Text,
    found_at=Moment,
    state=Text,
    related=Json,
    cvss=Text,
)
FETCHES = define(
    "feed_fetches",
    "name",
    name=Text,
    tried_at=Moment,
    checked_at=Moment,
    cause=Text,
    parts=Json,
)
EXPLOITATION = define("exploitation", "cve", cve=Text, kev=Json, epss=Json)
SURROUNDINGS = define("surroundings", "key", key=Text, body=Json)
VEX = define(
    "vex",
    "key",
    key=Text,
    document=Text,
    vulnerability=Text,
    aliases=Json,
    product=Text,
    component=Text,
    status=Text,
    justification=Text,
    said=Text,
    at=Text,
)
VEX_DOCUMENTS = define(
    "vex_documents",
    "digest",
    digest=Text,
    id=Text,
    format=Text,
    author=Text,
    statements=BigInteger,
    imported_by=Text,
    imported_at=Moment,
    withdrawn_by=Text,
    withdrawn_at=Moment,
)
FEEDS = define(
    "advisory_feeds",
    "name",
    name=Text,
    file=Text,
    sha256=Text,
    advisories=BigInteger,
    newest_at=Text,
    imported_at=Moment,
    judged=Text,
)
DISK_SCANS = define(
    "disk_scans",
    "token",
    token=Text,
    target=Text,
    type=Text,
    id=Text,
    account=Text,
    region=Text,
    name=Text,
    is_kept=Integer,
    is_granted=Integer,
    made_at=Moment,
    holder=Text,
    held_until=Moment,
)
