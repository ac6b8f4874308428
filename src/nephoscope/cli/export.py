"""`nephoscope export`: findings as a file."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from nephoscope.cli._store import configured, opened_ledger
from nephoscope.cli.findings import chosen, nothing_found
from nephoscope.cli.output import Exit
from nephoscope.model.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.store.finding_list import FindingFilter

GAPS_SHOWN = 200


def export(
    format: Annotated[str, typer.Option(metavar="jsonl|csv|ocsf|sarif|html|pdf", help="What to write.")] = "jsonl",
    out: Annotated[Path | None, typer.Option(help="The file to write; else standard output.")] = None,
    status: Annotated[str, typer.Option(help="open, resolved, waived; several with commas; all.")] = "open",
    severity: Annotated[str, typer.Option(help="Of these severities, with commas.")] = "",
    kind: Annotated[str, typer.Option(help="detection, compliance …, with commas.")] = "",
    account: Annotated[str, typer.Option(help="Of these accounts, with commas.")] = "",
    region: Annotated[str, typer.Option(help="Of these regions, with commas.")] = "",
    rule: Annotated[str, typer.Option(help="Of these rules or checks, with commas.")] = "",
    resource: Annotated[str, typer.Option(help="About the resource of this id.")] = "",
    since: Annotated[str, typer.Option(help="Seen since: 24h, 7d or a time.")] = "",
    text: Annotated[str, typer.Option("-q", "--text", help="With all these words.")] = "",
    order: Annotated[str, typer.Option(help="newest or gravest first.")] = "gravest",
    config: Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")] = None,
) -> int:
    """Write findings as a file: for people (html, pdf, csv) or for other tools (jsonl, ocsf, sarif).

    Takes the same filter as `findings list`. Exits with 0 if there are none, 1 if there are, 2 if there are none but
    something could not be seen.

    Example: nephoscope export --format html --out report.html

    Example: nephoscope export --format ocsf --severity high,critical --since 24h > findings.ocsf.jsonl
    """
    from nephoscope.export.format import formats

    known = formats()
    if format not in known:
        raise typer.BadParameter(f"{format} is none of {', '.join(known)}", param_hint="--format")
    if order not in ("newest", "gravest"):
        raise typer.BadParameter(f"{order} is neither newest nor gravest", param_hint="--order")
    settings = configured(config, data)
    said = {"status": status, "severity": severity, "kind": kind, "account": account, "region": region, "rule": rule}
    said |= {"resource": resource, "since": since, "text": text}
    choice = chosen(said, settings)
    with opened_ledger(settings) as ledger, ledger.read() as connection:
        from nephoscope.store.finding_list import FindingFilter, all_findings

        wanted = FindingFilter(**choice)
        report = _report(connection, wanted, said)
        with opened_file(out) as file:
            _write(known[format](all_findings(connection, wanted, order=order), report), file)
        return Exit.FINDINGS if report.total else nothing_found(connection)


def _report(connection: Any, wanted: FindingFilter, said: dict[str, str]) -> Any:
    from nephoscope.export.format import Report
    from nephoscope.store.finding_list import facet_counts
    from nephoscope.store.gaps import list_gaps

    words = ", ".join(f"{name} {value}" for name, value in said.items() if value)
    gaps = [each.gap for each in list_gaps(connection, limit=GAPS_SHOWN)]
    return Report(datetime.now(UTC), words, facet_counts(connection, wanted), gaps)


def _write(parts: Iterable[bytes], file: BinaryIO) -> None:
    for part in parts:
        file.write(part)
    file.flush()


@contextmanager
def opened_file(out: Path | None) -> Iterator[BinaryIO]:
    """Standard output; or a file, this user's alone, that is there only once it is whole."""
    if out is None:
        yield sys.stdout.buffer
        return
    try:
        number, name = tempfile.mkstemp(dir=out.absolute().parent, prefix=f".{out.name}.")
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}") from error
    unfinished = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
        unfinished.replace(out)
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
