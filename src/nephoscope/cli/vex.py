"""`nephoscope vex`: what vendors and people say of vulnerabilities in products."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from nephoscope.cli._store import ListByDefault, chosen_format, configured, identity, opened_ledger, print_rows
from nephoscope.cli.output import Exit, warn

COLUMNS = ("id", "format", "author", "statements", "imported_by", "imported_at", "withdrawn_by", "digest")
STATEMENTS = ("vulnerability", "status", "component", "product", "justification", "said", "at", "document")

app = typer.Typer(
    cls=ListByDefault,
    help="VEX: documents that say which products a vulnerability affects, and which not.",
    add_completion=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
ByOption = Annotated[str, typer.Option(help="Who acts; else the user of this machine.")]


@app.command("list")
def list_(
    statements: Annotated[bool, typer.Option("--statements", help="Each statement that holds, instead.")] = False,
    format: Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List documents, withdrawn ones too, with who imported them; or the statements that hold.

    Example: nephoscope vex --statements
    """
    shown = chosen_format(format)
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.vex import NAMES, list_documents, statements_of

        documents = list_documents(connection)
        said = statements_of(connection) if statements else []
    if statements:
        rows = [dict(zip(NAMES, row, strict=True)) | {"document": digest[:16]} for digest, row in said]
        print_rows(rows, STATEMENTS, shown)
    else:
        print_rows(map(vars, documents), COLUMNS, shown)
    return Exit.NOTHING


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="OpenVEX, CycloneDX or CSAF, as JSON.")],
    by: ByOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Keep what documents say: a vulnerability that does not affect a product, or was fixed, is no finding there.

    \b
    nephoscope vex import vendor.openvex.json
    nephoscope vex import cve-2026-1.json our-app.cdx.json --by alice

    Exit code: 0 all was read, 2 some of it could not be (it is named, and the rest counts), 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    from nephoscope.model.errors import SourceError

    who, missed = identity(by), 0
    with opened_ledger(configured(config, data)) as ledger:
        from nephoscope.pipeline.vex import import_document

        for file in files:
            try:
                document, gaps = import_document(ledger, _content(file), str(file), who)
            except SourceError as error:
                warn(f"{error.where}: {error.reason}")
                missed += 1
                continue
            print(f"{document.id or document.digest[:16]}: {document.statements} statements ({document.format})")
            for gap in gaps:
                warn(f"{gap.subject}: {gap.cause}")
            missed += len(gaps)
    return Exit.UNSEEN if missed else Exit.NOTHING


def _content(file: Path) -> bytes:
    from nephoscope.model.errors import SourceError
    from nephoscope.scan.vex import LARGEST_BYTES

    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise SourceError(str(file), f"cannot be read: {error.strerror}") from error


@app.command("withdraw")
def withdraw(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Its id, or the beginning of its digest.")],
    by: ByOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Take a document back: what it suppressed is found again. The document stays listed.

    Example: nephoscope vex withdraw 3f2a9c01
    """
    from nephoscope.model.errors import SourceError

    with opened_ledger(configured(config, data)) as ledger:
        from nephoscope.pipeline.vex import withdraw_document

        try:
            gone = withdraw_document(ledger, document, identity(by))
        except SourceError as error:
            raise typer.BadParameter(f"{error.where} {error.reason}", param_hint="DOCUMENT") from None
    print(f"{gone.id or gone.digest[:16]} holds no more")
    return Exit.NOTHING


@app.command("export")
def export(
    format: Annotated[str, typer.Option(metavar="openvex|cyclonedx", help="What to write.")] = "openvex",
    author: Annotated[str, typer.Option(help="Who says so; else the user of this machine.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Also what is affected, as the packages here have it.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Write the statements that hold as one document, and what is affected.

    Example: nephoscope vex export --all --author "Example Ltd" > ours.openvex.json
    """
    from nephoscope.scan.vex_writing import WRITERS

    if format not in WRITERS:
        raise typer.BadParameter(f"{format} is none of {', '.join(WRITERS)}", param_hint="--format")
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.scan.vex import Statement
        from nephoscope.store.vex import statements_of

        said = [Statement(*row) for _, row in statements_of(connection)]
        said += _affected(connection) if all_ else []
    sys.stdout.write(WRITERS[format](said, identity(author), datetime.now(UTC)).decode())
    return Exit.NOTHING


def _affected(connection: Any) -> list[Any]:
    """What the packages here have that no statement is about, of packages whose URL can be made."""
    from nephoscope.pipeline.judging import stated
    from nephoscope.scan.purl import purl_of
    from nephoscope.scan.report import primary
    from nephoscope.scan.vex import AFFECTED, Statement
    from nephoscope.store.packages import held_by, list_looks, vulnerabilities_of

    known = stated(connection)
    found: dict[tuple[str, str], Statement] = {}
    for _, each in vulnerabilities_of(connection, held_by(connection, list_looks(connection))):
        purl, name = purl_of(each.package), primary(each.advisory, each.aliases)
        if purl and known.of(each.names, each.package) is None:
            action = f"Update to {each.fixed}." if each.fixed else ""
            aliases = tuple(sorted({*each.names} - {name}))
            said = Statement(name, aliases, "", purl, AFFECTED, "", action, each.found_at.isoformat())
            found.setdefault((name, purl), said)
    return list(found.values())
