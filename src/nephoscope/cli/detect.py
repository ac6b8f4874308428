"""`nephoscope detect`: log files → findings."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._offline import STDIN, Read, files_below, judged, read_files, source_types, undisturbed
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from nephoscope.detect.rule import RuleSet
    from nephoscope.model.finding import Finding

COLOURS = {"critical": "bright_red", "high": "red", "medium": "yellow", "low": "cyan", "informational": "white"}


def detect(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Log files, gz or plain; folders; - for standard input.")
    ],
    rules: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Sigma rules besides ours; may be repeated.")
    ] = None,
    builtin_rules: Annotated[bool, typer.Option("--builtin-rules/--no-builtin-rules", help="Our own rules.")] = True,
    source: Annotated[str, typer.Option(metavar="NAME", help="Whose logs they are.")] = "aws_cloudtrail",
    format: Annotated[str, typer.Option(metavar="jsonl|text", help="JSON lines, or text for people.")] = "",
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that divide the files.")] = 1,
) -> int:
    """Find what attackers did, in log files on this machine; needs no server, account or network.

    \b
    nephoscope detect AWSLogs/
    nephoscope detect trail.json.gz --rules ./sigma/rules/cloud/aws --no-builtin-rules
    aws s3 cp s3://trail/AWSLogs/file.json.gz - | nephoscope detect - --format jsonl
    nephoscope detect flowlogs/ --source aws_vpc_flow --workers 4

    Exit code: 0 nothing found, 1 findings, 2 no findings but something could not be read, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    if format not in ("", "jsonl", "text"):
        raise typer.BadParameter(f"{format} is neither jsonl nor text", param_hint="--format")
    if source not in source_types():
        names = ", ".join(source_types())
        raise typer.BadParameter(f"no source is named {source}; there are {names}", param_hint="--source")
    from nephoscope.detect.detector import Detector
    from nephoscope.detect.loading import load_rules

    loaded = load_rules(rules or (), builtin=builtin_rules)
    for error in loaded.errors:
        warn(f"rule left out: {error}")
    tally = Tally(unseen=len(loaded.errors))
    start = Read()
    paths = files_below(files, start)
    with _progress(files) as advance, undisturbed():
        for read in judged(read_files(paths, loaded, source, workers), Detector(loaded)):
            _report(read, tally, as_json=wants_json(format))
            advance(tally)
    if not tally.files:
        start.unseen.append(f"no log file was found in {', '.join(map(str, files))}")
    _report(start, tally, as_json=wants_json(format))
    if not wants_json(format):
        print(_summary(tally, loaded))
    if tally.findings:
        return Exit.FINDINGS
    return Exit.UNSEEN if tally.unseen else Exit.NOTHING


@dataclass
class Tally:
    """Numbers for the last line and the exit code."""

    findings: int = 0
    unseen: int = 0
    events: int = 0
    files: int = 0


def _report(read: Read, tally: Tally, *, as_json: bool) -> None:
    for finding in read.findings:
        if as_json:
            print_json(row_of(finding))
        else:
            _print_line(finding)
    for text in (*read.unseen, *read.notes):
        warn(text)
    tally.findings += len(read.findings)
    tally.unseen += len(read.unseen)
    tally.events += read.events
    tally.files += read.files


def row_of(finding: Finding) -> dict[str, Any]:
    """A finding as the line that other tools read; `file` is empty where it comes of no record."""
    from nephoscope.model.finding import EventRef

    last = finding.events[-1] if finding.events else EventRef("", None, "", "", -1)
    actor = finding.actor
    row: dict[str, Any] = {
        "rule_id": finding.rule,
        "rule_title": finding.title,
        "severity": finding.severity,
        "time": stamp(finding.time),
        "event_uid": last.uid,
        "actor": str(actor) if actor else "",
        "file": last.object,
        "index": last.index,
        "uid": finding.uid,
        "operation": last.operation,
        "account": finding.resource.account,
        "region": finding.resource.region,
        "ip": actor.ip if actor else "",
        "user_agent": actor.user_agent if actor else "",
        "credential": actor.credential if actor else "",
        "resource": finding.resource.id,
        "reason": finding.reason,
        "tags": finding.tags,
        "detail": finding.detail,
    }
    if len(finding.events) > 1:
        row["events"] = [
            {"event_uid": event.uid, "time": stamp(event.time), "file": event.object, "index": event.index}
            for event in finding.events
        ]
    return row


def stamp(time: datetime | None) -> str:
    """A moment as ISO 8601 in UTC; milliseconds only if there are any."""
    if time is None:
        return ""
    precise = "milliseconds" if time.microsecond else "seconds"
    return time.isoformat(timespec=precise).replace("+00:00", "Z")


def _print_line(finding: Finding) -> None:
    last = finding.events[-1]
    severity = typer.style(f"{finding.severity:13}", fg=COLOURS[finding.severity])
    typer.echo(f"{severity} {stamp(finding.time)}  {printable(finding.title)}")
    parts = [str(finding.actor or ""), finding.actor.ip if finding.actor else "", last.operation, finding.resource.id]
    print(f"{'':14}{printable('  '.join(filter(None, parts)))}")
    reason = f"  {finding.reason}" if finding.reason else ""
    print(f"{'':14}{printable(f'{last.object}#{last.index}{reason}')}")


def _summary(tally: Tally, rules: RuleSet) -> str:
    count = len(rules.rules) + len(rules.correlations) + len(rules.python_rules)
    parts = [f"{tally.events} events in {tally.files} files", f"{count} rules", f"{tally.findings} findings"]
    parts += [f"{tally.unseen} things could not be seen"] if tally.unseen else []
    return "; ".join(parts) + "."


@contextmanager
def _progress(files: Iterable[Path]) -> Iterator[Callable[[Tally], None]]:
    """A line on standard error that says how far it is, where a person watches."""
    if not sys.stderr.isatty() or any(str(file) == STDIN for file in files):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading")
        yield lambda tally: progress.update(
            task, description=f"{tally.files} files, {tally.events} events, {tally.findings} findings"
        )
