"""From a log file's delivery to the quarantine of the instance it tells of, verified by a fresh read of EC2.

Everything that `nephoscope up` runs, on a sandbox of this run's own. Credentials of instances are used from outside; a
trigger on that event runs `quarantine_instance` without asking. Delivered = the moment that S3's notification names;
quarantined = the step that isolates is verified, which reads the instance's interfaces afresh.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import Figure, percentile

AGENT = "quarantine-bench/1.0"
READ_WITHIN_S = 240
DONE_WITHIN_S = 60
PAUSE_S = 1.3
TRIGGER = """
name: quarantine_at_once
title: Quarantine at once
description: Quarantines an instance whose credentials the bench uses.
on: event
operations: [GetCallerIdentity]
when: actor_instance != "" && user_agent.startsWith("quarantine-bench")
do: {run: quarantine_instance}
with: {instance_id: "${actor_instance}"}
mode: run
dedup: [actor_instance]
limit: {runs: 1000, per_s: 60}
examples:
  match: [{operation: GetCallerIdentity, actor_instance: i-0123456789abcdef0, user_agent: quarantine-bench/1.0}]
  no_match: [{operation: GetCallerIdentity, user_agent: quarantine-bench/1.0}]
"""


class Quiet:
    def found(self, finding): ...

    def cannot_see(self, gap): ...

    def sees_again(self, gap): ...


def figures():
    """p50, p95 and worst of all quarantines, in seconds."""
    from nephoscope.sandbox.stage import staged
    from nephoscope.watch import watching

    with tempfile.TemporaryDirectory() as name, staged(Path(name) / "sandbox", lambda _: None) as stage:
        triggers = Path(name) / "content" / "triggers"
        triggers.mkdir(parents=True)
        (triggers / "at_once.yaml").write_text(TRIGGER)
        config = stage.config(Path(name) / "data")
        respond = replace(config.respond, triggers={}, actions_per_hour=100_000)
        config = replace(config, content=(triggers.parent,), respond=respond)
        clouds, log_clouds = stage.clouds()
        with watching(config, clouds, Quiet(), log_clouds, stage.acting()) as watch:
            _wait(lambda: watch.has_read_all, READ_WITHIN_S)
            machines = _abuse(stage)
            _wait(lambda: len(_isolated(watch)) >= len(machines), DONE_WITHIN_S)
            isolated, delivered = _isolated(watch), _delivered(watch)
    took = [(at - delivered[id]).total_seconds() for id, at in isolated.items() if id in delivered]
    return [
        Figure("load of the last minute", os.getloadavg()[0], ""),
        Figure("instances whose credentials were used", len(machines), "instances"),
        Figure("log file delivered → quarantine verified by a fresh read", len(took), "instances", len(machines), True),
        Figure("… p50", percentile(took, 0.5), "s"),
        Figure("… p95", percentile(took, 0.95), "s", 6),
        Figure("… worst", max(took), "s"),
    ]


def _wait(is_so, within_s):
    end = time.monotonic() + within_s
    while not is_so() and time.monotonic() < end:
        time.sleep(0.1)


def _abuse(stage):
    """Use the credentials of every instance of one region that has some; returns the instances."""
    from nephoscope.model.errors import StoreError
    from nephoscope.sandbox.company.reach import Reach, session_keys
    from nephoscope.sandbox.control import steer

    used = []
    for name, machine in stage.company.machines.items():
        if "/us-east-1/" not in name:
            continue
        try:
            forged = steer(stage.sandbox.endpoint_url, "instance-credentials", instance_id=machine.instance_id)
        except StoreError:
            continue  # it has no role
        reach = Reach(stage.sandbox.endpoint_url, session_keys(forged), "45.155.205.99", AGENT)
        reach.client("sts").get_caller_identity()
        used.append(machine.instance_id)
        time.sleep(PAUSE_S)
    return used


def _isolated(watch):
    """When the isolation of each instance was verified."""
    from nephoscope.store.runs import list_runs, run_history

    with watch.stores.ledger.read() as connection:
        return {
            run.inputs["instance_id"]: change.at
            for run in list_runs(connection, playbook="quarantine_instance")
            for change in run_history(connection, run.id)
            if (change.step, change.phase) == ("isolate", "verified")
        }


def _delivered(watch):
    """When the file that holds the event of each instance was delivered."""
    from nephoscope.store.seen import seen_since

    rows = watch.stores.lake.rows(
        "SELECT `actor.session.uid` AS session, `origin.object` AS object FROM events "
        "WHERE `api.operation` = 'GetCallerIdentity' AND `http_request.user_agent` LIKE 'quarantine-bench%'"
    )
    with watch.stores.ledger.read() as connection:
        since = datetime.now(UTC).replace(hour=0, minute=0)
        at = {read.object.uri: read.object.delivered_at for read in seen_since(connection, "trail", since)}
    return {row["session"].rpartition(":")[2]: at[row["object"]] for row in rows}
