"""Trees of files and their baselines in the agent's folder → lines of JSON: what changed, and what was looked at.

Runs in a process of its own, at the lowest priority and at a pace, so that heartbeats go on and its memory is given
back. A first look adopts what is there as the baseline. Nothing that was adopted is ever replaced by itself.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator

from nephoscope.agent.baseline import Place, at_once, check_baseline, make_baseline
from nephoscope.agent.canonical import canonical
from nephoscope.agent.host import shown
from nephoscope.agent.manifest import BadManifest, Manifest

MOST_CHANGES = 5_000  # told of one tree
MOST_UNSEEN = 50


def manifest_of(folder: str, path: str) -> Path:
    """Where the baseline of a watched path lies."""
    return Path(folder) / ("files-%s.manifest" % hashlib.sha256(os.fsencode(path)).hexdigest()[:16])


def look(folder: str, root: str, path: str, share: float, pace: Callable[[int], None] = at_once) -> Iterator[str]:
    """One look at a watched path: a line for each change, then one that sums up.

    root: where the host's / is mounted. share: of the tree to read whole, 0 to 1.
    """
    file = manifest_of(folder, path)
    place = Place(Path(os.path.realpath(root + path)), Path(root))
    if not place.root.is_dir():
        yield _sum(path, cause="is no folder, or is not there")
        return
    changes: list[Any] = []
    try:
        if not file.exists():
            made = make_baseline(place, file, _left_out(folder, place.root), pace=pace)
            yield _sum(
                path, made["unseen"], adopted=True, root=made["root"], sha256=made["sha256"], entries=made["entries"]
            )
            return
        with Manifest(str(file)) as manifest:
            checked = check_baseline(place, file, manifest, share, changes.append, pace)
            told = dict(manifest.footer, sha256=manifest.sha256, made_at=manifest.header.get("made_at", ""))
    except BadManifest as error:
        yield _sum(path, cause="the baseline is damaged: %s" % error)
        return
    except OSError as error:
        yield _sum(path, cause="%s: %s" % (error.filename or path, error.strerror))
        return
    for each in changes[:MOST_CHANGES]:
        yield _change(path, each)
    explained = sum(each.is_explained for each in changes)
    yield _sum(
        path, checked.unseen, root=told["root"], sha256=told["sha256"], entries=checked.comparison.entries,
        made_at=told["made_at"], explained=explained, unexplained=len(changes) - explained,
        untold=max(0, len(changes) - MOST_CHANGES), hashed_bytes=checked.comparison.hashed_bytes,
        oldest_hash_at=int(checked.oldest_hash_at.timestamp()) if checked.oldest_hash_at else 0,
    )  # fmt: skip


def _left_out(folder: str, root: Path) -> list[str]:
    """The agent's own folder, where it lies in the tree."""
    own = Path(os.path.realpath(folder))
    return [str(own.relative_to(root))] if root in own.parents else []


def _change(path: str, each: Any) -> str:
    told = {
        "path": shown(os.path.join(path, each.path)), "class": each.class_, "severity": each.severity,
        "explanation": shown(each.explanation), "trust": each.trust, "package": shown(each.package),
        "change": each.change, "sha256": each.sha256,
    }  # fmt: skip
    return canonical({"change": told})


def _sum(path: str, unseen: dict[str, str] | None = None, **told: Any) -> str:
    some = {shown(name): shown(why) for name, why in sorted((unseen or {}).items())[:MOST_UNSEEN]}
    return canonical({"looked": dict(told, path=path, unseen=some, unseen_count=len(unseen or {}))})


def paced(bytes_per_s: int, wait: Callable[[float], None] = time.sleep) -> Callable[[int], None]:
    """Waits after what was read for as long as it should have taken."""

    def pace(read_bytes: int) -> None:
        if read_bytes:
            wait(min(read_bytes / bytes_per_s, 60.0))

    return pace


def run(folder: str, root: str, paths: list[str], share: float, kb_per_s: int) -> int:
    """Look at each path, and print what there is to tell; at the lowest priority."""
    os.nice(19)
    pace = paced(kb_per_s << 10) if kb_per_s else at_once
    for path in paths:
        for line in look(folder, root, path, share, pace):
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0
