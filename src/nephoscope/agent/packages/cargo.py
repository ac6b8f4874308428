"""What a Rust program was built from: `Cargo.lock`."""

from __future__ import annotations

import re
from typing import BinaryIO, Iterator

from nephoscope.agent.packages.package import Found, Package, Problem, purl_of, text_of

LARGEST_BYTES = 32 << 20
_FIELD = re.compile(r'(name|version|source) = "([^"\\]*)"')


def wants(path: str, _mode: int) -> bool:
    """Lock files."""
    return path == "Cargo.lock" or path.endswith("/Cargo.lock")


def read(file: BinaryIO, path: str) -> Iterator[Found]:
    """The crates that a lock file names, save those of the tree itself, which have no source.

    The form is the one that Cargo writes, a field a line, and not all of TOML.
    Source: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html
    """
    content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        yield Problem(path, f"is larger than {LARGEST_BYTES} bytes; not read")
        return
    for number, part in enumerate(re.split(r"(?m)^\[\[package\]\][ \t\r]*$", text_of(content))[1:], 1):
        own = re.split(r"(?m)^\[", part)[0]
        found = (_FIELD.fullmatch(line.strip()) for line in own.splitlines())
        fields = {str(match.group(1)): str(match.group(2)) for match in found if match}
        if not fields.get("name") or not fields.get("version"):
            yield Problem(path, f"its package {number} has no name or version")
        elif "source" in fields:
            name, version = fields["name"], fields["version"]
            yield Package("crates.io", name, version, purl=purl_of("cargo", "", name, version, {}), location=path)
