"""The sandbox as a stage: a company that is watched, and incidents that play in it by themselves."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from nephoscope import plugins
from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.config import Account, Config, Pace, Respond
from nephoscope.model.errors import Refused, StoreError
from nephoscope.model.waiver import Waiver
from nephoscope.respond.playbook import load_playbooks
from nephoscope.respond.trigger import load_triggers
from nephoscope.sandbox.company import Company, keep, seed
from nephoscope.sandbox.company.organisation import RESPOND_ROLE
from nephoscope.sandbox.control import start
from nephoscope.sandbox.journal import own
from nephoscope.store.waivers import approve_waiver, get_waiver, propose_waiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from nephoscope.sandbox.control import Sandbox

PLAYED = "played.json"
FREE_WITHIN_S = 5.0
LOOK_S = 0.1
ENDPOINT = "endpoint.json"
FIRST = "leaked_access_key"
WAIVER = "response-roles"
ACCEPTED = (
    "rule == 'iam_policy_opens_no_way_to_more_privileges' && resource_type == 'AWS::IAM::Role'"
    f" && resource_id.startsWith('{RESPOND_ROLE.partition('{')[0]}')"
)
ACCEPTED_FOR = timedelta(days=180)
WHY = (
    "A role that hangs a denial on other roles and users can hang a permission on them too: IAM has no condition on "
    "what an inline policy says. They cannot change themselves, and only the security account assumes them, with an "
    "external id."
)
CALLS_PER_S = 200.0
PACE = Pace(collect_s=0.5, inventory_s=300.0, completeness_s=20.0)


@dataclass(frozen=True)
class Stage:
    """A sandbox that runs, with its company."""

    sandbox: Sandbox
    company: Company
    folder: Path

    def config(self, data: Path) -> Config:
        """What a user would write to watch this company."""
        logs = self.company.logs
        home = {"account": self.company.security.id, "region": self.company.regions[0]}
        return Config(
            data=data,
            pace=PACE,
            respond=Respond(triggers={name: "propose" for name in load_triggers(load_playbooks().by_name).by_name}),
            accounts={
                each.name: Account(
                    each.id,
                    role_arn=each.role_arn(self.company.read_role),
                    regions=self.company.regions,
                    respond_role=each.role_arn(self.company.respond_role),
                )
                for each in self.company.accounts
            },
            sources={
                "trail": {"type": "aws_cloudtrail", "bucket": logs.trail_bucket, "queue": logs.trail_queue_url, **home},
                "flows": {"type": "aws_vpc_flow", "bucket": logs.flow_bucket, "queue": logs.flow_queue_url, **home},
            },
        )

    def clouds(self) -> tuple[Clouds, Clouds]:
        """Reach of the accounts through their read roles, and of the logs as the product's own user."""
        keys = self.company.product
        own = AwsAccount(self.company.security.id, access_key_id=keys.access_key_id, secret_access_key=keys.secret)
        read = [replace(own, id=each.id, role=each.role_arn(self.company.read_role)) for each in self.company.accounts]
        url = self.sandbox.endpoint_url
        return Clouds(Aws(tuple(read), url, calls_per_s=CALLS_PER_S)), Clouds(Aws((own,), url, calls_per_s=CALLS_PER_S))

    def acting(self) -> Callable[[str, str], Aws]:
        """Reach of the accounts through the roles of the actions."""
        keys, url = self.company.product, self.sandbox.endpoint_url
        own = AwsAccount(self.company.security.id, access_key_id=keys.access_key_id, secret_access_key=keys.secret)
        pattern = {each.id: each.role_arn(self.company.respond_role) for each in self.company.accounts}

        def aws_for(action: str, account: str) -> Aws:
            if account not in pattern:
                raise Refused(f"account {account} is not one of this company")
            role = pattern[account].replace("{action}", action)
            return Aws(
                (replace(own, id=account, role=role, external_id=self.company.external_id),),
                url,
                calls_per_s=CALLS_PER_S,
            )

        return cache(aws_for)

    def accept_risks(self, connection: Connection) -> None:
        """Waive, as the company's people did, what its own response roles can do beyond their purpose; once."""
        if get_waiver(connection, WAIVER) is None:
            now = datetime.now(UTC)
            asked = Waiver(WAIVER, ACCEPTED, WHY, "security", "mira", now, now + ACCEPTED_FOR)
            propose_waiver(connection, asked, now)
            approve_waiver(connection, WAIVER, "tomas", now)

    def next_incident(self) -> str:
        """The name of an incident that has not played in this sandbox yet; empty when all have."""
        played = self.played()
        names = sorted(incidents(), key=lambda name: (name != FIRST, name))
        return next((name for name in names if name not in played), "")

    def play(self, name: str, pace_s: float, tell: Callable[[str], None]) -> list[str]:
        """Play an incident; it counts as played from its first step."""
        (self.folder / PLAYED).write_text(json.dumps([*self.played(), name]))
        return incidents()[name](self.sandbox.endpoint_url, company=self.company, pace_s=pace_s, tell=tell)

    def played(self) -> list[str]:
        """Names of incidents that have played in this sandbox, in order."""
        file = self.folder / PLAYED
        return json.loads(file.read_text()) if file.exists() else []


def incidents() -> Mapping[str, Callable[..., list[str]]]:
    """Every incident's `play`, by name."""
    return plugins.load("nephoscope.sandbox.incidents", _play)


def _play(value: Any) -> Callable[..., list[str]] | None:
    return value if getattr(value, "__name__", "") == "play" else None


@contextmanager
def staged(folder: Path, tell: Callable[[str], None]) -> Iterator[Stage]:
    """Run a sandbox in a folder, seeded, as long as the block lasts.

    A seeding that was interrupted is begun anew, in an empty sandbox. Raises StoreError, and touches nothing, while
    another process runs a sandbox in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = folder / "aws"
    if state.exists():
        _wait_until_free(state)
        if not (state / keep.FILE).exists():
            shutil.rmtree(state)
    with start(state) as sandbox:
        if not (state / keep.FILE).exists():
            company = seed(sandbox.endpoint_url, progress=lambda what: tell(f"building the company: {what}"))
            keep.keep(company, state)
        company = keep.recall(state, sandbox.endpoint_url)
        (state / ENDPOINT).write_text(json.dumps({"endpoint_url": sandbox.endpoint_url, "pid": sandbox.pid}))
        yield Stage(sandbox, company, folder)


def _wait_until_free(folder: Path) -> None:
    """Give a sandbox whose parent was killed the moment it takes to end. Raises StoreError if one goes on."""
    end = time.monotonic() + FREE_WITHIN_S
    while True:
        try:
            os.close(own(folder))
        except StoreError:
            if time.monotonic() > end:
                raise
            time.sleep(LOOK_S)
        else:
            return
