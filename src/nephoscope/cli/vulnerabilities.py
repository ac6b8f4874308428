"""`nephoscope vulnerabilities`: what is wrong with the packages of everything that was looked at."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import ListByDefault, chosen_format, configured, opened_ledger, print_rows
from nephoscope.cli.output import Exit, warn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nephoscope.store.packages import Target, Vulnerability

SEVERITIES = ("critical", "high", "medium", "low", "informational", "unknown")
BY = ("vulnerability", "package", "target")
COLUMNS = {
    "vulnerability": ("severity", "vulnerability", "package", "version", "fixed", "targets"),
    "package": ("package", "version", "ecosystem", "fixed", "critical", "high", "vulnerabilities", "targets"),
    "target": ("target", "type", "account", "region", "critical", "high", "vulnerabilities", "looked_at", "cause"),
}

app = typer.Typer(
    cls=ListByDefault,
    help="Vulnerabilities of packages: on which instance, host or image, and what fixes them.",
    add_completion=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]


@app.command("list")
def list_(
    by: Annotated[str, typer.Option(metavar="|".join(BY), help="A row for each of these.")] = "vulnerability",
    severity: Annotated[str, typer.Option(help="Only this severity and graver ones.")] = "",
    target: Annotated[str, typer.Option(help="Only what this instance, host or image has (its id).")] = "",
    fixed: Annotated[bool, typer.Option("--fixed", help="Only what a newer version fixes.")] = False,
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List vulnerabilities with what fixes them and how many targets have them.

    \b
    nephoscope vulnerabilities --severity high --fixed
    nephoscope vulnerabilities --by package --format csv > fix.csv
    nephoscope vulnerabilities --by target

    Exit code: 0 nothing to act on, 1 vulnerabilities, 2 none, but something was not looked at or not matched.
    """  # noqa: D301  click's mark for lines that stay as they are
    shown = chosen_format(format)
    _check(by, severity)
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.packages import count_packages, ids_of, list_looks, vulnerabilities_of

        looks = [look for look in list_looks(connection) if target in ("", look.target.id)]
        held: defaultdict[int, list[Target]] = defaultdict(list)
        for look in looks:
            for number in ids_of(connection, look.digest):
                held[number].append(look.target)
        known = vulnerabilities_of(connection, held)
        unjudged = count_packages(connection)["unjudged"]
    wanted = SEVERITIES[: SEVERITIES.index(severity) + 1] if severity else SEVERITIES
    chosen = [(n, each) for n, each in known if each.severity in wanted and (each.fixed or not fixed)]
    rows = {"vulnerability": _by_vulnerability, "package": _by_package}
    if by == "target":
        causes = {look.target: (look.at, look.cause) for look in looks}
        printed = print_rows(_by_target(chosen, held, causes), COLUMNS[by], shown)
    else:
        printed = print_rows(rows[by](chosen, held), COLUMNS[by], shown)
    if unjudged:
        warn(f"{unjudged} package versions were not matched yet: is `nephoscope up` running, are there advisories?")
    if chosen and printed:
        return Exit.FINDINGS
    return Exit.UNSEEN if unjudged or not looks or any(look.cause for look in looks) else Exit.NOTHING


def _check(by: str, severity: str) -> None:
    if by not in BY:
        raise typer.BadParameter(f"{by} is none of {', '.join(BY)}", param_hint="--by")
    if severity and severity not in SEVERITIES:
        raise typer.BadParameter(f"{severity} is none of {', '.join(SEVERITIES)}", param_hint="--severity")


Chosen = list[tuple[int, "Vulnerability"]]


def _by_vulnerability(chosen: Chosen, held: dict[int, list[Target]]) -> Iterable[dict[str, Any]]:
    """A row for each package version and vulnerability; advisories of one CVE are one."""
    from nephoscope.scan.report import primary

    alike: dict[tuple[int, str], list[Vulnerability]] = {}
    for number, each in chosen:
        alike.setdefault((number, primary(each.advisory, each.aliases)), []).append(each)
    rows = [
        {
            "severity": min((each.severity for each in said), key=SEVERITIES.index),
            "vulnerability": name,
            "package": said[0].package.name,
            "version": said[0].package.version,
            "ecosystem": said[0].package.ecosystem,
            "fixed": ", ".join(sorted({each.fixed for each in said if each.fixed})),
            "advisories": sorted({each.advisory for each in said}),
            "aliases": sorted({alias for each in said for alias in each.aliases}),
            "feeds": sorted({each.feed for each in said}),
            "found_at": min(each.found_at for each in said),
            "targets": len(held[number]),
            "on": [target.id for target in held[number]],
        }
        for (number, name), said in alike.items()
    ]
    return sorted(rows, key=lambda row: (SEVERITIES.index(row["severity"]), -row["targets"], row["vulnerability"]))


def _by_package(chosen: Chosen, held: dict[int, list[Target]]) -> Iterable[dict[str, Any]]:
    """A row for each package version that an upgrade would mend, the most severe first."""
    rows: list[dict[str, Any]] = []
    for number in dict.fromkeys(number for number, _ in chosen):
        said = [each for known, each in chosen if known == number]
        package = said[0].package
        rows.append(
            {"package": package.name, "version": package.version, "ecosystem": package.ecosystem}
            | {"fixed": ", ".join(sorted({each.fixed for each in said if each.fixed}))}
            | _counted(said)
            | {"targets": len(held[number]), "on": [target.id for target in held[number]]}
        )
    return sorted(rows, key=lambda row: (-row["critical"], -row["high"], row["package"], row["version"]))


def _by_target(
    chosen: Chosen, held: dict[int, list[Target]], looks: dict[Target, tuple[datetime, str]]
) -> Iterable[dict[str, Any]]:
    """A row for each target, also for those without any."""
    of: defaultdict[Target, list[Vulnerability]] = defaultdict(list)
    for number, each in chosen:
        for target in held[number]:
            of[target].append(each)
    rows = [
        {"target": one.id, "type": one.type, "account": one.account, "region": one.region, "name": one.name}
        | _counted(of[one])
        | {"looked_at": at, "cause": cause}
        for one, (at, cause) in looks.items()
    ]
    return sorted(rows, key=lambda row: (-row["critical"], -row["high"], -row["vulnerabilities"], row["target"]))


def _counted(said: Iterable[Vulnerability]) -> dict[str, int]:
    """Vulnerabilities by severity, each counted once however many advisories it has."""
    from nephoscope.scan.report import primary

    worst: dict[str, str] = {}
    for each in said:
        name = primary(each.advisory, each.aliases)
        worst[name] = min(worst.get(name, "unknown"), each.severity, key=SEVERITIES.index)
    counts = {severity: list(worst.values()).count(severity) for severity in SEVERITIES}
    return counts | {"vulnerabilities": len(worst)}


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
