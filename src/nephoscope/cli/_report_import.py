"""`nephoscope vulnerabilities import`: reports of other scanners."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nephoscope.cli._store import configured, opened_ledger
from nephoscope.cli.output import Exit, printable, warn

if TYPE_CHECKING:
    from nephoscope.pipeline.reports import Imported

FORMATS = ("grype", "inspector", "nessus", "qualys", "syft", "trivy")
SHOWN = 20  # causes of what was left


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Reports; their format is told by what they hold.")
    ],
    format: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="The format, where it cannot be told.")] = "",
    id_: Annotated[str, typer.Option("--id", help="Whose packages they are, in place of what the report says.")] = "",
    type_: Annotated[str, typer.Option("--type", help="With --id: AWS::EC2::Instance, image, host …")] = "host",
    account: Annotated[str, typer.Option(help="With --id: in which account.")] = "",
    region: Annotated[str, typer.Option(help="With --id: in which region.")] = "",
    config: Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")] = None,
) -> int:
    """Take up reports of Trivy, Grype, Syft, Amazon Inspector, Nessus or Qualys: packages, and what they found.

    \b
    nephoscope vulnerabilities import trivy.json inspector.json weekly.nessus
    nephoscope vulnerabilities import syft.json --id i-0abc --type AWS::EC2::Instance --account 111122223333

    Exit code: 0 all was taken, 2 something was not (it is counted and named), 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    if format and format not in FORMATS:
        raise typer.BadParameter(f"{format} is none of {', '.join(FORMATS)}", param_hint="--format")
    from nephoscope.model.errors import SourceError

    missed = False
    with opened_ledger(configured(config, data)) as ledger:
        from nephoscope.pipeline.reports import import_report
        from nephoscope.scan.scanner_report import Place

        at = Place(type_, id_, account, region) if id_ else None
        for file in files:
            try:
                made = import_report(ledger, _content(file), str(file), format, at)
            except SourceError as error:
                warn(f"{error.where}: {error.reason}")
                missed = True
                continue
            _say(file, made)
            missed = missed or bool(made.left)
    return Exit.UNSEEN if missed else Exit.NOTHING


def _say(file: Path, made: Imported) -> None:
    packages = sum(map(len, made.packages.values()))
    said = f"{len(made.packages)} targets, {packages} packages, {len(made.found)} vulnerabilities"
    print(f"{file}: {said} ({made.scanner})")
    for cause, count in made.left.most_common(SHOWN):
        first = next((gap.subject for gap in made.gaps if gap.cause == cause), str(file))
        warn(printable(f"{file}: not taken, {count} times, first {first}: {cause}"))


def _content(file: Path) -> bytes:
    from nephoscope.model.errors import SourceError
    from nephoscope.scan.scanner_report import LARGEST_BYTES

    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise SourceError(str(file), f"cannot be read: {error.strerror}") from error
