"""`nephoscope vulnerabilities`: what is wrong with the packages of everything that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._report_import import import_
from nephoscope.cli._store import ListByDefault, chosen_format, configured, opened_ledger, print_rows
from nephoscope.cli._vulnerability_export import export
from nephoscope.cli.output import Exit, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from nephoscope.config import Config
    from nephoscope.pipeline.judging import Known
    from nephoscope.store.packages import Vulnerability

SEVERITIES = ("critical", "high", "medium", "low", "informational", "unknown")
BY = ("vulnerability", "package", "target")
SORTS = ("priority", "severity", "due", "epss", "targets")
EXPOSURES = ("internet", "balancer", "internal", "unknown")
COLUMNS = {
    "vulnerability": (
        *("priority", "severity", "vulnerability", "package", "version", "fixed"),
        *("exposure", "kev", "epss", "due", "targets"),
    ),
    "package": ("package", "version", "ecosystem", "fixed", "critical", "high", "vulnerabilities", "targets"),
    "target": ("target", "type", "account", "region", "critical", "high", "vulnerabilities", "looked_at", "cause"),
}

app = typer.Typer(
    cls=ListByDefault,
    help="Vulnerabilities of packages: on which instance, host or image, and what fixes them.",
    add_completion=False,
    rich_markup_mode=None,
)

app.command("import")(import_)
app.command("export")(export)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]


@app.command("list")
def list_(
    by: Annotated[str, typer.Option(metavar="|".join(BY), help="A row for each of these.")] = "vulnerability",
    severity: Annotated[str, typer.Option(help="Only this severity and graver ones.")] = "",
    target: Annotated[str, typer.Option(help="Only what this instance, host or image has (its id).")] = "",
    priority: Annotated[float, typer.Option(help="Only vulnerabilities of this priority or a higher one.")] = 0.0,
    kev: Annotated[bool, typer.Option("--kev", help="Only those that CISA knows to be exploited.")] = False,
    exposure: Annotated[
        str, typer.Option(metavar="internet|balancer|internal|unknown", help="Only in reach of this.")
    ] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose date has passed.")] = False,
    suppressed: Annotated[
        bool, typer.Option("--suppressed", help="Also those that a VEX document says are not affected or fixed.")
    ] = False,
    sort: Annotated[str, typer.Option(metavar="|".join(SORTS), help="What comes first.")] = "priority",
    fixed: Annotated[bool, typer.Option("--fixed", help="Only what a newer version fixes.")] = False,
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List vulnerabilities with what fixes them and how many targets have them.

    \b
    nephoscope vulnerabilities --severity high --fixed
    nephoscope vulnerabilities --priority 80 --exposure internet --sort due
    nephoscope vulnerabilities --by package --format csv > fix.csv
    nephoscope vulnerabilities --by target

    Exit code: 0 nothing to act on, 1 vulnerabilities, 2 none, but something was not looked at or not matched.
    """  # noqa: D301  click's mark for lines that stay as they are
    shown = chosen_format(format)
    _check(by, severity, exposure, sort)
    narrow = Narrow(priority, kev, exposure, overdue, suppressed)
    if by != "vulnerability" and narrow != Narrow():
        raise typer.BadParameter(
            "--priority, --kev, --exposure and --overdue are of vulnerabilities", param_hint="--by"
        )
    settings = configured(config, data)
    with opened_ledger(settings) as ledger, ledger.read() as connection:
        known, unjudged = _known(connection, settings, target)
    wanted = SEVERITIES[: SEVERITIES.index(severity) + 1] if severity else SEVERITIES
    chosen = [(n, each) for n, each in known.said if each.severity in wanted and (each.fixed or not fixed)]
    rows = _rows(by, chosen, known)
    printed = print_rows(narrow.of(rows, sort) if by == "vulnerability" else rows, COLUMNS[by], shown)
    if unjudged:
        warn(f"{unjudged} package versions were not matched yet: is `nephoscope up` running, are there advisories?")
    if printed and (chosen or by == "vulnerability"):
        return Exit.FINDINGS
    return Exit.UNSEEN if _is_partial(known, unjudged) else Exit.NOTHING


def _is_partial(known: Known, unjudged: int) -> bool:
    """Whether something was not looked at, or not whole, or not matched."""
    return bool(unjudged) or not known.looks or any(look.cause for look in known.looks)


def _known(connection: Connection, settings: Config, target: str) -> tuple[Known, int]:
    """What the ledger knows of a target, or of all, and how many package versions were not matched yet."""
    from nephoscope.pipeline.judging import known_of
    from nephoscope.store.packages import count_packages, list_looks

    looks = [look for look in list_looks(connection) if target in ("", look.target.id)]
    return known_of(connection, looks, settings.vulnerabilities.due_days), count_packages(connection)["unjudged"]


def _rows(by: str, chosen: Sequence[tuple[int, Vulnerability]], known: Known) -> list[dict[str, Any]]:
    from nephoscope.scan.rows import by_package, by_target, by_vulnerability

    if by == "vulnerability":
        return by_vulnerability(chosen, known.held, known.dated, known.judge, known.worst)
    return by_package(chosen, known.held) if by == "package" else by_target(chosen, known.held, known.looks)


@dataclass(frozen=True)
class Narrow:
    """Which rows are wanted, by what was judged."""

    priority: float = 0.0
    kev: bool = False
    exposure: str = ""
    overdue: bool = False
    suppressed: bool = False

    def of(self, rows: Iterable[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
        """Those rows, what matters most first."""
        now = datetime.now(UTC)
        kept = [row for row in rows if self._wants(row, now)]
        if sort == "due":
            return sorted(kept, key=lambda row: (row["due"] is None, row["due"]))
        if sort == "severity":
            return sorted(kept, key=lambda row: SEVERITIES.index(row["severity"]))
        return sorted(kept, key=lambda row: -(row[sort] or 0))

    def _wants(self, row: Mapping[str, Any], now: datetime) -> bool:
        if row["priority"] < self.priority or (self.kev and not row["kev"]):
            return False
        if self.overdue and (row["due"] is None or row["due"] > now):
            return False
        if row["vex"] in ("not_affected", "fixed") and not self.suppressed:
            return False
        return self.exposure in ("", row["exposure"])


def _check(by: str, severity: str, exposure: str, sort: str) -> None:
    if exposure and exposure not in EXPOSURES:
        raise typer.BadParameter(f"{exposure} is none of {', '.join(EXPOSURES)}", param_hint="--exposure")
    if sort not in SORTS:
        raise typer.BadParameter(f"{sort} is none of {', '.join(SORTS)}", param_hint="--sort")
    if by not in BY:
        raise typer.BadParameter(f"{by} is none of {', '.join(BY)}", param_hint="--by")
    if severity and severity not in SEVERITIES:
        raise typer.BadParameter(f"{severity} is none of {', '.join(SEVERITIES)}", param_hint="--severity")


@app.command("look")
def look(
    packages: Annotated[str, typer.Argument(metavar="FILE", help="Packages, one JSON object a line; - for stdin.")],
    id_: Annotated[str, typer.Option("--id", help="Whose they are: an instance's, a host's, an image's id.")],
    type_: Annotated[str, typer.Option("--type", help="What it is: AWS::EC2::Instance, image, host …")] = "host",
    account: Annotated[str, typer.Option(help="In which account.")] = "",
    region: Annotated[str, typer.Option(help="In which region.")] = "",
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Keep the packages that something has, as a scan of your own found them; they are matched from now on.

    \b
    nephoscope scan sbom image.tar --format jsonl | nephoscope vulnerabilities look - --id app:1.4 --type image

    If a line cannot be read, nothing that was known before is taken away.

    Exit code: 0 all was read, 2 some of it could not be, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    from nephoscope.cli.scan import Tally, installed

    tally = Tally()
    found = installed(packages, tally)
    cause = f"{tally.unseen} lines of {packages} could not be read" if tally.unseen else ""
    with opened_ledger(configured(config, data)) as ledger:
        from nephoscope.store.packages import Target, put_look

        with ledger.write() as connection:
            put_look(connection, Target(type_, id_, account, region, name), found, "import", datetime.now(UTC), cause)
    print(f"{id_}: {len(found)} packages")
    return Exit.UNSEEN if tally.unseen else Exit.NOTHING
