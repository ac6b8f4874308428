"""Changes → classes, in the order in which one explanation excludes the next, and who vouches for each.

A package database lies on the host that is judged: who is root there can rewrite it. `trust` says so.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple

from nephoscope.agent.digest import open_quietly

if TYPE_CHECKING:
    from nephoscope.agent.compare import Change, Entry
    from nephoscope.agent.owners import Owner, Owners

EXECUTED = re.compile(
    r"/(usr/(local/)?)?(s?bin|lib(exec|32|64|x32)?)/|/etc/(cron|systemd|init\.d|ld\.so|profile)|/opt/"
)
TIMES = {"mtime_ns", "ctime_ns", "ino"}
HOST_DB = "host-db"


class Class:
    """What a change is. APPROVED: somebody who is not on the host said so."""

    PACKAGE_UPGRADE = "package-upgrade"
    PACKAGE_OK = "package-ok"
    CONFIGURATION = "configuration-file"
    OWNED_CHANGED = "owned-changed"
    CHANGED = "changed"
    MISSING = "missing"
    NEW_EXECUTABLE = "new-executable"
    NEW = "new"
    METADATA = "metadata"
    TOUCHED = "touched"
    UNREADABLE = "unreadable"
    APPROVED = "approved"


EXPLAINED = {Class.PACKAGE_UPGRADE, Class.PACKAGE_OK, Class.TOUCHED, Class.APPROVED}


class Explained(NamedTuple):
    """A change with its class. trust: who vouches for the explanation: `host-db`, `approval` or the baseline's own.

    change: what an approval names; sha256: of the content that is there now, empty where none was read.
    """

    path: str
    class_: str
    severity: str
    explanation: str
    trust: str
    package: str = ""
    change: str = ""
    sha256: str = ""

    @property
    def is_explained(self) -> bool:
        """Whether nobody needs to look at it."""
        return self.class_ in EXPLAINED


class Explainer(NamedTuple):
    """Explains the changes of one tree. root: the tree; prefix: where it lies in its system, "" for all of it.

    before: {package: version} when the baseline was made; trust: the baseline's.
    """

    root: str
    prefix: str
    owners: Owners
    before: Mapping[str, str]
    trust: str

    def explain(self, change: Change) -> Explained:
        """The first class that fits."""
        digest = change.after.digest.hex() if change.after else ""
        return self._class_of(change)._replace(change=change_id(change), sha256=digest)

    def _class_of(self, change: Change) -> Explained:
        path = os.fsdecode(change.path)
        owner = self.owners.by_path.get(f"{self.prefix}/{path}")
        name = owner.package if owner else ""

        def _is(class_: str, severity: str, text: str, trust: str = self.trust) -> Explained:
            return Explained(path, class_, severity, text, trust, name)

        after = change.after
        if after is None:
            owned = f" of {name}" if name else ""
            return _is(Class.MISSING, "high" if name else "medium", f"a file{owned} is not there any more")
        if after.error:
            return _is(Class.UNREADABLE, "medium", f"could not be read: {os.fsdecode(after.error)}")
        if set(change.differs) & {"content", "type", "target", "new"}:
            return self._of_content(change, after, owner, _is)
        differs = ", ".join(change.differs)
        if set(change.differs) <= TIMES:
            return _is(Class.TOUCHED, "informational", f"only {differs} differ; content, owner and mode do not")
        grave = set(change.differs) & {"mode", "uid", "gid", "xattrs"}
        return _is(Class.METADATA, "high" if grave else "low", f"content is the same; {_before_after(change)}")

    def _of_content(
        self, change: Change, after: Entry, owner: Owner | None, _is: Callable[..., Explained]
    ) -> Explained:
        if owner and change.before is None and stat.S_ISDIR(after.status.mode):
            return _is(Class.PACKAGE_OK, "informational", f"a directory of {owner.package} {owner.version}", HOST_DB)
        if owner and self._is_as_packaged(change.path, after, owner):
            return self._packaged(change, owner, _is)
        if owner and owner.is_configuration:
            return _is(Class.CONFIGURATION, "medium", f"a configuration file of {owner.package} was changed", HOST_DB)
        if owner and owner.digest:
            said = f"{owner.package} {owner.version} installed another content"
            return _is(Class.OWNED_CHANGED, "high", said, HOST_DB)
        if change.before is not None:
            owned = f" (of {owner.package}, which names no digest for it)" if owner else ""
            return _is(Class.CHANGED, "high" if owner else "medium", f"{change.differs[0]} changed{owned}")
        if self._is_executable(change.path, after):
            return _is(Class.NEW_EXECUTABLE, "high", "no package owns it, and it can be run or lies where programs do")
        return _is(Class.NEW, "low", "no package owns it")

    def _packaged(self, change: Change, owner: Owner, _is: Callable[..., Explained]) -> Explained:
        """Its content is the package's; a mode or owner that the baseline has otherwise is still told."""
        if change.after and change.after.status.mode & 0o6000 and (not change.before or "mode" in change.differs):
            return _is(Class.METADATA, "high", "content is the package's, but it runs with its owner's rights now")
        was = self.before.get(owner.package)
        if was != owner.version:
            said = f"{owner.package} {was or '(not installed)'} → {owner.version}; the content is what it installed"
            return _is(Class.PACKAGE_UPGRADE, "informational", said, HOST_DB)
        return _is(Class.PACKAGE_OK, "informational", f"the content is what {owner.package} installed", HOST_DB)

    def _is_as_packaged(self, path: bytes, after: Entry, owner: Owner) -> bool:
        """Whether a file is what its package installed: both digests are taken of the same bytes."""
        if not (owner.digest and after.digest):
            return False
        weak, strong = _hash(owner.algorithm), hashlib.sha256()
        try:
            handle = open_quietly(os.path.join(os.fsencode(self.root), path), None)
            with os.fdopen(handle, "rb") as stream:
                while chunk := stream.read(1 << 20):
                    weak.update(chunk)
                    strong.update(chunk)
        except OSError:
            return False
        return strong.digest() == after.digest and weak.hexdigest() == owner.digest

    def _is_executable(self, path: bytes, after: Entry) -> bool:
        mode = after.status.mode
        runs = stat.S_ISREG(mode) and bool(mode & 0o111)
        return runs or (not stat.S_ISDIR(mode) and bool(EXECUTED.match(f"{self.prefix}/{os.fsdecode(path)}")))


def change_id(change: Change) -> str:
    """Of where a change is and what it led to (content, link, type, mode, owner), and nothing else: 32 hex digits."""
    digest = hashlib.sha256(b"nephoscope change\0" + change.path + b"\0")
    if change.after is not None:
        status = change.after.status
        digest.update(b"%o %d %d\0" % (status.mode, status.uid, status.gid) + change.after.digest)
        for kind, content in sorted(change.after.extras.items()):
            digest.update(b"\0%b=%b" % (kind, content))
    return digest.hexdigest()[:32]


def _hash(algorithm: str) -> Any:
    """A weak digest, that proves nothing by itself; a Python that forbids it for security is told that it is none."""
    try:
        return hashlib.new(algorithm, usedforsecurity=False)
    except TypeError:  # before 3.9
        return hashlib.new(algorithm)


def _before_after(change: Change) -> str:
    said: list[str] = []
    for name in change.differs:
        if name in ("mode", "uid", "gid", "nlink") and change.before and change.after:
            old, new = getattr(change.before.status, name), getattr(change.after.status, name)
            shown = (f"{old & 0o7777:04o}", f"{new & 0o7777:04o}") if name == "mode" else (old, new)
            said.append(f"{name} {shown[0]} → {shown[1]}")
        else:
            said.append(name)
    return ", ".join(said)
