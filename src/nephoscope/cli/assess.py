"""`nephoscope assess`: items or templates → verdicts."""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from contextlib import contextmanager
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
    format: Annotated[str, typer.Option(metavar="jsonl|text", help="JSON lines, or text for people.")] = "",
    list_: Annotated[bool, typer.Option("--list", help="List the checks.")] = False,
) -> int:
    """Ask checks of configuration items, or of templates before they are deployed."""
    checks = _chosen(check or [], severity, framework)
    if format not in ("", "jsonl", "text"):
        raise typer.BadParameter(f"{format} is neither jsonl nor text", param_hint="--format")
    if list_:
        _print_checks(checks, as_json=wants_json(format))
        return Exit.NOTHING
    if bool(paths) == bool(items):
        raise typer.BadParameter("name templates, or --items FILE; one of them", param_hint="PATH")
    return _report(Assessor(checks), _items(paths or [], items), as_json=wants_json(format))


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


def _report(assessor: Assessor, found: Iterable[Item | Gap], *, as_json: bool) -> int:
    """Print each verdict as it is reached, and say what the exit code says."""
    tally: Counter[str] = Counter()
    for each in found:
        if isinstance(each, Gap):
            tally["unread"] += 1
            warn(f"{each.subject}: {each.cause}")
            continue
        verdicts = assessor.judge(each)
        tally["items"] += 1
        tally["unasked"] += each.type not in assessor.types
        tally.update(type(verdict).__name__ for _, verdict in verdicts)
        for check, verdict in verdicts:
            _print_verdict(_row(each, check, verdict), as_json=as_json)
    if not as_json:
        print(_summary(tally))
    if tally["Fail"]:
        return Exit.FINDINGS
    return Exit.UNSEEN if tally["Unknown"] or tally["unread"] else Exit.NOTHING


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


def _print_verdict(row: dict[str, Any], *, as_json: bool) -> None:
    """A JSON line; for people only what asks for something: Fail and Unknown."""
    if as_json:
        print_json(row)
    elif row["verdict"] in SHOWN:
        where = (
            f"{row['file']}:{row['line']}" if "file" in row else " ".join(filter(None, (row["account"], row["region"])))
        )
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
        f"{known / asked:.1%} answered" if asked else "no question arose",
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
