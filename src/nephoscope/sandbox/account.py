"""A running sandbox: the cloud, and what AWS does by itself in it (delivers logs, signs digests, tells EventBridge)."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.answer import Answer
from nephoscope.sandbox.cloud import Cloud
from nephoscope.sandbox.console import instance_credentials, sign_in
from nephoscope.sandbox.delivery import Courier
from nephoscope.sandbox.digest import Notary
from nephoscope.sandbox.disks import Disks
from nephoscope.sandbox.flow_delivery import FlowCourier
from nephoscope.sandbox.functions import PATH as CODE
from nephoscope.sandbox.functions import Code
from nephoscope.sandbox.hosts import Hosts
from nephoscope.sandbox.lookup import Archive
from nephoscope.sandbox.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.sandbox.cloud import Authorise

JSON = (("Content-Type", "application/json"),)


def _evaluation() -> Authorise:
    from nephoscope.sandbox.iam import authorise, overrule_moto

    overrule_moto()
    return authorise


@dataclass
class Account:
    """All accounts of one sandbox. authorise: how IAM decides; the sandbox's own evaluation by default."""

    folder: Path
    pace: Pace = field(default_factory=Pace)
    authorise: Authorise = field(default_factory=_evaluation)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.cloud = Cloud(Path(self.folder), self.authorise)
        self.notary = Notary(self.cloud)
        self.courier = Courier(self.cloud)
        self.flow_courier = FlowCourier(self.cloud)
        archive = Archive(self.cloud)
        self.cloud.serves |= {
            ("cloudtrail", "LookupEvents"): archive.lookup_events,
            ("cloudtrail", "ListPublicKeys"): self.notary.list_public_keys,
        }
        Hosts(self.cloud).install()
        self.disks = Disks(self.cloud)
        self.disks.install()
        self.code = Code(self.cloud)
        self.code.install()
        self.cloud.before.append(self.courier.flush_before)
        self._threads: list[threading.Thread] = []

    def start(self) -> int:
        """Restore what the folder keeps and begin to deliver; returns how many calls were replayed.

        AWS delivers while this machine stands still: what would have come meanwhile, digests too, is there at once.
        """
        replayed = self.cloud.restore()
        if replayed:
            self._close_hour()
        for beat_s, work in (
            (self.pace.delivery_s, self.courier.deliver),
            (self.pace.digest_s, self._close_hour),
            (self.pace.flow_log_s, self.flow_courier.deliver),
        ):
            thread = threading.Thread(target=self._repeat, args=(beat_s, work), daemon=True)
            thread.start()
            self._threads.append(thread)
        return replayed

    def close(self) -> None:
        """Stop delivering and give the folder back."""
        self.stopping.set()
        for thread in self._threads:
            thread.join(30)
        self.disks.close()
        self.cloud.close()

    def steer(self, path: str, body: bytes) -> Answer:
        """Serve a path of the sandbox's own: health, deliver, disk, stop, console-login, …"""
        steps = {
            "health": self._health,
            "deliver": lambda _: {"delivered": self.courier.deliver()},
            "digest": lambda _: {"signed": self._close_hour()},
            "flow-logs": lambda _: {"delivered": self.flow_courier.deliver()},
            "traffic": self.flow_courier.add,
            "disk": self.disks.back,
            "stop": self._stop,
            "console-login": lambda given: sign_in(self.cloud, given),
            "instance-credentials": lambda given: instance_credentials(self.cloud, given),
        }
        if path.startswith(CODE):
            return self.code.fetch(path.removeprefix(CODE))
        if path not in steps:
            return Answer(404, JSON, json.dumps({"error": f"no such path; there are {', '.join(steps)}"}).encode())
        try:
            return Answer(200, JSON, json.dumps(steps[path](json.loads(body or b"{}"))).encode())
        except (ValueError, LookupError, TypeError) as error:
            return Answer(400, JSON, json.dumps({"error": str(error)}).encode())

    def _health(self, _: Any) -> dict[str, Any]:
        trails = len(self.cloud.trails())
        return {"status": "ok", "records": len(self.cloud.kept), "trails": trails, "failures": self.courier.failures}

    def _stop(self, _: Any) -> dict[str, Any]:
        self.stopping.set()
        return {"status": "stopping"}

    def _close_hour(self) -> int:
        self.courier.deliver()
        return self.notary.sign()

    def _repeat(self, beat_s: float, work: Callable[[], int]) -> None:
        while not self.stopping.wait(beat_s):
            work()
