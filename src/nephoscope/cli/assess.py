"""`nephoscope assess`: items or templates → verdicts."""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.assess.assessor import Assessor, builtin_checks
from nephoscope.assess.items import read_items
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn
from nephoscope.model.coverage import Gap
from nephoscope.model.finding import Severity  # noqa: TC001  typer reads the annotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from io import BufferedReader
    from typing import BinaryIO

    from nephoscope.assess.check import Check, Verdict
    from nephoscope.assess.framework import Framework
    from nephoscope.model.item import Item

SHOWN = ("Fail", "Unknown")
FORMATS = ("jsonl", "text", "sarif")


def assess(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]…", help="Templates, or folders of them.")
    ] = None,
    items: Annotated[
        str, typer.Option(metavar="FILE", help="Items, one JSON object a line; - for standard input.")
    ] = "",
    check: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this check; may be repeated.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Only checks of this severity or graver.")] = None,
    framework: Annotated[str, typer.Option(metavar="NAME", help="Only checks that answer this framework.")] = "",
    format: Annotated[
        str, typer.Option(metavar="jsonl|text|sarif", help="JSON lines, text for people, or SARIF for code review.")
    ] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the checks.")] = False,
) -> int:
    """Ask checks of configuration items, or of templates before they are deployed.

    \b
    nephoscope assess ./infrastructure
    nephoscope assess ./infrastructure --severity high --format sarif
    nephoscope inventory --once --format jsonl | nephoscope assess --items -

    Exit code: 0 nothing fails, 1 something does, 2 nothing fails but something is not known, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    checks = _chosen(check or [], severity, framework)
    if format not in ("", *FORMATS):
        raise typer.BadParameter(f"{format} is none of {', '.join(FORMATS)}", param_hint="--format")
    if list_:
        _print_checks(checks, as_json=wants_json(format))
        return Exit.NOTHING
    if bool(paths) == bool(items):
        raise typer.BadParameter("name templates, or --items FILE; one of them", param_hint="PATH")
    report = _print_sarif if format == "sarif" else _print_lines if wants_json(format) else _print_text
    tally: Counter[str] = Counter()
    report(_judged(Assessor(checks), _items(paths or [], items), tally))
    if not tally["items"] and not tally["unread"]:
        warn(f"{items or ', '.join(map(str, paths or []))}: holds nothing to judge")
        tally["unread"] += not items  # no items may be all there is; a path without a template is hardly meant
    if report is _print_text:
        print(_summary(tally))
    if tally["Fail"]:
        return Exit.FINDINGS
    return Exit.UNSEEN if tally["Unknown"] or tally["unread"] else Exit.NOTHING


def _chosen(names: Sequence[str], severity: Severity | None, framework: str) -> list[Check]:
    """The checks that were asked for. Raises BadParameter for a name that none has."""
    checks = dict(builtin_checks())
    if framework:
        answering = _framework(framework).checks
        checks = {name: each for name, each in checks.items() if name in answering}
    for name in names:
        if name not in checks:
            raise typer.BadParameter(f"no check is named {name}; --list names them", param_hint="--check")
    least = severity.rank if severity else 0
    return [each for each in checks.values() if (not names or each.name in names) and each.severity.rank >= least]


def _framework(name: str) -> Framework:
    from nephoscope.assess.framework import frameworks

    if name not in frameworks():
        known = ", ".join(frameworks())
        raise typer.BadParameter(f"no framework is named {name}; there are {known}", param_hint="--framework")
    return frameworks()[name]


def _items(paths: Sequence[Path], items: str) -> Iterator[Item | Gap]:
    """What is to be judged, and what could not be read."""
    if items:
        with _opened(items) as lines:
            yield from read_items(lines, "standard input" if items == "-" else items)
        return
    from nephoscope.inventory.templates import read

    for path in paths:
        if not path.exists():
            raise typer.BadParameter(f"{path} is not there", param_hint="PATH")
    yield from read(paths)


@contextmanager
def _opened(items: str) -> Iterator[BinaryIO]:
    if items == "-":
        yield sys.stdin.buffer
        return
    with _file(items) as file:
        yield gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == b"\x1f\x8b" else file  # type: ignore[misc]


def _file(name: str) -> BufferedReader:
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise typer.BadParameter(f"{name} cannot be read: {error.strerror}", param_hint="--items") from error


def _judged(
    assessor: Assessor, found: Iterable[Item | Gap], tally: Counter[str]
) -> Iterator[tuple[Item, Check, Verdict] | Gap]:
    """Each verdict as it is reached, counted; what could not be read is also said at once."""
    for each in found:
        if isinstance(each, Gap):
            tally["unread"] += 1
            warn(f"{each.subject}: {each.cause}")
            yield each
            continue
        verdicts = assessor.judge(each)
        tally["items"] += 1
        tally["unasked"] += each.type not in assessor.types
        tally.update(type(verdict).__name__ for _, verdict in verdicts)
        yield from ((each, check, verdict) for check, verdict in verdicts)


def _print_lines(judged: Iterable[tuple[Item, Check, Verdict] | Gap]) -> None:
    for each in judged:
        if not isinstance(each, Gap):
            print_json(_row(*each))


def _print_sarif(judged: Iterable[tuple[Item, Check, Verdict] | Gap]) -> None:
    from nephoscope.assess.sarif import sarif_log

    found = list(judged)
    gaps = [each for each in found if isinstance(each, Gap)]
    print_json(sarif_log((each for each in found if not isinstance(each, Gap)), gaps))


def _print_text(judged: Iterable[tuple[Item, Check, Verdict] | Gap]) -> None:
    """Only what asks for something: Fail and Unknown; those of templates by file and line, when all is read."""
    placed: list[dict[str, Any]] = []
    for each in judged:
        row = {} if isinstance(each, Gap) else _row(*each)
        if row.get("verdict") in SHOWN:
            placed.append(row) if "file" in row else _print_verdict(row)
    placed.sort(key=lambda row: (row["file"], row["line"], row["id"]))
    for file, rows in groupby(placed, key=lambda row: row["file"]):
        typer.secho(printable(file), bold=True)
        for row in rows:
            _print_verdict(row)


def _row(item: Item, check: Check, verdict: Verdict) -> dict[str, Any]:
    row: dict[str, Any] = {
        "check": check.name,
        "type": item.type,
        "id": item.id,
        "verdict": type(verdict).__name__,
        "reason": getattr(verdict, "reason", ""),
        "severity": check.severity,
        "title": check.title,
        "account": item.account,
        "region": item.region,
    }
    if item.place is not None:
        row |= {"file": item.place.file, "line": item.place.line, "address": item.place.address}
    return row


def _print_verdict(row: dict[str, Any]) -> None:
    where = f"line {row['line']}" if "file" in row else " ".join(filter(None, (row["account"], row["region"])))
    verdict = typer.style(f"{row['verdict']:7}", fg="red" if row["verdict"] == "Fail" else "yellow")
    typer.echo(f"{verdict} {row['severity']:8} {printable(row['id'])}  {row['title']}")
    print(f"{'':17}{printable(row['reason'])}  [{printable(where)}] {row['check']}")


def _summary(tally: Counter[str]) -> str:
    """How much was judged, of how much; what is not known counts in the whole."""
    known = tally["Pass"] + tally["Fail"]
    asked = known + tally["Unknown"]
    parts = [
        f"{tally['items']} items",
        f"{asked} questions: {tally['Fail']} fail, {tally['Unknown']} unknown, {tally['Pass']} pass",
        f"{min(known / asked, 1 if known == asked else 0.999):.1%} answered" if asked else "no question arose",
    ]
    parts += [f"{tally['NotApplicable']} not applicable"] if tally["NotApplicable"] else []
    parts += [f"{tally['unasked']} items of types that no check asks about"] if tally["unasked"] else []
    parts += [f"{tally['unread']} could not be read"] if tally["unread"] else []
    return "; ".join(parts) + "."


def _print_checks(checks: Iterable[Check], *, as_json: bool) -> None:
    for each in checks:
        if as_json:
            row = {"check": each.name, "title": each.title, "severity": each.severity, "types": each.types}
            print_json(row | {"why": each.why, "fix": each.fix, "limits": each.limits, "source": each.source})
        else:
            print(f"{each.severity:8} {each.name:60} {each.title}  [{', '.join(each.types)}]")
