"""An EBS snapshot as a device: only the blocks that are asked for are fetched, each checked against its SHA-256.

Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.scan.disks.device import BlockDevice, DiskError

if TYPE_CHECKING:
    from nephoscope.clouds.aws import Aws

PERMISSIONS = ("ebs:GetSnapshotBlock", "ebs:ListSnapshotBlocks")
GIB = 1 << 30
BLOCK = 512 << 10  # bytes; all snapshots have blocks of this size
MOST_BLOCKS = 1 << 27  # 64 TiB of half a MiB each


@dataclass(frozen=True)
class Snapshot:
    """Which snapshot, and where it is."""

    id: str
    account: str
    region: str


def snapshot_device(aws: Aws, snapshot: Snapshot, kept: int = 128) -> BlockDevice:
    """A snapshot's bytes. Blocks that were never written are zeros and cost no call.

    kept: blocks of half a MiB that stay in memory. Raises CloudError for what AWS refuses, also while it is read;
    DiskError for a block that is not as its checksum says.
    """
    where: dict[str, Any] = {"account": snapshot.account, "region": snapshot.region, "SnapshotId": snapshot.id}
    tokens: dict[int, str] = {}
    more: dict[str, str] = {}
    while True:
        page = aws.call("ebs", "ListSnapshotBlocks", **where, **more)
        tokens |= {block["BlockIndex"]: block["BlockToken"] for block in page.get("Blocks", ())}
        if not page.get("NextToken"):
            break
        more = {"NextToken": page["NextToken"]}
        if len(tokens) > MOST_BLOCKS:
            raise DiskError(f"{snapshot.id} says that it has more than {MOST_BLOCKS} blocks")
    size = int(page["VolumeSize"]) * GIB

    def fetch(number: int) -> bytes | None:
        if number not in tokens:
            return None
        wanted: dict[str, Any] = {**where, "BlockIndex": number, "BlockToken": tokens[number]}
        answer, content = aws.content("ebs", "GetSnapshotBlock", "BlockData", BLOCK, **wanted)
        said = answer.get("Checksum", "")
        if said != base64.b64encode(hashlib.sha256(content).digest()).decode():
            raise DiskError(f"block {number} of {snapshot.id} is not as its checksum says")
        return content.ljust(BLOCK, b"\0")

    return BlockDevice(size, BLOCK, fetch, kept)
