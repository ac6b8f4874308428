"""The portal with 50,000 findings: what the server takes for facets, pages and searches, through the whole app."""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figure import Figure, percentile

FINDINGS = 50_000
TIMES = 15
URL = "https://localhost"
QUERIES = (
    ("first page of open findings", "findings?q=status:open", 150),
    ("… the gravest first", "findings?q=status:open&sort=-severity,-last_seen_at", 150),
    ("… of one account and two severities", "findings?q=status:open account:1000000000{n:02} severity:>=high", 150),
    ("… by a word", "findings?q=bucket-{n}", 150),
    ("… by text in the title, 43,000 matches", "findings?q=title:public status:open", None),
    ("facets of open findings", "findings/facets?q=status:open", 150),
    ("… of one account", "findings/facets?q=status:open account:1000000000{n:02}", 150),
    ("… by a word, never asked before", "findings/facets?q=bucket-{n}", 150),
    ("… of the last day, never asked before", "findings/facets?q=last_seen:>-{n}h", 150),
)


def figures():
    """CPU of the server, 95th percentile of fifteen asks of each kind; the filter differs where it says {n}.

    CPU, because that is what the server takes however busy the machine is; wall is the same where it is not.
    """
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measured(Path(folder)))


async def _measured(folder):
    import httpx

    from nephoscope.portal.app import make_app

    portal, secret = _seeded(folder)
    transport = httpx.ASGITransport(make_app(portal))
    headers = {"Authorization": f"Bearer {secret}"}
    found = []
    async with httpx.AsyncClient(transport=transport, base_url=f"{URL}/api/v1/", headers=headers) as client:
        cold = await _ask(client, "findings/facets?q=")
        found.append(Figure("facets, the first time since a finding changed", cold, "ms", 150))
        for what, path, target in QUERIES:
            took = [await _ask(client, path.format(n=n % 20 if "account" in path else n + 1)) for n in range(TIMES)]
            found.append(Figure(f"{what}, p95", percentile(took, 0.95), "ms", target))
        took = await _pages(client)
        found.append(Figure("next page, p95 of forty", percentile(took, 0.95), "ms", 150))
    return found


async def _ask(client, path):
    began = time.process_time()
    answer = await client.get(path)
    took = (time.process_time() - began) * 1000
    answer.raise_for_status()
    return took


async def _pages(client):
    took, cursor = [], ""
    for _ in range(40):
        began = time.process_time()
        answer = (await client.get("findings", params={"q": "status:open", "limit": 200, "cursor": cursor})).json()
        took.append((time.process_time() - began) * 1000)
        cursor = answer["next"]
    return took


def _seeded(folder):
    """A portal whose ledger holds the findings, and an administrator's token."""
    from nephoscope.config import Config, PortalSettings
    from nephoscope.detect.rule import RuleSet
    from nephoscope.portal.context import Portal, secret_of
    from nephoscope.store.findings import upsert_findings
    from nephoscope.store.ledger import open_ledger
    from nephoscope.store.sessions import make_token
    from nephoscope.store.users import new_user, put_user

    ledger = open_ledger(str(folder / "ledger.db"))
    now = datetime.now(UTC)
    for start in range(0, FINDINGS, 5_000):
        with ledger.write() as connection:
            upsert_findings(connection, [_finding(number, now) for number in range(start, start + 5_000)], now)
    with ledger.write() as connection:
        user = put_user(connection, new_user("bench", ("admin",), ("*",), now))
        secret, _ = make_token(connection, user.id, "bench", ("read",), now + timedelta(days=1), now)
    config = Config(folder, portal=PortalSettings(public_url=URL))
    return Portal(None, ledger, config, RuleSet(), secret=secret_of(ledger)), secret


def _finding(number, now):
    from nephoscope.model.finding import Actor, Finding, Kind, ResourceRef, Severity

    kind = list(Kind)[number % 4]
    types = ("AWS::S3::Bucket", "AWS::EC2::Instance", "AWS::IAM::User", "AWS::IAM::Role", "AWS::KMS::Key")
    account, region = f"1000000000{number % 20:02}", f"eu-west-{number % 5}"
    return Finding(
        kind,
        f"rule_{number % 120}",
        "S3 bucket blocks public access" if number % 7 else "CloudTrail logging stopped",
        list(Severity)[number * 7 % 5],
        (str(number),),
        now - timedelta(minutes=number),
        reason="BlockPublicAcls is off, and so are three more of the four settings",
        resource=ResourceRef(types[number % 5], f"bucket-{number}", account, region),
        actor=Actor(uid=f"arn:aws:iam::{account}:user/u{number % 300}", name=f"u{number % 300}"),
        detail={"why": "anybody reads what lies in it " * 5, "fix": "set all four " * 5},
    )
