"""OCaml packages: Debian's order of an upstream version."""

from __future__ import annotations

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.debian import part_key


@ecosystem("opam")
def opam(version: str) -> bytes | None:
    """Texts and numbers by turns, `~` before the end; None for an empty text.

    Order: 1.0~beta < 1.0 < 1.0.1 < v0.9
    Source: https://opam.ocaml.org/doc/Manual.html#version-ordering
    """
    return part_key(version) if version else None
