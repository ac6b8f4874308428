"""Files and public keys → what of sealed evidence is not as it was sealed. Asks no store, no cloud and no network.

Every file's digest is held against the manifest, the manifest's signature against the key, each manifest against the
one before it and the head. What is signed decides; names and sizes in archives are hostile until it has.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from nephoscope.model.errors import CloudError, CustodyError
from nephoscope.model.evidence import (
    EXPORT,
    HEAD,
    MANIFEST,
    Envelope,
    Export,
    Head,
    Manifest,
    read_statement,
    sha256_of,
)
from nephoscope.respond.evidence.storage import CHUNK_BYTES
from nephoscope.signing import is_signed, key_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.model.evidence import Capture, CustodyEntry
    from nephoscope.respond.evidence.storage import Files

T = TypeVar("T", Manifest, Head, Export)
SMALL_BYTES = 64 << 20
MOST_FILES = 200_000
MANIFEST_FILE, HEAD_FILE, EXPORT_FILE = "manifest.dsse.json", "head.dsse.json", "export.dsse.json"


@dataclass(frozen=True)
class Flaw:
    """What is wrong with one file.

    kind: altered, missing, extra, unknown key, out of order; or, which proves nothing, unsealed and unreadable.
    """

    path: str
    kind: str
    detail: str


@dataclass
class Report:
    """What was found. unproven: why nothing can be said of who sealed it, empty where that is proven."""

    place: str
    flaws: list[Flaw] = field(default_factory=list[Flaw])
    manifests: dict[str, Manifest] = field(default_factory=dict[str, Manifest])
    files: int = 0
    bytes: int = 0
    unproven: str = ""

    @property
    def is_altered(self) -> bool:
        return any(flaw.kind not in ("unsealed", "unreadable") for flaw in self.flaws)

    @property
    def is_proven(self) -> bool:
        """Whether there is sealed evidence, all of it is as it was sealed, and by whom is known."""
        return bool(self.manifests) and not self.flaws and not self.unproven


def verify(files: Files, keys: Mapping[str, str], head: str = "") -> Report:
    """Check everything below a place: one case, or a whole installation's.

    keys: trusted public keys, PEM by id. Without any, those that lie with the evidence are used, which proves that it
    is whole but not who sealed it. head: the newest manifest's SHA-256, where it was written down elsewhere.
    """
    return _Check(files, dict(keys)).run(head)


class _Check:
    def __init__(self, files: Files, keys: dict[str, str]) -> None:
        self.files = files
        self.keys = keys
        self.report = Report(files.place)
        self.digests: dict[str, str] = {}  # of manifests' statements, by folder

    def run(self, head: str) -> Report:
        names = self._names()
        if not self.keys:
            self._take_keys(names)
        roots = sorted(name.removesuffix(MANIFEST_FILE) for name in names if _last(name) == MANIFEST_FILE)
        known: set[str] = set()
        for root in roots:
            known |= self._case(root, {name for name in names if name.startswith(root)})
        is_whole = HEAD_FILE in names or any(name.startswith("cases/") for name in names)
        self._chain(is_whole)
        self._head(names, is_whole, head)
        self._unknown(names - known, is_whole)
        if not self.report.manifests and not self.report.flaws:
            self.report.unproven = "there is no sealed evidence here"
        return self.report

    def _names(self) -> set[str]:
        """The names that are safe to ask for."""
        counted: Counter[str] = Counter()
        for name in self.files.names():
            counted[name] += 1
            if len(counted) > MOST_FILES:
                raise CustodyError(f"{self.files.place} holds more than {MOST_FILES} files: it is no evidence of ours")
        for name, times in counted.items():
            if times > 1:
                self._flaw(name, "extra", f"it is there {times} times")
            if not _is_safe(name):
                self._flaw(name, "extra", "its name leads out of the folder")
        return {name for name in counted if _is_safe(name)}

    def _take_keys(self, names: set[str]) -> None:
        self.report.unproven = "the public key came with the evidence: compare its id with the one that was published"
        for name in sorted(names):
            if _is_key(name) and (pem := self._content(name)) is not None:
                try:
                    text = pem.decode("ascii", "replace")
                    self.keys[key_id_of(text)] = text
                except CustodyError as error:
                    self._flaw(name, "altered", str(error))

    def _case(self, root: str, names: set[str]) -> set[str]:
        """One case; returns the names that its manifest and export account for."""
        path = f"{root}{MANIFEST_FILE}"
        manifest = self._signed(path, MANIFEST, Manifest)
        accounted = {path}
        if manifest is None:
            return {name for name in names if not name.startswith(f"{root}cases/")}
        self.report.manifests[root] = manifest
        if root.startswith("cases/") and root != f"cases/{manifest.run}/":
            self._flaw(path, "out of order", f"it is the manifest of run {manifest.run}")
        self._custody(path, manifest.run, manifest.custody)
        by_digest = {each.sha256: each for each in manifest.captures}
        for capture in manifest.captures:
            self._capture(root, capture, names, by_digest)
            accounted.add(f"{root}{capture.file}")
        return accounted | self._export(root, names, manifest)

    def _capture(self, root: str, capture: Capture, names: set[str], by_digest: Mapping[str, Capture]) -> None:
        path = f"{root}{capture.file}"
        if path not in names:
            self._flaw(path, "missing", f"{capture.name!r} was sealed with {capture.size_bytes} bytes")
            return
        found = self._digest(path, capture.size_bytes)
        if found is None:
            return
        digest, size = found
        self.report.files += 1
        self.report.bytes += size
        if digest == capture.sha256:
            return
        if other := by_digest.get(digest):
            self._flaw(path, "altered", f"it holds what {other.file} was sealed with: files changed places")
        elif size > capture.size_bytes:
            self._flaw(path, "altered", f"sealed with {capture.size_bytes} bytes, it has more")
        elif size < capture.size_bytes:
            self._flaw(path, "altered", f"sealed with {capture.size_bytes} bytes, it has {size}")
        else:
            self._flaw(path, "altered", f"sealed with SHA-256 {capture.sha256}, it has {digest}")

    def _export(self, root: str, names: set[str], manifest: Manifest) -> set[str]:
        path = f"{root}{EXPORT_FILE}"
        if path not in names:
            return set()
        export = self._signed(path, EXPORT, Export)
        if export is None:
            return {path}
        if export.run != manifest.run:
            self._flaw(path, "out of order", f"it is the export of run {export.run}")
        if export.custody[: len(manifest.custody)] != manifest.custody:
            self._flaw(path, "altered", "its custody log does not begin as it was sealed")
        self._custody(path, export.run, export.custody)
        for name, digest in export.files.items():
            self._listed(f"{root}{name}", digest, names)
        return {path, *(f"{root}{name}" for name in export.files)}

    def _listed(self, path: str, digest: str, names: set[str]) -> None:
        if path not in names:
            self._flaw(path, "missing", "it was exported")
        elif (content := self._content(path)) is not None and sha256_of(content) != digest:
            self._flaw(path, "altered", f"exported with SHA-256 {digest}, it has {sha256_of(content)}")

    def _custody(self, path: str, run: str, entries: tuple[CustodyEntry, ...]) -> None:
        previous = ""
        for number, entry in enumerate(entries, 1):
            if entry.previous != previous or entry.number != number or entry.run != run:
                self._flaw(path, "altered", f"entry {number} of the custody log does not follow the one before it")
                return
            previous = entry.digest

    def _chain(self, is_whole: bool) -> None:
        placed = sorted(self.report.manifests.items(), key=lambda each: each[1].number)
        number, digest = (0, "") if is_whole or not placed else (placed[0][1].number - 1, placed[0][1].previous)
        for root, manifest in placed:
            path = f"{root}{MANIFEST_FILE}"
            if manifest.number <= number:
                self._flaw(path, "out of order", f"there is another manifest {manifest.number}: one was put back")
                continue
            missing = range(number + 1, manifest.number)
            if len(missing) > self._broken and is_whole:
                self._flaw("cases/", "missing", f"manifest {_range(missing)}, which comes before {path}")
            elif not missing and manifest.previous != digest:
                self._flaw(path, "out of order", f"manifest {manifest.number} does not follow the one before it")
            number, digest = manifest.number, self.digests[root]

    def _head(self, names: set[str], is_whole: bool, expected: str) -> None:
        newest = max(self.report.manifests.items(), key=lambda each: each[1].number, default=None)
        digest = self.digests[newest[0]] if newest else ""
        if expected and digest != expected and not self._broken:
            self._flaw(HEAD_FILE, "missing", f"the newest manifest should be {expected}, it is {digest or 'not there'}")
        if not is_whole or (HEAD_FILE not in names and not newest):
            return
        if HEAD_FILE not in names:
            self._flaw(HEAD_FILE, "missing", "it says which manifest is the newest")
            return
        head = self._signed(HEAD_FILE, HEAD, Head)
        if head is None:
            return
        number = newest[1].number if newest else 0
        if number < head.number:
            if head.number - number > self._broken:
                self._flaw("cases/", "missing", f"manifest {_range(range(number + 1, head.number + 1))}, the newest")
        elif (number, digest) != (head.number, head.sha256):
            self._flaw(
                HEAD_FILE, "out of order", f"it says that manifest {head.number} is the newest, there is {number}"
            )

    @property
    def _broken(self) -> int:
        """How many manifests are there and do not count."""
        return sum(1 for digest in self.digests.values() if not digest)

    def _unknown(self, names: set[str], is_whole: bool) -> None:
        """What no manifest tells of."""
        open_cases: Counter[str] = Counter()
        for name in sorted(names - {HEAD_FILE}):
            parts = name.split("/")
            if is_whole and parts[0] == "cases" and len(parts) > 2 and f"cases/{parts[1]}/" not in self.digests:
                open_cases[f"cases/{parts[1]}/"] += 1
            elif _is_key(name) and self._is_known_key(name):
                continue
            else:
                self._flaw(name, "extra", "no manifest tells of it")
        for root, count in open_cases.items():
            self._flaw(root, "unsealed", f"{count} files that nothing can be said of yet")

    def _is_known_key(self, name: str) -> bool:
        content = self._content(name)
        try:
            return content is None or key_id_of(content.decode("ascii", "replace")) in self.keys
        except CustodyError:
            return False

    def _signed(self, path: str, kind: str, as_: type[T]) -> T | None:
        """What an envelope says, once its signature is proven; None, and a flaw, where it is not."""
        content = self._content(path)
        if kind == MANIFEST:
            self.digests[path.removesuffix(MANIFEST_FILE)] = ""
        if content is None:
            return None
        try:
            envelope = Envelope.from_bytes(content)
            if envelope.key_id not in self.keys:
                self._flaw(path, "unknown key", f"signed by {envelope.key_id[:64]}, whose public key was not given")
                return None
            if not is_signed(envelope, self.keys[envelope.key_id]):
                self._flaw(path, "altered", "its signature does not fit what it says")
                return None
            found = read_statement(envelope.payload, kind, as_)
        except CustodyError as error:
            self._flaw(path, "altered", str(error))
            return None
        if kind == MANIFEST:
            self.digests[path.removesuffix(MANIFEST_FILE)] = envelope.sha256
        return found

    def _content(self, path: str) -> bytes | None:
        """A small file whole; None, and a flaw, where it cannot be had."""
        chunks = list(self._chunks(path, SMALL_BYTES))
        return None if None in chunks else b"".join(chunk for chunk in chunks if chunk)

    def _digest(self, path: str, size_bytes: int) -> tuple[str, int] | None:
        """A file's digest and size; reading ends a little behind the size that it should have."""
        digest, size = hashlib.sha256(), 0
        for chunk in self._chunks(path, size_bytes):
            if chunk is None:
                return None
            digest.update(chunk)
            size += len(chunk)
        return digest.hexdigest(), size

    def _chunks(self, path: str, most: int) -> Iterator[bytes | None]:
        """A file's content until a little behind what it may hold; None, and a flaw, where it cannot be read."""
        left = most + 1
        try:
            with self.files.open(path) as content:
                while left > 0 and (chunk := content.read(min(CHUNK_BYTES, left))):
                    left -= len(chunk)
                    yield chunk
        except (CustodyError, EOFError, ValueError, zlib.error) as error:
            self._flaw(path, "altered", f"it cannot be read: {error}")
            yield None
        except (CloudError, OSError) as error:
            self._flaw(path, "unreadable", str(error))
            yield None

    def _flaw(self, path: str, kind: str, detail: str) -> None:
        self.report.flaws.append(Flaw(path, kind, detail))


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _is_key(name: str) -> bool:
    return name.startswith("keys/") and name.endswith(".pem")


def _is_safe(name: str) -> bool:
    return bool(name) and not name.startswith("/") and "\\" not in name and not {"", ".", ".."} & set(name.split("/"))


def _range(numbers: range) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
