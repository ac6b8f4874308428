"""A tree → its baseline on disk; a baseline → what changed since, explained.

Beside a baseline FILE lies `FILE.seen`: when which part of the tree was last read whole; it decides only what is read
next, and is trusted with nothing else. `FILE.dsse` is the signature, where somebody signed it.
"""

from __future__ import annotations

import json
import os
import platform
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Iterable, NamedTuple

from nephoscope.agent import VERSION
from nephoscope.agent.compare import SLOTS, Change, Comparer, Comparison, hashed_bytes, slots_due
from nephoscope.agent.explain import Explained, Explainer
from nephoscope.agent.manifest import Manifest, Writer
from nephoscope.agent.owners import Owners, owners_of
from nephoscope.agent.walk import ERROR, Directory, Walker, below

ADOPTED, GOLDEN = "adopted", "golden-image"
DATABASES = ("var/lib/dpkg/status", "lib/apk/db/installed")
PORTION = 10_000  # changes held until they are explained


class Place(NamedTuple):
    """Where a tree lies. root: the tree; system: the root of the system whose package databases own its files."""

    root: Path
    system: Path

    @property
    def prefix(self) -> str:
        """The tree's path in its system, "" where it is all of it."""
        if self.root == self.system:
            return ""
        return "/" + str(self.root.relative_to(self.system)) if is_below(self.root, self.system) else ""


def is_below(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder, or is it."""
    return path == folder or folder in path.parents


def place_of(path: Path) -> Place:
    """A tree that holds package databases is a system; any other belongs to this machine's."""
    root = path.resolve()
    is_system = any((root / each).exists() for each in DATABASES)
    return Place(root, root if is_system else Path("/"))


def at_once(read_bytes: int) -> None:
    """The pace of who waits for the answer."""


def make_baseline(
    place: Place,
    file: Path,
    left_out: Iterable[str] = (),
    cross_mounts: bool = False,
    golden: bool = False,
    pace: Callable[[int], None] = at_once,
) -> dict[str, Any]:
    """Write the baseline of a tree; answers its footer, with `unseen`: {path: why it could not be read}.

    pace: is told after each directory how many bytes were read of it, and may wait.
    Raises OSError; what lay in the file's place is then still there.
    """
    unseen: dict[str, str] = {}
    skip = [*left_out, *_own_files(place.root, file)]
    owners = owners_of(place.system, set())
    header = {
        "path": str(place.root), "made_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "tool": f"nephoscope {VERSION}", "host": platform.node(), "left_out": skip, "cross_mounts": cross_mounts,
        "trust": GOLDEN if golden else ADOPTED, "packages": owners.versions,
    }  # fmt: skip
    with Writer(str(file), header) as writer:

        def _emit(made: Directory) -> None:
            for index, said in made.extras.items():
                if ERROR in said:
                    unseen[os.fsdecode(below(made.path, made.names[index]))] = os.fsdecode(said[ERROR])
            writer.put(made)
            pace(hashed_bytes(made))

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
    return [str(each.relative_to(root)) for each in resolved if is_below(each, root)]


def signature_of(file: Path) -> Path:
    """Where a baseline's signature lies."""
    return Path(f"{file}.dsse")


def seen_of(file: Path) -> Path:
    """Where it stands when which part was last read whole."""
    return Path(f"{file}.seen")


class Checked(NamedTuple):
    """What a check saw. oldest_hash_at: since when every part was read whole; None where that is not known."""

    comparison: Comparison
    unseen: dict[str, str]
    oldest_hash_at: datetime | None


def check_baseline(
    place: Place,
    file: Path,
    manifest: Manifest,
    share: float,
    tell: Callable[[Explained], None],
    pace: Callable[[int], None] = at_once,
) -> Checked:
    """Compare a tree with its baseline and tell each change, explained. share: of the tree to read whole, 0 to 1.

    pace: as in `make_baseline`.

    Raises OSError, BadManifest.
    """
    last, now = _last_seen(file), time.time()
    due = slots_due(last, share, now)
    explaining = _Explaining(place, manifest.header, tell)
    header = manifest.header
    skip = [*header.get("left_out", ()), *_own_files(place.root, file)]
    comparer = Comparer(manifest, due, explaining.add, pace)
    found = comparer.compare(os.fsencode(place.root), bool(header.get("cross_mounts")), map(os.fsencode, skip))
    explaining.flush()
    unseen = {os.fsdecode(each): os.fsdecode(why) for each, why in found.unseen.items()}
    unseen.update(explaining.unseen)
    for slot in due:
        last[slot] = now
    try:
        write_whole(seen_of(file), json.dumps(last).encode())
    except OSError as error:
        unseen[str(seen_of(file))] = f"cannot be written, so the same part is read next time: {error.strerror}"
    oldest = min(last)
    return Checked(found, unseen, datetime.fromtimestamp(oldest, timezone.utc) if 0 < oldest <= now else None)


class _Explaining:
    """Holds a portion of changes, so that package databases are searched once for all of them."""

    def __init__(
        self,
        place: Place,
        header: dict[str, Any],
        tell: Callable[[Explained], None],
    ) -> None:
        self.place, self.header, self.tell = place, header, tell
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
        explainer = Explainer(str(self.place.root), prefix, owners, known, trust)
        for each in self.held:
            self.tell(explainer.explain(each))
        self.unseen.update(owners.unseen)
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
