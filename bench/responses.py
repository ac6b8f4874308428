"""Playbooks killed with SIGKILL at random moments: no run lost, every quarantine whole or taken back.

A sandbox with instances in it. Runs that quarantine them are asked for, taken back, asked for again; some cannot
succeed, since a step of theirs is refused, and put back what they did. The process that drives them is killed at a
random moment and another goes on. At the end every run has ended, a fresh read of each instance says that it is either
isolated or as it was before, and every run's sealed evidence is whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure, environment

KILLS = 500
INSTANCES = 4
ACCOUNT = "111111111111"
REGION = "us-east-1"
LONGEST_LIFE_S = 1.2
DRIVERS = 3
WARM = (
    ("ec2", "DescribeInstances"),
    ("iam", "ListRoles"),
    ("autoscaling", "DescribeAutoScalingInstances"),
    ("elbv2", "DescribeTargetGroups"),
    ("ssm", "DescribeInstanceInformation"),
)


def figures():
    """Kill those who drive runs, and say what became of the runs."""
    with tempfile.TemporaryDirectory(prefix="nephoscope-responses-") as folder:
        found = trial(Path(folder), KILLS, seed=20261127, within_s=3600)
    return [
        Figure("kill -9 of running playbooks at random moments", found["kills"], "kills", KILLS, at_least=True),
        Figure("… of them while a run was under way", found["in_the_middle"], "kills"),
        Figure("… of them after which a run stood elsewhere than before", found["moved"], "kills"),
        Figure("runs asked for", found["runs"], "runs"),
        Figure("runs lost or never ended", found["lost"], "runs", 0),
        Figure("runs done / reverted", found["done"] + found["reverted"], "runs"),
        Figure("instances left half-done", found["half_done"], "instances", 0),
        Figure("runs whose evidence is not whole", found["evidence_broken"], "runs", 0),
    ]


def trial(folder, kills, seed, within_s):
    """Kill and go on so many times; returns what was counted at the end."""
    from nephoscope.sandbox.control import start
    from nephoscope.sandbox.pace import Pace

    folder.mkdir(parents=True, exist_ok=True)
    with start(folder / "aws", pace=Pace(3600.0, 3600.0)) as sandbox:
        return Trial(folder, sandbox.endpoint_url, random.Random(seed), time.monotonic() + within_s).go(kills)


def reach(endpoint_url):
    """AWS as the account's root user."""
    from nephoscope.clouds.aws import Aws, AwsAccount

    keys = {"access_key_id": f"AKIAROOT{ACCOUNT}", "secret_access_key": "sandbox"}
    return Aws((AwsAccount(ACCOUNT, **keys),), endpoint_url, calls_per_s=10_000)


def ask(aws, service, operation, **params):
    return aws.call(service, operation, region=REGION, account=ACCOUNT, **params)


@dataclass
class Trial:
    """Asks for runs, and kills who drives them."""

    folder: Path
    endpoint_url: str
    chance: random.Random
    end: float

    def go(self, kills):
        from nephoscope.store.ledger import open_ledger

        self.aws = reach(self.endpoint_url)
        self.instances = [self._launch(number) for number in range(INSTANCES)]
        self.before = {each: self._look(each) for each in self.instances}
        asked, done, middle, moved = set(), 0, 0, 0
        with open_ledger(str(self.folder / "ledger.sqlite")) as ledger:
            while done < kills and time.monotonic() < self.end:
                asked |= self._ask(ledger)
                before = self._standing(ledger)
                with self._worker() as worker:
                    worker.stdout.readline()  # it drives from here on
                    time.sleep(self.chance.uniform(0, LONGEST_LIFE_S))
                    worker.kill()
                done += 1
                middle += bool(self._unended(ledger))
                moved += self._standing(ledger) != before
            self._finish(ledger)
            return {"kills": done, "in_the_middle": middle, "moved": moved, **self._counted(ledger, asked)}

    def _launch(self, number):
        vpc = ask(self.aws, "ec2", "CreateVpc", CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
        subnet = ask(self.aws, "ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"10.{number}.1.0/24")["Subnet"]["SubnetId"]
        web = ask(self.aws, "ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
        image = ask(self.aws, "ec2", "RegisterImage", Name=f"b{number}", RootDeviceName="/dev/sda1")["ImageId"]
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        name = f"web{number}"
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        ask(self.aws, "iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document)
        ask(self.aws, "iam", "CreateInstanceProfile", InstanceProfileName=name)
        ask(self.aws, "iam", "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=name)
        card = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [web]}
        launch = {"InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "NetworkInterfaces": [card]}
        made = ask(self.aws, "ec2", "RunInstances", ImageId=image, IamInstanceProfile={"Name": name}, **launch)
        return made["Instances"][0]["InstanceId"]

    def _look(self, instance):
        """All of an instance that a quarantine changes, read afresh."""
        found = ask(self.aws, "ec2", "DescribeInstances", InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        kept = ask(self.aws, "ec2", "DescribeInstanceAttribute", InstanceId=instance, Attribute="disableApiTermination")
        role = found["IamInstanceProfile"]["Arn"].rpartition("/")[2]
        return {
            "groups": [sorted(g["GroupId"] for g in card["Groups"]) for card in found["NetworkInterfaces"]],
            "protected": kept["DisableApiTermination"]["Value"],
            "metadata": found.get("MetadataOptions", {}).get("HttpEndpoint", "enabled"),
            "policies": sorted(ask(self.aws, "iam", "ListRolePolicies", RoleName=role)["PolicyNames"]),
            "tags": sorted(tag["Key"] for tag in found.get("Tags", [])),
        }

    def _ask(self, ledger):
        """A run for an instance that has none under way; one that is done is mostly taken back."""
        from nephoscope.pipeline.responses import planned_run
        from nephoscope.respond.consent import reverted
        from nephoscope.respond.playbook import load_playbooks
        from nephoscope.store.runs import Superseded, add_run, keep_run, list_runs

        asked = set()
        with ledger.write() as connection:
            latest = {}
            for run in reversed(list_runs(connection, limit=100_000)):
                latest[run.inputs["instance_id"]] = run
            for instance in self.instances:
                run = latest.get(instance)
                if run is not None and not run.status.is_ended:
                    continue
                if run is not None and run.status == "done":
                    if self.chance.random() < 0.7:
                        with contextlib.suppress(Superseded):
                            keep_run(connection, reverted(run, "bench"), by="bench")
                    continue
                inputs = {"account": ACCOUNT, "region": REGION, "instance_id": instance, "volatile_budget_s": 1}
                books = load_playbooks()
                fresh = planned_run(books, "quarantine_instance", inputs, "bench", {})
                if self.chance.random() < 0.3:
                    fresh = _doomed(fresh)
                add_run(connection, fresh)
                asked.add(fresh.id)
        return asked

    def _worker(self):
        command = [sys.executable, "-m", "bench.responses", str(self.folder), self.endpoint_url]
        return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE)

    def _standing(self, ledger):
        from nephoscope.store.runs import list_runs

        with ledger.read() as connection:
            runs = list_runs(connection, limit=100_000)
        return {run.id: (run.status, [step.phase for step in run.steps]) for run in runs}

    def _unended(self, ledger):
        from nephoscope.store.runs import list_runs

        with ledger.read() as connection:
            return list_runs(connection, status=["planned", "running", "reverting"], limit=100_000)

    def _finish(self, ledger):
        """Let one process end what is left."""
        with self._worker() as worker:
            while self._unended(ledger) and time.monotonic() < self.end + 120:
                time.sleep(0.2)
            worker.send_signal(signal.SIGTERM)

    def _counted(self, ledger, asked):
        from nephoscope.store.runs import list_runs

        with ledger.read() as connection:
            runs = {run.id: run for run in list_runs(connection, limit=100_000)}
        latest = {}
        for run in sorted(runs.values(), key=lambda run: run.made_at):
            latest[run.inputs["instance_id"]] = run
        statuses = [run.status for run in runs.values()]
        return {
            "runs": len(asked),
            "lost": len(asked - set(runs)) + sum(not status.is_ended for status in statuses),
            "done": statuses.count("done"),
            "reverted": statuses.count("reverted"),
            "failed": statuses.count("failed"),
            "half_done": sum(not self._is_whole(each, latest[each]) for each in self.instances),
            "evidence_broken": self._broken(ledger, runs.values()),
        }

    def _is_whole(self, instance, run):
        """Whether an instance is as its last run says: isolated in every way, or as it was."""
        now, before = self._look(instance), self.before[instance]
        if run.status != "done":
            return now == before
        isolated = all(len(groups) == 1 for groups in now["groups"]) and now["groups"] != before["groups"]
        [group] = {group for groups in now["groups"] for group in groups}
        found = ask(self.aws, "ec2", "DescribeSecurityGroups", GroupIds=[group])["SecurityGroups"][0]
        is_empty = not found["IpPermissions"] and not found["IpPermissionsEgress"]
        denied = len(now["policies"]) == len(before["policies"]) + 1
        return isolated and is_empty and denied and now["protected"] and now["metadata"] == "disabled"

    def _broken(self, ledger, runs):
        """How many runs' sealed evidence does not verify, or is not sealed."""
        from nephoscope.config import Config
        from nephoscope.respond.evidence.folder import Folder
        from nephoscope.respond.evidence.vault import opened_vault
        from nephoscope.respond.evidence.verify import verify

        vault = opened_vault(Config(self.folder), ledger)
        acted = [run for run in runs if any(step.state is not None for step in run.steps)]
        for run in acted:
            vault.box(run.id).seal()
        found = verify(Folder(self.folder / "evidence"), vault.keys())
        proven = {manifest.run for manifest in found.manifests.values()} if found.is_proven else set()
        return sum(run.id not in proven for run in acted)


def _doomed(run):
    """The same run, with a step at its end that cannot succeed."""
    from dataclasses import replace

    from nephoscope.model.response import Step

    settings = {"account": ACCOUNT, "region": REGION, "instance_id": "i-00000000000000000"}
    return replace(run, steps=(*run.steps, Step("doomed", "aws_protect_instance", settings)))


class Nothing:
    """What the stores know: nothing; plans say so."""

    def item(self, type_, id_, account, region=""):
        return None

    def dependents(self, type_, id_, account):
        return []

    def flows(self, account, addresses, days=7):
        return []

    def events(self, account, *, actor="", resource="", days=7):
        return []


class Quiet:
    def found(self, finding): ...

    def cannot_see(self, gap): ...

    def sees_again(self, gap): ...


def drive(folder, endpoint_url):
    """Drive runs, a few at a time, until SIGTERM."""
    import threading

    from nephoscope.config import Config
    from nephoscope.keep import Stores
    from nephoscope.model.errors import CloudError
    from nephoscope.pipeline.responses import Responses
    from nephoscope.respond.evidence.vault import opened_vault
    from nephoscope.respond.guard import Guard
    from nephoscope.respond.playbook import load_playbooks
    from nephoscope.respond.runner import Hands
    from nephoscope.respond.trigger import Triggers
    from nephoscope.store.ledger import open_ledger

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    aws = reach(endpoint_url)
    for service, operation in WARM:  # a client's first call takes longer than many a life here
        with contextlib.suppress(CloudError):
            ask(aws, service, operation)
    with open_ledger(str(folder / "ledger.sqlite")) as ledger:
        vault = opened_vault(Config(folder), ledger)
        stores = Stores(None, ledger, Quiet())
        hands = Hands(lambda *_: aws, vault.box, Nothing())
        responses = Responses(stores, load_playbooks(), Triggers(), hands, Guard(), 10**9)

        def repeat():
            while not stopping.is_set():
                if not responses.drive():
                    time.sleep(0.05)

        threads = [threading.Thread(target=repeat, daemon=True) for _ in range(DRIVERS)]
        print("driving", flush=True)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    drive(Path(sys.argv[1]), sys.argv[2])
