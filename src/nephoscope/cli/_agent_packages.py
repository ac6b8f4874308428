"""The agent as a Debian package and as an RPM, written as their formats say, the same bytes each time.

Source: deb(5), deb-control(5); https://rpm-software-management.github.io/rpm/manual/format_v4.html
"""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.cli._agent_install import UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "nephoscope-agent"
SUMMARY = "Watches this host for Nephoscope"
ABOUT = "Collects facts, logs and changes of files of this host and sends them to a Nephoscope gateway."
LIBRARY = f"/usr/lib/{NAME}/{NAME}.pyz"
PROGRAM = f"/usr/sbin/{NAME}"
SERVICE = f"/usr/lib/systemd/system/{NAME}.service"
STATE = f"/var/lib/{NAME}"
WRAPPER = f'#!/bin/sh\nexec /usr/bin/python3 -SEs {LIBRARY} "$@"\n'
INSTALLED = f"""\
(umask 077; mkdir -p {STATE})
chmod 0700 {STATE}
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable --quiet {NAME}.service
  if [ -f {STATE}/identity.json ]; then systemctl restart {NAME}.service; fi
fi
"""
REMOVED = f"""\
if [ -f {STATE}/identity.json ]; then
  {PROGRAM} leave || echo "{NAME}: the gateway could not be told; it will see silence" >&2
fi
if [ -d /run/systemd/system ]; then systemctl disable --quiet --now {NAME}.service; fi
"""
PURGED = f"rm -rf {STATE}\n"


@dataclass(frozen=True)
class File:
    """A file of a package. path: absolute."""

    path: str
    content: bytes
    mode: int


def files_of(program: bytes) -> list[File]:
    """What a package installs, by path. program: the .pyz."""
    unit = UNIT.replace("/usr/local/sbin/", "/usr/sbin/")
    found = [File(LIBRARY, program, 0o755), File(PROGRAM, WRAPPER.encode(), 0o755), File(SERVICE, unit.encode(), 0o644)]
    return sorted(found, key=lambda file: file.path)


def deb(program: bytes, version: str) -> bytes:
    """The Debian package of a .pyz."""
    files = files_of(program)
    size = sum(len(file.content) for file in files) // 1024 + 1
    control = (
        f"Package: {NAME}\nVersion: {version}\nArchitecture: all\nMaintainer: Nephoscope <nephoscope@localhost>\n"
        f"Installed-Size: {size}\nDepends: python3 (>= 3.8)\nSection: admin\nPriority: optional\n"
        f"Description: {SUMMARY}\n {ABOUT}\n"
    )
    sums = "".join(f"{_md5(file.content)}  {file.path[1:]}\n" for file in files)
    scripts = {"postinst": INSTALLED, "prerm": f'[ "$1" = remove ] || exit 0\n{REMOVED}'}
    scripts["postrm"] = f'[ "$1" = purge ] || exit 0\n{PURGED}'
    told = [File("/control", control.encode(), 0o644), File("/md5sums", sums.encode(), 0o644)]
    told += [File(f"/{name}", f"#!/bin/sh\nset -e\n{text}".encode(), 0o755) for name, text in sorted(scripts.items())]
    members = {"debian-binary": b"2.0\n", "control.tar.gz": _tar(told), "data.tar.gz": _tar(files)}
    return b"!<arch>\n" + b"".join(_member(name, content) for name, content in members.items())


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _member(name: str, content: bytes) -> bytes:
    head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
    return head.encode() + content + b"\n" * (len(content) % 2)


def _tar(files: Sequence[File]) -> bytes:
    """A gzip of a tar with each file, and the folders above it, as root's."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder in _folders(files):
            entry = tarfile.TarInfo(f".{folder}/")
            entry.type, entry.mode, entry.uname, entry.gname = tarfile.DIRTYPE, 0o755, "root", "root"
            tar.addfile(entry)
        for file in files:
            entry = tarfile.TarInfo(f".{file.path}")
            entry.size, entry.mode, entry.uname, entry.gname = len(file.content), file.mode, "root", "root"
            tar.addfile(entry, io.BytesIO(file.content))
    return gzip.compress(packed.getvalue(), 9, mtime=0)


def _folders(files: Sequence[File]) -> list[str]:
    found = {""}
    for file in files:
        parts = file.path.split("/")[1:-1]
        found |= {"/" + "/".join(parts[: end + 1]) for end in range(len(parts))}
    return sorted(found)


# RPM

INT16, INT32, STRING, BINARY, STRINGS, I18N = 3, 4, 6, 7, 8, 9
MAGIC = b"\x8e\xad\xe8\x01\0\0\0\0"
LEAST, RPMLIB = 0x8 | 0x4, 0x1000000 | 0x8 | 0x2  # ≥; of rpm itself, ≤
SHA256 = 8
Tag = tuple[int, int, object]


def rpm(program: bytes, version: str) -> bytes:
    """The RPM of a .pyz, without a signature."""
    files = files_of(program)
    archive = _cpio(files)
    payload = gzip.compress(archive, 9, mtime=0)
    header = _header(63, [*_about(version, payload), *_relations(version), *_listed(files), *_scripts()])
    digests: list[Tag] = [
        (269, STRING, hashlib.sha1(header, usedforsecurity=False).hexdigest()),
        (273, STRING, hashlib.sha256(header).hexdigest()),
        (1000, INT32, [len(header) + len(payload)]),
        (1004, BINARY, hashlib.md5(header + payload, usedforsecurity=False).digest()),
        (1007, INT32, [len(archive)]),
    ]
    signatures = _header(62, digests)
    return _lead(version) + signatures + b"\0" * (-len(signatures) % 8) + header + payload


def _lead(version: str) -> bytes:
    name = f"{NAME}-{version}-1".encode()[:65]
    return struct.pack(">4sBBHH66sHH16s", b"\xed\xab\xee\xdb", 3, 0, 0, 0, name, 1, 5, b"")


def _about(version: str, payload: bytes) -> list[Tag]:
    return [
        (100, STRINGS, ["C"]), (1000, STRING, NAME), (1001, STRING, version), (1002, STRING, "1"),
        (1004, I18N, [SUMMARY]), (1005, I18N, [ABOUT]), (1006, INT32, [0]), (1007, STRING, "localhost"),
        (1014, STRING, "Apache-2.0"), (1016, I18N, ["Unspecified"]), (1021, STRING, "linux"), (1022, STRING, "noarch"),
        (1044, STRING, f"{NAME}-{version}-1.src.rpm"), (1064, STRING, "4.18.0"), (1124, STRING, "cpio"),
        (1125, STRING, "gzip"), (1126, STRING, "9"), (5062, STRING, "utf-8"),
        (5092, STRINGS, [hashlib.sha256(payload).hexdigest()]), (5093, INT32, [SHA256]),
    ]  # fmt: skip


def _relations(version: str) -> list[Tag]:
    needs = [
        ("/bin/sh", 0, ""), ("python3", LEAST, "3.8"), ("rpmlib(CompressedFileNames)", RPMLIB, "3.0.4-1"),
        ("rpmlib(FileDigests)", RPMLIB, "4.6.0-1"), ("rpmlib(PayloadFilesHavePrefix)", RPMLIB, "4.0-1"),
    ]  # fmt: skip
    names, flags, versions = zip(*needs, strict=True)
    provided: list[Tag] = [(1047, STRINGS, [NAME]), (1112, INT32, [0x8]), (1113, STRINGS, [f"{version}-1"])]
    return [*provided, (1048, INT32, list(flags)), (1049, STRINGS, list(names)), (1050, STRINGS, list(versions))]


def _listed(files: Sequence[File]) -> list[Tag]:
    count = len(files)
    folders = sorted({_folder(file) for file in files})
    return [
        (1009, INT32, [sum(len(file.content) for file in files)]),
        (1028, INT32, [len(file.content) for file in files]),
        (1030, INT16, [0o100000 | file.mode for file in files]),
        (1033, INT16, [0] * count), (1034, INT32, [0] * count),
        (1035, STRINGS, [hashlib.sha256(file.content).hexdigest() for file in files]),
        (1036, STRINGS, [""] * count), (1037, INT32, [0] * count),
        (1039, STRINGS, ["root"] * count), (1040, STRINGS, ["root"] * count),
        (1045, INT32, [0xFFFFFFFF] * count), (1095, INT32, [1] * count), (1096, INT32, list(range(1, count + 1))),
        (1097, STRINGS, [""] * count), (1116, INT32, [folders.index(_folder(file)) for file in files]),
        (1117, STRINGS, [file.path.rpartition("/")[2] for file in files]), (1118, STRINGS, folders),
        (5011, INT32, [SHA256]),
    ]  # fmt: skip


def _folder(file: File) -> str:
    return file.path.rpartition("/")[0] + "/"


def _scripts() -> list[Tag]:
    last = 'if [ "$1" = 0 ]; then\n{}fi\n'  # how many versions stay
    texts = ((1024, INSTALLED, 1086), (1025, last.format(REMOVED), 1087), (1026, last.format(PURGED), 1088))
    return [tag for at, text, program in texts for tag in ((at, STRING, text), (program, STRING, "/bin/sh"))]


def _header(region: int, tags: Sequence[Tag]) -> bytes:
    """A header structure whose entries, by tag, are one immutable region."""
    entries, store = bytearray(), bytearray()
    for tag, kind, value in sorted(tags, key=lambda each: each[0]):
        content, count = _encoded(kind, value)
        store += b"\0" * (-len(store) % {INT16: 2, INT32: 4}.get(kind, 1))
        entries += struct.pack(">IIII", tag, kind, len(store), count)
        store += content
    first = struct.pack(">IIII", region, BINARY, len(store), 16)
    index = len(tags) + 1
    store += struct.pack(">IIiI", region, BINARY, -16 * index, 16)
    return MAGIC + struct.pack(">II", index, len(store)) + first + bytes(entries) + bytes(store)


def _encoded(kind: int, value: object) -> tuple[bytes, int]:
    """A tag's value as stored, and how many there are."""
    if isinstance(value, bytes):
        return value, len(value)
    if isinstance(value, str):
        return value.encode() + b"\0", 1
    assert isinstance(value, list)
    values: list[object] = value
    if kind in (STRINGS, I18N):
        return b"".join(str(each).encode() + b"\0" for each in values), len(values)
    return struct.pack(f">{len(values)}{'H' if kind == INT16 else 'I'}", *values), len(values)


def _cpio(files: Sequence[File]) -> bytes:
    """The payload: cpio in its `newc` form."""
    packed = bytearray()
    for number, file in enumerate([*files, File("", b"", 0)], 1):
        name = (f".{file.path}" if file.path else "TRAILER!!!").encode() + b"\0"
        mode = 0o100000 | file.mode if file.path else 0
        fields = (number if file.path else 0, mode, 0, 0, 1, 0, len(file.content), 0, 0, 0, 0, len(name), 0)
        packed += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        packed += b"\0" * (-len(packed) % 4) + file.content
        packed += b"\0" * (-len(packed) % 4)
    return bytes(packed)
