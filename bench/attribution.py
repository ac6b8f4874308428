"""Who did it: the sandbox's scripted changes, and how many of them are attributed to the event that made them.

The company's people and programs make more than a hundred changes; what each write event touched is read again, and
the change is attributed from the events alone. The script's own record of who did what is the judge.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figure import Figure
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.inventory.attribute import attribute
from nephoscope.inventory.engine import Inventory, Plan, read_one, readers
from nephoscope.inventory.touched import also_touched, touched
from nephoscope.model.change import changes as differences
from nephoscope.sandbox import changes
from nephoscope.sandbox.caller import root_access_key_id
from nephoscope.sandbox.company import seed
from nephoscope.sandbox.control import start

PACE_S = 1.5
REGIONS = ("us-east-1", "eu-west-1")


class Watcher:
    """Reads again what events touched, and says who made each change."""

    def __init__(self, aws, items):
        self.aws, self.items = aws, items
        self.since = datetime.now(UTC) - timedelta(seconds=2)
        self.events, self.seen, self.open, self.made = [], set(), [], []
        self.explained = defaultdict(set)

    def look(self, pool):
        new = sorted(self._new(pool), key=lambda record: record["eventTime"])
        self.events += new
        waiting, self.open = self.open, []
        for one in waiting:
            self._attribute(*one)
        queue = list(dict.fromkeys(key for record in new for key in touched(record)))
        for key in queue:
            queue += self._refresh(key)

    def _new(self, pool):
        places = [(account, region) for account in self.aws.account_ids() for region in REGIONS]
        for page in pool.map(self._page, places):
            for event in page["Events"]:
                record = json.loads(event["CloudTrailEvent"])
                is_new = record["eventID"] not in self.seen
                self.seen.add(record["eventID"])
                if is_new and record["userIdentity"].get("type") != "Root" and not record["readOnly"]:
                    yield record

    def _page(self, place):
        since = max(self.since, datetime.now(UTC) - timedelta(seconds=20))
        where = {"account": place[0], "region": place[1]}
        return self.aws.call("cloudtrail", "LookupEvents", StartTime=since, MaxResults=50, **where)

    def _refresh(self, key):
        listing = read_one(self.aws, key)
        item = listing.items[0] if listing.items else None
        key = item.key if item else key
        before = self.items.pop(key, None)
        if item:
            self.items[key] = item
        if (before or item) and not (before and item and not differences(before, item)):
            self._attribute(key, before, item)
        return also_touched(before, item)

    def _attribute(self, key, before, item, *, is_last=False):
        found = attribute(before, item, self.events, self.explained[key])
        if not is_last and not all(one.event for one in found):
            self.open.append((key, before, item))
            return
        self.made += [(key, one) for one in found]
        self.explained[key] |= {one.event["eventID"] for one in found if one.event}

    def finish(self):
        for one in self.open:
            self._attribute(*one, is_last=True)


def figures():
    with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as sandbox, ThreadPoolExecutor(8) as pool:
        company = seed(sandbox.endpoint_url)
        accounts = (
            AwsAccount(each.id, access_key_id=root_access_key_id(each.id), secret_access_key="sandbox")
            for each in company.accounts
        )
        aws = Aws(tuple(accounts), sandbox.endpoint_url, calls_per_s=500)
        plan = Plan(tuple(readers().values()), {each.id: company.regions for each in company.accounts})
        listings = list(Inventory(aws, plan).run())
        watcher = Watcher(aws, {item.key: item for listing in listings for item in listing.items})
        over = threading.Event()
        watching = pool.submit(lambda: [watcher.look(pool) for _ in iter(lambda: over.wait(0.1), True)])
        truth = changes.play(sandbox.endpoint_url, company=company, pace_s=PACE_S)
        over.wait(5)
        over.set()
        watching.result()
        watcher.finish()
    return judge(truth, watcher.made)


def judge(truth, made):
    """How many of the true changes were attributed, and how many attributions name who did not do it."""
    right, wrong = set(), 0
    for key, one in made:
        if one.event is None:
            continue
        by = one.event["userIdentity"]["arn"]
        true = [
            number
            for number, each in enumerate(truth)
            if (each.event_name, each.actor) == (one.event["eventName"], by) and _at(each, one.event)
        ]
        right |= {number for number in true if (truth[number].type, truth[number].id) == (key[2], key[3])}
        wrong += not true
    return [
        Figure("scripted changes attributed to the event that made them", 100 * len(right) / len(truth), "%", 95, True),
        Figure("changes attributed to who did not make them", wrong, "changes", 0),
        Figure("scripted changes", len(truth), "changes"),
    ]


def _at(change, event):
    return abs(datetime.fromisoformat(event["eventTime"]) - change.at) <= timedelta(seconds=2)
