"""`nephoscope detect`: log files → findings."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nephoscope.cli._offline import STDIN, Read, files_below, read_files, source_types, told_of, undisturbed
from nephoscope.cli.output import Exit, wants_json, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nephoscope.cli._offline import Told
    from nephoscope.detect.rule import RuleSet


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
    from nephoscope.detect.loading import load_rules

    loaded = load_rules(rules or (), builtin=builtin_rules)
    for error in loaded.errors:
        warn(f"rule left out: {error}")
    tally = Tally(unseen=len(loaded.errors))
    start, as_json = Read(), wants_json(format)
    paths = files_below(files, start)
    with _reading(loaded, source, workers, as_json=as_json) as read, _progress(files) as advance, undisturbed():
        for told in read(paths):
            _report(told, tally)
            advance(tally)
    if not tally.files:
        start.unseen.append(f"no log file was found in {', '.join(map(str, files))}")
    _report(told_of(start, as_json=as_json), tally)
    if not as_json:
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


@contextmanager
def _reading(
    rules: RuleSet, source: str, workers: int, *, as_json: bool
) -> Iterator[Callable[[Iterable[Path]], Iterator[Told]]]:
    """What reads files: this process, or several, which are begun before any thread is, so that they can be forked."""
    if workers == 1:
        yield partial(read_files, rules=rules, source=source, as_json=as_json)
        return
    from nephoscope.cli._workers import Workers

    with Workers(workers, rules, source, as_json=as_json) as held:
        yield held.read_files


def _report(told: Told, tally: Tally) -> None:
    if told.text:
        typer.echo(told.text, nl=False)
    for text in (*told.unseen, *told.notes):
        warn(text)
    tally.findings += told.findings
    tally.unseen += len(told.unseen)
    tally.events += told.events
    tally.files += told.files


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
