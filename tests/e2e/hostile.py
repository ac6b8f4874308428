"""What people write into names, tags and clients, to see what becomes of it.

Source: the Big List of Naughty Strings, https://github.com/minimaxir/big-list-of-naughty-strings
"""

from datetime import timedelta

import pyarrow as pa

from nephoscope.model.finding import Actor, ResourceRef
from nephoscope.store.events import insert_events
from nephoscope.store.findings import upsert_findings
from nephoscope.store.items import insert_revisions
from tests.portal.conftest import ONE, bucket, revision
from tests.store.samples import NOON, detection

STRINGS = (
    "<script>window.pwned = 1</script>",
    "<img src=x onerror=window.pwned=1>",
    '"><svg onload=window.pwned=1>',
    "javascript:window.pwned=1",
    "{{constructor.constructor('window.pwned=1')()}}",
    "${window.pwned=1}",
    "'; DROP TABLE findings; --",
    "=cmd|' /C calc'!A0",
    "\u202eright to left\u202c",
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤",
    "👩‍👩‍👧‍👦 😀 田中さん بِسْمِ",
    "a" * 600,
    'severity:"high" or (1:1) -x \\ *',
    "%00 %2e%2e%2f ../../etc/passwd",
    "__proto__",
)
CLIENT = STRINGS[1]


def seed_hostile(lake, ledger, texts=STRINGS, mark="hostile"):
    """Resources, events and findings that carry all of these texts, each in each of its fields."""
    items = [
        revision(
            bucket(
                {"Text": text, text[:60]: {"inner": [text]}},
                NOON + timedelta(minutes=number),
                name=text[:200],
            )
        )
        for number, text in enumerate(texts)
    ]
    insert_revisions(lake, items, mark)
    count = len(texts)
    texts = list(texts)
    insert_events(
        lake,
        pa.table(
            {
                "time": pa.array([NOON + timedelta(minutes=each) for each in range(count)], pa.timestamp("ms", "UTC")),
                "metadata.uid": [f"{mark}{each}" for each in range(count)],
                "metadata.log_name": ["aws_cloudtrail"] * count,
                "cloud.account.uid": [ONE] * count,
                "api.operation": texts,
                "actor.user.uid": texts,
                "http_request.user_agent": texts,
                "api.response.error": texts,
                "resource_uids": pa.array([[text] for text in texts], pa.list_(pa.string())),
                "origin.object": ["s3://trail/file.json.gz"] * count,
                "origin.index": pa.array(list(range(count)), pa.uint32()),
            }
        ),
        mark,
    )
    with ledger.write() as connection:
        upsert_findings(
            connection,
            [
                detection(
                    subject=(f"{mark}{number}",),
                    title=text[:200],
                    reason=text,
                    actor=Actor(uid=text, type="IAMUser", name=text, ip="203.0.113.9", user_agent=text),
                    resource=ResourceRef("AWS::S3::Bucket", text[:200], ONE, "eu-west-1"),
                    tags=(text[:100],),
                )
                for number, text in enumerate(texts)
            ],
        )
