"""What instances say of themselves: console, screen, answers to SSM; and snapshots that take their time.

moto answers at once, knows no agents and copies no other account's snapshots; here a snapshot is pending for three
seconds, a command runs for one, and every running instance that has a role is managed by SSM.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.call import Declined, Denial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.sandbox.call import ApiCall
    from nephoscope.sandbox.cloud import Cloud

PENDING_S = 3.0
RUNS_S = 1.0
SCREEN = base64.b64encode(
    bytes.fromhex(
        "ffd8ffdb004300030202020202030202020303030304060404040404080606050609080a0a090809090a0c0f0c0a0b0e0b09090d110d0e0f"
        "101011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005ffda0008010100003f00d2cf20ffd9"
    )
).decode()
SAID = {
    "sockets": """\
Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process
tcp   LISTEN 0      511    0.0.0.0:443         0.0.0.0:*         users:(("nginx",pid=811,fd=6))
tcp   ESTAB  0      0      {address}:51544     198.51.100.77:4444 users:(("kworkerd",pid=2977,fd=3))
""",
    "network": "10.0.0.1 dev eth0 lladdr 02:00:0a:00:00:01 REACHABLE\n2: eth0 inet {address}/24\ndefault via 10.0.0.1",
    "processes": """\
  PID  PPID USER     STAT  ELAPSED COMMAND
    1     0 root     Ss     864000 /sbin/init
  811     1 root     Ss     863990 nginx: master process /usr/sbin/nginx
 2977     1 www-data S        1790 /tmp/.x/kworkerd --quiet
lrwxrwxrwx 1 www-data 0 /proc/2977/exe -> /tmp/.x/kworkerd (deleted)
""",
    "users": "reboot   system boot  2026-11-01 08:00\nec2-user pts/0        2026-11-20 09:12 (203.0.113.9)\n",
    "modules": "nf_tables 356352 0 - Live 0x0000000000000000\nxfs 2424832 1 - Live 0x0000000000000000\n0\n",
    "scheduled": "www-data: */5 * * * * /tmp/.x/kworkerd --quiet\n",
    "recent_files": "2026-11-20T09:14:02Z     482904 www-data 755 /tmp/.x/kworkerd\n",
    "memory": "captured 8589934592 bytes\n",
}


@dataclass(frozen=True)
class Hosts:
    """Answers in moto's stead, and has moto answer as AWS does."""

    cloud: Cloud

    def install(self) -> None:
        """Serve what moto lacks; moto's state is the process's, and so is what is changed of it."""
        self.cloud.serves |= {
            ("ec2", "GetConsoleScreenshot"): self.console_screenshot,
            ("ssm", "DescribeInstanceInformation"): self.instance_information,
        }
        _slow_snapshots()
        _shared_snapshots()
        _answering_commands()

    def console_screenshot(self, call: ApiCall) -> dict[str, Any]:
        """GetConsoleScreenshot's answer: a dark screen."""
        wanted = str(call.parameters.get("InstanceId", ""))
        if not any(instance.id == wanted for instance in self._instances(call)):
            raise Declined(Denial("InvalidInstanceID.NotFound", f"The instance ID '{wanted}' does not exist", 400))
        return {"InstanceId": wanted, "ImageData": SCREEN}

    def instance_information(self, call: ApiCall) -> dict[str, Any]:
        """DescribeInstanceInformation's answer: every running instance that has a role."""
        given = call.parameters
        filters = [(each["Key"], each["Values"]) for each in given.get("Filters") or ()]
        filters += [(each["key"], each["valueSet"]) for each in given.get("InstanceInformationFilterList") or ()]
        wanted = [set(values) for key, values in filters if key == "InstanceIds"]
        found = [each for each in self._instances(call) if all(each.id in ids for ids in wanted)]
        return {"InstanceInformationList": [_managed(each, call.at) for each in found if _is_managed(each)]}

    def _instances(self, call: ApiCall) -> Iterator[Any]:
        for reservation in list(self.cloud.backends.of("ec2")[call.account][call.region].reservations.values()):
            yield from reservation.instances


def _is_managed(instance: Any) -> bool:
    return bool(instance.iam_instance_profile) and instance.state == "running"


def _managed(instance: Any, at: datetime) -> dict[str, Any]:
    return {
        "InstanceId": instance.id,
        "PingStatus": "Online",
        "LastPingDateTime": at,
        "AgentVersion": "3.3.987.0",
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2023",
        "ResourceType": "EC2Instance",
        "IPAddress": instance.private_ip,
    }


def _age_s(moment: datetime) -> float:
    return (datetime.now(UTC) - moment.replace(tzinfo=UTC)).total_seconds()


def _slow_snapshots() -> None:
    from moto.ec2.models.elastic_block_store import Snapshot

    kind: Any = Snapshot
    kind.status = property(
        lambda self: "completed" if _age_s(self.start_time) >= PENDING_S else "pending",
        lambda self, value: None,
    )
    kind.progress = property(lambda self: f"{min(100, int(100 * _age_s(self.start_time) / PENDING_S))}%")


def _shared_snapshots() -> None:
    """Have CopySnapshot find the snapshots of other accounts that are shared with this one."""
    from moto.ec2.models import ec2_backends
    from moto.ec2.models.elastic_block_store import EBSBackend, Snapshot
    from moto.ec2.utils import random_snapshot_id

    kind: Any = EBSBackend
    if getattr(kind.copy_snapshot, "finds_shared", False):
        return
    own = kind.copy_snapshot

    def copy_snapshot(
        self: Any, source_snapshot_id: str, source_region: str, description: str, kms_key_id: str | None
    ) -> Any:
        for account, regions in list(ec2_backends.items()):
            source: Any = regions[source_region].snapshots.get(source_snapshot_id)
            if source is None or account == self.account_id:
                continue
            if self.account_id in source.create_volume_permission_userids:
                made: Any = Snapshot(self, random_snapshot_id(), source.volume, description, True, kms_key_id)
                self.snapshots[made.id] = made
                return made
        return own(self, source_snapshot_id, source_region, description, kms_key_id)

    copy_snapshot.finds_shared = True  # pyright: ignore[reportFunctionMemberAccess]
    kind.copy_snapshot = copy_snapshot


def _answering_commands() -> None:
    """Have a command run for a second, and then say what its script is known to find."""
    from moto.ssm.models import SimpleSystemManagerBackend

    backend: Any = SimpleSystemManagerBackend
    if getattr(backend.get_command_invocation, "answers", False):
        return
    asked = backend.get_command_invocation

    def get_command_invocation(self: Any, command_id: str, instance_id: str, plugin_name: str | None) -> Any:
        answer = dict(asked(self, command_id, instance_id, plugin_name))
        found: Any = self.get_command_by_id(command_id)
        if _age_s(found.requested_date_time) < RUNS_S:
            return answer | {"Status": "InProgress", "StatusDetails": "InProgress", "ResponseCode": -1}
        fact = str((found.parameters.get("commands") or [""])[0]).rpartition("nephoscope: ")[2]
        address = f"10.0.{int(instance_id[-4:-2] or '0', 16)}.{int(instance_id[-2:] or '0', 16)}"
        return answer | {"StandardOutputContent": SAID.get(fact, "").format(address=address)}

    get_command_invocation.answers = True  # pyright: ignore[reportFunctionMemberAccess]
    backend.get_command_invocation = get_command_invocation
