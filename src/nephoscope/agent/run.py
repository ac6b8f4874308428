"""What the agent does while it runs: one thread, each job when it is due, everything through the spool.

To add a kind of work, add a Job in `Agent.jobs`: a name, how often, and a function that spools records.
"""

from __future__ import annotations

import json
import os
import threading
import time
import zlib
from contextlib import contextmanager
from typing import Any, Callable, Iterator, NamedTuple

from nephoscope.agent import VERSION, benchmark, enrol, facts, identity, journal, policy, tail
from nephoscope.agent.canonical import canonical, digest_of
from nephoscope.agent.client import Answer, BackOff, Client, Refused, Unreachable
from nephoscope.agent.drift import Drift, Moment
from nephoscope.agent.host import Host, Unreadable, shown
from nephoscope.agent.identity import Folder, Identity, StateError
from nephoscope.agent.own_log import OwnLog
from nephoscope.agent.spool import Batch, Spool, SpoolError, gap

LOGS_S = 5
FILES_S = 5  # a look goes on in a process of its own; this asks whether it ended
JOURNAL_S = 15  # each look starts journalctl
UPLOAD_S = 10
RENEW_S = 20 * 86400  # ten days before the gateway would have us late
LOOK_BYTES = 1 << 20
NO_POLICY = {"heartbeat_s": 60, "logs": [], "files": [], "tables": {}, "checks": {"names": [], "seconds": 3600}}
STOPPING = ("clone",)  # problems after which the agent may not go on


class Stopped(Exception):
    """The agent may not go on until it is enrolled anew."""


class Job(NamedTuple):
    """name: for the own log; every_s: between two runs; run: does it."""

    name: str
    every_s: float
    run: Callable[[], None]


class Agent:
    """One agent. Raises StateError where its folder is not as it has to be, Stopped where it may not run."""

    def __init__(
        self, folder: Folder, host: Host, clock: Callable[[], float] = time.time, journalctl: str = journal.PROGRAM
    ) -> None:
        self.folder, self.host, self.clock, self.journalctl = folder, host, clock, journalctl
        self.identity: Identity = identity.load(folder)
        self.log = OwnLog(folder.place("agent.log"))
        self.spool = Spool(folder.place("spool.db"))
        self.spool.follow(self.identity.chain)
        self.client = Client(self.identity.server, self.identity.key, VERSION, clock)
        self.drift = Drift(folder.path, host.root, self.spool)
        self.back_off = BackOff()
        self._asks_policy = BackOff(60)
        self.policy: policy.Policy | None = self._kept_policy()
        self._due: dict[str, float] = {}
        self._full_since = 0
        self._causes: dict[str, str] = {}
        self._check_may_run()
        self.log.tell(self.now(), "started", version=VERSION, agent=self.identity.agent)

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock())

    def _check_may_run(self) -> None:
        cause = enrol.stopped(self.folder)
        if not cause and enrol.machine(self.host) != self.identity.machine:
            cause = "this machine is not the one that enrolled: its state was copied, or its board changed"
        if cause:
            self._stop(cause)

    def _stop(self, cause: str) -> None:
        enrol.stop(self.folder, cause, self.now())
        self.log.tell(self.now(), "stopped", cause=cause)
        raise Stopped("%s; enrol again" % cause)

    # What is due

    def jobs(self) -> list[Job]:
        """What the policy asks for."""
        told: Any = self.policy._asdict() if self.policy else NO_POLICY
        found = [
            Job("policy", told["heartbeat_s"], self.pull),
            Job("heartbeat", told["heartbeat_s"], self.heartbeat),
            Job("renew", 3600, self.renew),
        ]
        for each in told["logs"]:
            every = JOURNAL_S if each["kind"] == "journald" else LOGS_S
            found.append(Job("log:%(kind)s:%(path)s" % each, every, self._tails(each)))
        if told["files"]:
            found.append(Job("files", FILES_S, self.watch_files))
        found += [Job("table:%s" % name, every, self._collects(name)) for name, every in told["tables"].items()]
        if told["checks"]["names"]:
            found.append(Job("checks", told["checks"]["seconds"], lambda: self.check(told["checks"]["names"])))
        return [*found, Job("upload", UPLOAD_S, self.upload)]

    def step(self, at: float) -> float:
        """Run what is due at a monotonic time; seconds until something is next. Raises Stopped."""
        for job in self.jobs():
            if self._due.get(job.name, at) <= at:
                self._due[job.name] = at + job.every_s
                self._run(job)
        return max(0.0, min(self._due[job.name] for job in self.jobs() if job.name in self._due) - at)

    def _run(self, job: Job) -> None:
        try:
            job.run()
        except (Refused, Unreachable, Unreadable, SpoolError, StateError, policy.PolicyError) as error:
            self._tell_once(job.name, "%s: %s" % (type(error).__name__, error))
        else:
            self._causes.pop(job.name, None)

    def _tell_once(self, job: str, cause: str) -> None:
        """Write why a job failed, once until it works again or fails otherwise."""
        if self._causes.get(job) != cause:
            self._causes[job] = cause
            self.log.tell(self.now(), "failed", job=job, cause=cause)

    def run(self, stop: threading.Event) -> None:
        """Go on until told to stop; then what is spooled stays for the next start. Raises Stopped."""
        while not stop.is_set():
            stop.wait(min(self.step(time.monotonic()) + 0.05, 60))
        self.drift.close()
        self.log.tell(self.now(), "ended")
        self.spool.close()

    # What is spooled

    @contextmanager
    def spooling(self) -> Iterator[None]:
        """One transaction of the spool; a full disk is remembered, and told when there is room again."""
        try:
            with self.spool.transaction():
                if self._full_since:
                    told = gap(self.now(), "spool", "the disk was full", None, self._full_since, self.now())
                    self.spool.add("gap", self.now(), told)
                yield
        except SpoolError as error:
            if error.full:
                self._full_since = self._full_since or self.now()
            raise
        self._full_since = 0

    def heartbeat(self) -> None:
        """Say that we are there."""
        records, size = self.spool.size()
        held = self.policy
        told = {
            "kind": "heartbeat",
            "at": self.now(),
            "uptime_s": int(float(self.host.text("/proc/uptime", 4096).split()[0])),
            "agent_version": VERSION,
            "resident_kb": resident_kb(),
            "cpu_s": round(sum(os.times()[:4]), 2),  # with the programs it starts
            "spool_records": records,
            "spool_bytes": size,
            "policy": held.etag if held else "",
            "policy_version": held.version if held else 0,
            "clock_offset_s": self.client.offset_s,
        }
        with self.spooling():
            self.spool.add("heartbeat", self.now(), canonical(told))
        self._send_soon()

    def _send_soon(self) -> None:
        """Upload in this round, unless the gateway has us wait."""
        if not self.back_off.holds:
            self._due["upload"] = 0

    def _collects(self, name: str) -> Callable[[], None]:
        return lambda: self.collect(name)

    def collect(self, name: str) -> None:
        """Look at a table and spool what changed since the look before, or why it could not be read."""
        key = "table:" + name
        try:
            lines = facts.collect(self.host, name)
        except Unreadable as error:
            with self.spooling():
                self.spool.add("table", self.now(), facts.unread(name, self.now(), str(error)))
            return
        kept = self.spool.get(key)
        before = zlib.decompress(kept).decode().split("\n") if kept else None
        if before == [""]:
            before = []
        text = facts.record(name, self.now(), lines, before)
        with self.spooling():
            self.spool.add("table", self.now(), text)
            if before is None or digest_of(before) != digest_of(lines):
                self.spool.keep(key, zlib.compress("\n".join(lines).encode()))

    def _tails(self, source: dict[str, str]) -> Callable[[], None]:
        return lambda: self.tail(source["path"], source["kind"])

    def tail(self, path: str, kind: str) -> None:
        """Read on in a log, at the pace the policy sets. Raises Unreadable, after telling the gap."""
        key = "log:%s:%s" % (kind, path)
        budget = (self.policy.limits["kb_per_s"] << 10) * LOGS_S if self.policy else LOOK_BYTES
        while budget > 0:
            kept = self.spool.get(key)
            state = json.loads(kept) if kept else None
            try:
                look = self._look(path, kind, state, min(budget, LOOK_BYTES))
            except Unreadable as error:
                self._tell_unread(key, state, str(error))
                raise
            budget -= max(look.read_bytes, 1)
            if look.records or look.state != state:
                self._keep_look(key, look, state)
            if not look.more or not look.read_bytes:
                return

    def _look(self, path: str, kind: str, state: dict[str, Any] | None, budget: int) -> tail.Look:
        if kind == "journald":
            return journal.poll(state, self.now(), budget, self.host.root, self.journalctl)
        return tail.poll(self.host, path, state, self.now(), budget)

    def _keep_look(self, key: str, look: tail.Look, state: dict[str, Any] | None) -> None:
        only_the_time = state is not None and not look.records and dict(look.state, at=0) == dict(state, at=0)
        if only_the_time and look.state["at"] - state["at"] < 60:  # pyright: ignore[reportOptionalSubscript]
            return
        with self.spooling():
            for each, text in look.records:
                self.spool.add(each, self.now(), text)
            self.spool.keep(key, canonical(look.state).encode())
        if look.records:
            self._send_soon()

    def _tell_unread(self, job: str, state: dict[str, Any] | None, cause: str) -> None:
        """A log that could not be read is a gap, told once for each cause."""
        if self._causes.get("gap " + job) != cause:
            self._causes["gap " + job] = cause
            since = (state or {}).get("at", self.now())
            with self.spooling():
                self.spool.add("gap", self.now(), gap(self.now(), "log", shown(cause), None, since, self.now()))

    def watch_files(self) -> None:
        """Begin a look at files that is due, or spool what one told. Raises Unreadable where none can begin."""
        assert self.policy is not None
        at = Moment(self._boot(), self.now(), time.monotonic())
        try:
            told = self.drift.round(self.policy.files, self.policy.limits["kb_per_s"], at)
        except OSError as error:
            raise Unreadable("files", "no look could begin: %s" % error) from error
        if told.records or told.kept:
            with self.spooling():
                for kind, text in told.records:
                    self.spool.add(kind, self.now(), text)
                for name, value in told.kept.items():
                    self.spool.keep(name, value)

    def _boot(self) -> str:
        return self.host.text("/proc/sys/kernel/random/boot_id", 64).strip().replace("-", "")

    def check(self, names: list[str]) -> None:
        """Run checks and spool their results."""
        results = benchmark.run(self.host, names)
        with self.spooling():
            for each in results:
                told = dict(each._asdict(), kind="check", at=self.now(), reason=shown(each.reason))
                self.spool.add("check", self.now(), canonical(told))

    # What is asked of the gateway

    def pull(self) -> None:
        """Take a newer policy. Raises Refused, Unreachable, PolicyError; the one that is held then still holds."""
        held = self.policy
        try:
            answer = self._ask(lambda: self.client.get("/policy", held.etag if held else ""))
        except (Refused, Unreachable) as error:
            asked = error.wait_s if isinstance(error, Refused) else None
            self._due["policy"] = time.monotonic() + self._asks_policy.failed(asked)
            raise
        self._asks_policy.worked()
        if answer.status == 304:
            return
        key = policy.public_key(self.identity.policy_key)
        least = held.version if held else 0
        taken = policy.verified(answer.body, key, self.identity.agent, least)
        self.folder.write("policy.json", canonical(answer.body).encode())
        self.policy = taken
        self.spool.limit_bytes = taken.limits["spool_mb"] << 20
        self._due = {name: due for name, due in self._due.items() if name in ("policy", "heartbeat", "upload", "renew")}
        self.log.tell(self.now(), "policy", version=taken.version, etag=taken.etag)

    def _kept_policy(self) -> policy.Policy | None:
        """The last good policy; none where it is absent. One that was tampered with is told, and asked for anew."""
        try:
            envelope = json.loads(self.folder.read("policy.json"))
            key = policy.public_key(self.identity.policy_key)
            kept = policy.verified(envelope, key, self.identity.agent, 0)
        except FileNotFoundError:
            return None
        except (ValueError, policy.PolicyError) as error:
            self.log.tell(self.now(), "kept policy refused", cause=str(error))
            return None
        self.spool.limit_bytes = kept.limits["spool_mb"] << 20
        return kept

    def _ask(self, ask: Callable[[], Answer]) -> Answer:
        """Ask; with the key of a renewal that did not come to its end, where the gateway knows ours no more."""
        offset = self.client.offset_s
        try:
            return ask()
        except Refused as error:
            if error.problem in STOPPING:
                self._stop("two hosts use one key: %s" % error)
            key = enrol.renewing(self.folder) if error.problem == "unknown-agent" else None
            if key is None:
                raise
            self._become(enrol.take(self.folder, self.identity, key, self.now()))
            return ask()
        finally:
            if abs(self.client.offset_s - offset) > 1:
                self._tell_clock(offset)

    def _become(self, made: Identity) -> None:
        self.identity = made
        self.client.key = made.key

    def _tell_clock(self, before: int) -> None:
        cause = "this machine's clock is %d s off the gateway's (before: %d s)" % (-self.client.offset_s, -before)
        self.log.tell(self.now(), "clock", offset_s=self.client.offset_s)
        with self.spooling():
            self.spool.add("gap", self.now(), gap(self.now(), "clock", cause, None, self.now(), self.now()))

    def upload(self) -> None:
        """Send what waits, batch by batch, until nothing does or the gateway asks to wait."""
        try:
            while self._upload_one():
                self.back_off.worked()
        except Unreachable:
            self._due["upload"] = time.monotonic() + self.back_off.failed()
            raise
        except Refused as error:
            self._due["upload"] = time.monotonic() + self.back_off.failed(error.wait_s)
            raise

    def _upload_one(self) -> bool:
        header = {
            "agent": self.identity.agent,
            "boot": self._boot(),
            "sent_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock() + self.client.offset_s)),
            "monotonic_s": int(time.monotonic()),
        }
        batch = self.spool.next_batch(header, self.now())
        if batch is None:
            return False
        try:
            body = self._ask(lambda: self.client.post("/upload", batch.body, "application/x-ndjson", "gzip")).body
        except Refused as error:
            if error.status not in (400, 413, 415, 422):
                raise
            self.log.tell(self.now(), "batch refused", sequence=batch.sequence, cause=str(error))
            self.spool.refuse(batch, str(error), self.now())
            return True
        self._take(batch, body)
        return True

    def _take(self, batch: Batch, body: dict[str, Any]) -> None:
        if body.get("acknowledged") != batch.sequence:
            raise Unreachable("the gateway acknowledged %r instead of %d" % (body.get("acknowledged"), batch.sequence))
        self.spool.acknowledge(batch.sequence)
        resend = body.get("resend")
        for name in resend if isinstance(resend, list) else []:
            if self.policy and name in self.policy.tables:
                with self.spool.transaction():
                    self.spool.keep("table:%s" % name, None)
                self._due["table:%s" % name] = 0
        if body.get("policy") and self.policy and body["policy"] != self.policy.etag:
            self._due["policy"] = 0

    def renew(self) -> None:
        """Take a new key in time, when no batch signed for the old one waits."""
        if self.now() - self.identity.renewed < RENEW_S or self.spool.is_sealed():
            return
        self._become(enrol.renew(self.folder, self.identity, self.client, self.now()))
        self.log.tell(self.now(), "renewed", agent=self.identity.agent)


def resident_kb() -> int:
    """Our own resident memory."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0
