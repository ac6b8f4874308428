"""The EBS direct API over disk images: a volume may be backed by an image file, and so are its snapshots.

moto knows only blocks that a client has put itself; those it still serves.
Source: https://docs.aws.amazon.com/ebs/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.sandbox.answer import now
from nephoscope.sandbox.call import Declined, Denial
from nephoscope.sandbox.journal import Log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.sandbox.call import ApiCall
    from nephoscope.sandbox.cloud import Cloud

BLOCK = 512 << 10
GIB = 1 << 30
MOST = 10_000  # blocks of a page, and the default
LEAST = 100
TOKEN_LIVES = timedelta(days=7)
NAME = re.compile(r"(vol|snap)-[0-9a-f]{8,17}")


class Backing(msgspec.Struct, frozen=True):
    """What a volume, or a snapshot, holds from a moment on: the bytes of a file."""

    at: datetime
    id: str
    path: str


@dataclass
class Disks:
    """Which volumes and snapshots are backed by which files, kept in the sandbox's folder."""

    cloud: Cloud
    _blocks: dict[str, dict[int, str]] = field(default_factory=dict[str, dict[int, str]], init=False)

    def __post_init__(self) -> None:
        self._log = Log(Path(self.cloud.folder) / "disks.jsonl")
        self._backings = list(self._log.lines(Backing))

    def install(self) -> None:
        """Serve the calls that read snapshots, and have a snapshot be under its volume's key."""
        _under_the_volume_s_key()
        self.cloud.serves |= {
            ("ebs", "ListSnapshotBlocks"): self.list_snapshot_blocks,
            ("ebs", "ListChangedBlocks"): self.list_changed_blocks,
            ("ebs", "GetSnapshotBlock"): self.get_snapshot_block,
        }

    def close(self) -> None:
        """Give the file back."""
        self._log.close()

    def back(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Have a volume or a snapshot hold what a file of this machine holds; snapshots made before keep what they had.

        given: id, file. Raises LookupError or ValueError for what cannot be.
        """
        id_, path = str(given["id"]), Path(str(given["file"]))
        if not NAME.fullmatch(id_):
            raise ValueError(f"{json.dumps(id_)} is no volume and no snapshot")
        if not path.is_absolute() or not path.is_file():
            raise ValueError(f"{path} is no file with an absolute path")
        made = Backing(now(), id_, str(path))
        self._log.append(made)
        self._backings.append(made)
        self._blocks.clear()
        return {"id": id_, "bytes": path.stat().st_size}

    def list_snapshot_blocks(self, call: ApiCall) -> dict[str, Any]:
        """ListSnapshotBlocks's answer: the blocks that hold anything, a page of them."""
        snapshot = self._snapshot(call, "SnapshotId")
        self._must_decrypt(call, snapshot)
        page, more = self._page(call, sorted(self._held(snapshot)))
        blocks = [{"BlockIndex": number, "BlockToken": _token(snapshot.id, number, call.at)} for number in page]
        return {"Blocks": blocks, **_about(snapshot, call.at), **more}

    def list_changed_blocks(self, call: ApiCall) -> dict[str, Any]:
        """ListChangedBlocks's answer: the blocks that differ between two snapshots of one volume."""
        second = self._snapshot(call, "SecondSnapshotId")
        first = self._snapshot(call, "FirstSnapshotId") if call.parameters.get("FirstSnapshotId") else None
        if first is not None and first.volume.id != second.volume.id:
            raise _invalid("UNRELATED_SNAPSHOTS", "The snapshots are of different volumes.")
        before, after = self._held(first) if first is not None else {}, self._held(second)
        changed = sorted(number for number in {*before, *after} if before.get(number) != after.get(number))
        page, more = self._page(call, changed)
        blocks = [
            {"BlockIndex": number}
            | ({"FirstBlockToken": _token(first.id, number, call.at)} if first and number in before else {})
            | ({"SecondBlockToken": _token(second.id, number, call.at)} if number in after else {})
            for number in page
        ]
        return {"ChangedBlocks": blocks, **_about(second, call.at), **more}

    def get_snapshot_block(self, call: ApiCall) -> dict[str, Any]:
        """GetSnapshotBlock's answer: a block's bytes and their SHA-256."""
        snapshot = self._snapshot(call, "SnapshotId")
        self._must_decrypt(call, snapshot)
        number = int(call.parameters.get("BlockIndex", -1))
        _check_token(str(call.parameters.get("BlockToken", "")), snapshot.id, number, call.at)
        if number not in self._held(snapshot):
            raise Declined(Denial("ResourceNotFoundException", f"The block {number} does not exist.", 404))
        content = self._read(snapshot, number)
        return {
            "DataLength": len(content),
            "BlockData": content,
            "Checksum": base64.b64encode(hashlib.sha256(content).digest()).decode(),
            "ChecksumAlgorithm": "SHA256",
        }

    def _snapshot(self, call: ApiCall, name: str) -> Any:
        """A snapshot of the caller, or shared with it. Declines one that is not there or not complete."""
        wanted = str(call.parameters.get(name, ""))
        for account, regions in list(self.cloud.backends.of("ec2").items()):
            found: Any = regions[call.region].snapshots.get(wanted)
            if found is not None and (
                account == call.account or call.account in found.create_volume_permission_userids
            ):
                if found.status != "completed":
                    raise _invalid("INVALID_SNAPSHOT_ID", f"The snapshot {wanted} is not complete.")
                return found
        raise Declined(Denial("ResourceNotFoundException", f"The snapshot '{wanted}' does not exist.", 404))

    def _must_decrypt(self, call: ApiCall, snapshot: Any) -> None:
        """A snapshot under a customer's key is read by whom a grant on that key lets decrypt; its owner's root may."""
        key = snapshot.kms_key_id
        caller = call.principal.session.issuer_arn if call.principal.session else call.principal.arn
        if not key or call.principal.type == "Root":
            return
        keys = self.cloud.backends.of("kms")[call.account][call.region].keys
        grants = keys[str(key).rpartition("/")[2]].grants.values() if str(key).rpartition("/")[2] in keys else ()
        if not any(one.grantee_principal == caller and "Decrypt" in one.operations for one in grants):
            text = f"User: {call.principal.arn} is not authorized to perform: kms:Decrypt on resource: {key}"
            raise Declined(Denial("AccessDeniedException", text, 403))

    def _backing(self, snapshot: Any) -> Path | None:
        """The file that a snapshot's volume had when the snapshot was made, or the snapshot's own."""
        made_at = snapshot.start_time.replace(tzinfo=UTC)
        own = [each for each in self._backings if each.id == snapshot.id]
        of_volume = [each for each in self._backings if each.id == snapshot.volume.id and each.at <= made_at]
        chosen = own or of_volume
        return Path(chosen[-1].path) if chosen else None

    def _held(self, snapshot: Any) -> dict[int, str]:
        """{block: its digest} of the blocks in which anything is."""
        if snapshot.id not in self._blocks:
            put = self._put(snapshot)
            path = self._backing(snapshot)
            self._blocks[snapshot.id] = _digests(path) if path else {number: "" for number in put}
        return self._blocks[snapshot.id]

    def _put(self, snapshot: Any) -> Mapping[int, Any]:
        """The blocks that a client put into a snapshot itself."""
        known: Any = self.cloud.backends.of("ebs")[snapshot.owner_id][snapshot.ec2_backend.region_name].snapshots
        return known[snapshot.id].blocks if snapshot.id in known else {}

    def _read(self, snapshot: Any, number: int) -> bytes:
        path = self._backing(snapshot)
        if path is None:
            content = self._put(snapshot)[number].block_data
            return content if isinstance(content, bytes) else bytes(content.read())
        with path.open("rb") as file:
            return os.pread(file.fileno(), BLOCK, number * BLOCK).ljust(BLOCK, b"\0")

    def _page(self, call: ApiCall, numbers: list[int]) -> tuple[list[int], dict[str, str]]:
        most = min(MOST, max(LEAST, int(call.parameters.get("MaxResults") or MOST)))
        token = str(call.parameters.get("NextToken") or "")
        if token and not token.isdigit():
            raise _invalid("INVALID_PAGE_TOKEN", "The page token is not valid.")
        start = int(token or call.parameters.get("StartingBlockIndex") or 0)
        left = [number for number in numbers if number >= start]
        return left[:most], {"NextToken": str(left[most])} if len(left) > most else {}


def _under_the_volume_s_key() -> None:
    from moto.ec2.models.elastic_block_store import Snapshot

    kind: Any = Snapshot
    kind.kms_key_id = property(
        lambda self: self.__dict__.get("own_key") or self.volume.kms_key_id,
        lambda self, value: self.__dict__.update(own_key=value),
    )


def _digests(path: Path) -> dict[int, str]:
    """Holes of the file are skipped, as they hold nothing."""
    found: dict[int, str] = {}
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA) // BLOCK * BLOCK
            except OSError:
                return found
            content = os.pread(file.fileno(), BLOCK, at)
            if content.strip(b"\0"):
                found[at // BLOCK] = hashlib.sha256(content).hexdigest()
            at += BLOCK
    return found


def _about(snapshot: Any, at: datetime) -> dict[str, Any]:
    return {"VolumeSize": int(snapshot.volume.size), "BlockSize": BLOCK, "ExpiryTime": at + TOKEN_LIVES}


def _token(id_: str, number: int, at: datetime) -> str:
    return base64.b64encode(f"{id_}/{number}/{int((at + TOKEN_LIVES).timestamp())}".encode()).decode()


def _check_token(token: str, id_: str, number: int, at: datetime) -> None:
    try:
        named, block, expires = base64.b64decode(token, validate=True).decode().split("/")
        is_right = (named, int(block)) == (id_, number) and int(expires) > at.timestamp()
    except ValueError:
        is_right = False
    if not is_right:
        raise _invalid("INVALID_BLOCK_TOKEN", "The block token is not valid, or has expired.")


def _invalid(reason: str, message: str) -> Declined:
    return Declined(Denial("ValidationException", f"{message} ({reason})", 400))
