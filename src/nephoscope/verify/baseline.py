"""A tree → its baseline on disk, signed if asked; a baseline → what changed since, explained.

Beside a baseline FILE lie `FILE.dsse` (the signature, if there is one) and `FILE.seen` (when which part of the tree was
last read whole; it decides only what is read next, and is trusted with nothing else).
"""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nephoscope import __version__
from nephoscope.agent.compare import SLOTS, Change, Comparer, Comparison, slots_due
from nephoscope.agent.manifest import BadManifest, Manifest, Writer
from nephoscope.agent.walk import ERROR, Directory, Walker, below
from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Envelope, statement
from nephoscope.verify.explain import Explained, Explainer
from nephoscope.verify.owners import Owners, owners_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nephoscope.verify.approvals import Approval

PREDICATE = "urn:nephoscope:file-manifest:v1"
ADOPTED, GOLDEN = "adopted", "golden-image"
DATABASES = ("var/lib/dpkg/status", "lib/apk/db/installed")
PORTION = 10_000  # changes held until they are explained


@dataclass(frozen=True)
class Place:
    """Where a tree lies. root: the tree; system: the root of the system whose package databases own its files."""

    root: Path
    system: Path

    @property
    def prefix(self) -> str:
        """The tree's path in its system, "" where it is all of it."""
        if self.root == self.system:
            return ""
        return "/" + str(self.root.relative_to(self.system)) if self.root.is_relative_to(self.system) else ""


def place_of(path: Path) -> Place:
    """A tree that holds package databases is a system; any other belongs to this machine's."""
    root = path.resolve()
    is_system = any((root / each).exists() for each in DATABASES)
    return Place(root, root if is_system else Path("/"))


def make_baseline(path: Path, file: Path, left_out: Iterable[str], cross_mounts: bool, golden: bool) -> dict[str, Any]:
    """Write the baseline of a tree; answers its footer, with `unseen`: {path: why it could not be read}.

    Raises OSError; what lay in the file's place is then still there.
    """
    place = place_of(path)
    unseen: dict[str, str] = {}
    skip = [*left_out, *_own_files(place.root, file)]
    owners = owners_of(place.system, set())
    header = {
        "path": str(place.root), "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tool": f"nephoscope {__version__}", "host": platform.node(), "left_out": skip, "cross_mounts": cross_mounts,
        "trust": GOLDEN if golden else ADOPTED, "packages": owners.versions,
    }  # fmt: skip
    with Writer(str(file), header) as writer:

        def _emit(made: Directory) -> None:
            for index, said in made.extras.items():
                if ERROR in said:
                    unseen[os.fsdecode(below(made.path, made.names[index]))] = os.fsdecode(said[ERROR])
            writer.put(made)

        Walker(os.fsencode(place.root), lambda _: None, _emit, cross_mounts, map(os.fsencode, skip)).walk()
        footer = writer.close()
    for beside in (signature_of(file), seen_of(file)):
        beside.unlink(missing_ok=True)  # they were of the baseline before
    write_whole(seen_of(file), json.dumps([time.time()] * SLOTS).encode())
    return {**footer, "unseen": unseen}


def _own_files(root: Path, file: Path) -> list[str]:
    """The baseline's own files, where they lie in the tree, which changes by them."""
    files = (file, signature_of(file), seen_of(file), Path(f"{file}.{os.getpid()}.part"))
    resolved = [each.parent.resolve() / each.name for each in files]
    return [str(each.relative_to(root)) for each in resolved if each.is_relative_to(root)]


def signature_of(file: Path) -> Path:
    """Where a baseline's signature lies."""
    return Path(f"{file}.dsse")


def seen_of(file: Path) -> Path:
    """Where it stands when which part was last read whole."""
    return Path(f"{file}.seen")


def sign_baseline(file: Path, sha256: str, root: str, key: Path) -> str:
    """Sign a baseline: an in-toto Statement in a DSSE envelope, Ed25519. Returns the key's id. Raises CustodyError."""
    from nephoscope.signing import opened_key

    signer = opened_key(key, may_make=False)
    envelope = signer.sign(statement(PREDICATE, {file.name: sha256}, {"root": root}))
    write_whole(signature_of(file), envelope.to_bytes())
    return signer.key_id


def refuse_unsigned(file: Path, sha256: str, public_key: Path) -> None:
    """Raises CustodyError unless a baseline of this digest is signed by this public key."""
    from nephoscope.signing import is_signed

    try:
        envelope = Envelope.from_bytes(signature_of(file).read_bytes())
        pem = public_key.read_text("ascii", "replace")
    except OSError as error:
        raise CustodyError(f"{file} is not proven: {error.filename} cannot be read: {error.strerror}") from error
    if not is_signed(envelope, pem):
        raise CustodyError(f"{file} is not proven: {signature_of(file)} is not signed by {public_key}")
    said = json.loads(envelope.payload)
    digests = [each.get("digest", {}).get("sha256") for each in said.get("subject", ())]
    if said.get("predicateType") != PREDICATE or digests != [sha256]:
        raise CustodyError(f"{file} is not proven: what was signed is not this file (its SHA-256 is {sha256})")


@dataclass(frozen=True)
class Checked:
    """What a check saw. oldest_hash_at: since when every part was read whole; None where that is not known."""

    comparison: Comparison
    unseen: dict[str, str]
    oldest_hash_at: datetime | None


def check_baseline(
    path: Path,
    file: Path,
    manifest: Manifest,
    share: float,
    tell: Callable[[Explained], None],
    approvals: Mapping[str, Approval] | None = None,
) -> Checked:
    """Compare a tree with its baseline and tell each change, explained. share: of the tree to read whole, 0 to 1.

    Raises OSError, BadManifest.
    """
    place = place_of(path)
    last, now = _last_seen(file), time.time()
    due = slots_due(last, share, now)
    explaining = _Explaining(place, manifest.header, tell, approvals or {})
    header = manifest.header
    skip = [*header.get("left_out", ()), *_own_files(place.root, file)]
    comparer = Comparer(manifest, due, explaining.add)
    found = comparer.compare(os.fsencode(place.root), bool(header.get("cross_mounts")), map(os.fsencode, skip))
    explaining.flush()
    unseen = {os.fsdecode(each): os.fsdecode(why) for each, why in found.unseen.items()} | explaining.unseen
    for slot in due:
        last[slot] = now
    try:
        write_whole(seen_of(file), json.dumps(last).encode())
    except OSError as error:
        unseen[str(seen_of(file))] = f"cannot be written, so the same part is read next time: {error.strerror}"
    oldest = min(last)
    return Checked(found, unseen, datetime.fromtimestamp(oldest, UTC) if 0 < oldest <= now else None)


class _Explaining:
    """Holds a portion of changes, so that package databases are searched once for all of them."""

    def __init__(
        self,
        place: Place,
        header: dict[str, Any],
        tell: Callable[[Explained], None],
        approvals: Mapping[str, Approval],
    ) -> None:
        self.place, self.header, self.tell, self.approvals = place, header, tell, approvals
        self.held: list[Change] = []
        self.unseen: dict[str, str] = {}

    def add(self, change: Change) -> None:
        self.held.append(change)
        if len(self.held) >= PORTION:
            self.flush()

    def flush(self) -> None:
        if not self.held:
            return
        prefix = self.place.prefix
        owners: Owners = owners_of(self.place.system, {f"{prefix}/{os.fsdecode(each.path)}" for each in self.held})
        packages, trust = self.header.get("packages"), str(self.header.get("trust", ADOPTED))
        known = packages if isinstance(packages, dict) else {}
        explainer = Explainer(self.place.root, prefix, owners, known, trust, self.approvals)
        for each in self.held:
            self.tell(explainer.explain(each))
        self.unseen |= owners.unseen
        self.held.clear()


def _last_seen(file: Path) -> list[float]:
    """When each part was last read whole; never, where that is not said or is no time."""
    try:
        found = json.loads(seen_of(file).read_bytes())
    except (OSError, ValueError, RecursionError):
        found = None
    if isinstance(found, list) and len(found) == SLOTS and all(isinstance(each, (int, float)) for each in found):
        return [float(each) for each in found]
    return [0.0] * SLOTS


def write_whole(file: Path, content: bytes) -> None:
    """Put a small file in its place, whole or not at all."""
    part = Path(f"{file}.{os.getpid()}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def opened_baseline(file: Path) -> Manifest:
    """A baseline, checked whole. Raises CustodyError naming file and byte."""
    try:
        return Manifest(str(file))
    except BadManifest as error:
        raise CustodyError(str(error)) from error
    except OSError as error:
        raise CustodyError(f"{file} cannot be read: {error.strerror}") from error
