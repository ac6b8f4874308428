"""What commands print of evidence, and the public keys that they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.cli.output import print_json, printable
from nephoscope.model.errors import CustodyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from nephoscope.model.evidence import Capture
    from nephoscope.respond.evidence.verify import Report
    from nephoscope.store.evidence import Case


def case_row(case: Case) -> dict[str, Any]:
    """A case as one flat row."""
    return {
        "run": case.run,
        "state": "sealed" if case.sealed_at else "open",
        "made_at": case.made_at,
        "sealed_at": case.sealed_at,
        "number": case.number or None,
        "captures": case.captures,
        "bytes": case.bytes,
        "case": case.name,
        "finding": case.finding,
        "place": case.place,
    }


def shown_case(run: str, captures: Sequence[Capture]) -> Iterator[str]:
    """A run's captures, in order of time."""
    yield f"{printable(run)}: {len(captures)} captures"
    for each in captures:
        yield f"  {each.captured_at:%Y-%m-%d %H:%M:%S} {each.size_bytes:>10}  {printable(each.name)}"
        yield f"    {each.sha256}  {printable(each.source)}"


def read_keys(paths: Sequence[Path]) -> Mapping[str, str]:
    """Public keys by their ids. Raises CustodyError for what is none."""
    from nephoscope.signing import key_id_of

    found: dict[str, str] = {}
    for path in paths:
        try:
            files = sorted(path.glob("*.pem")) if path.is_dir() else [path]
            texts = [file.read_text(encoding="ascii") for file in files]
        except (OSError, UnicodeDecodeError) as error:
            raise CustodyError(f"The public key {path} cannot be read: {error}") from error
        if not texts:
            raise CustodyError(f"There is no public key in {path}: name a .pem file")
        found |= {key_id_of(text): text for text in texts}
    return found


def print_report(report: Report, *, is_json: bool) -> None:
    """What was verified, and every flaw."""
    if is_json:
        for flaw in report.flaws:
            print_json({"path": flaw.path, "kind": flaw.kind, "detail": flaw.detail})
        counts = {"manifests": len(report.manifests), "files": report.files, "bytes": report.bytes}
        proven = {"is_altered": report.is_altered, "is_proven": report.is_proven, "unproven": report.unproven}
        print_json({"place": report.place, "flaws": len(report.flaws), **counts, **proven})
        return
    for flaw in report.flaws:
        print(f"{flaw.kind.upper()}  {printable(flaw.path)}: {printable(flaw.detail)}")
    for root, manifest in sorted(report.manifests.items(), key=lambda each: each[1].number):
        who = f"run {printable(manifest.run)}, {len(manifest.captures)} captures"
        print(f"manifest {manifest.number}  {printable(root)}{who}, sealed {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")
        print(f"  by key {manifest.key_id}")
    if report.unproven:
        print(f"Not proven: {report.unproven}.")
    state = "is as it was sealed" if report.is_proven else "is NOT proven to be as it was sealed"
    print(f"{report.files} files, {report.bytes} bytes, {len(report.flaws)} flaws: the evidence {state}.")
