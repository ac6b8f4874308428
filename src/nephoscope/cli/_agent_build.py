"""The agent's sources → one executable file, the same bytes from the same sources and the same zlib."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import nephoscope

SHEBANG = b"#!/usr/bin/python3 -SEs\n"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first time that a zip file can hold
MAIN = b"import sys\n\nfrom nephoscope.agent.__main__ import main\n\nsys.exit(main())\n"


def archive() -> bytes:
    """The .pyz: `nephoscope.agent`, and nothing else of ours."""
    package = Path(nephoscope.__file__).parent
    files = {"__main__.py": MAIN, "nephoscope/__init__.py": (package / "__init__.py").read_bytes()}
    for path in (package / "agent").rglob("*.py"):
        files[f"nephoscope/{path.relative_to(package).as_posix()}"] = path.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return SHEBANG + packed.getvalue()


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()
