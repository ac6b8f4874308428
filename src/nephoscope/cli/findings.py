"""`nephoscope findings`."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path, PurePath  # noqa: TC003  typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import (
    ListByDefault,
    chosen_format,
    configured,
    listed,
    moment,
    opened_ledger,
    print_rows,
)
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn
from nephoscope.export.record import record
from nephoscope.model.finding import Kind, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from nephoscope.config import Config
    from nephoscope.detect.rule import About
    from nephoscope.store.findings import FindingChange, StoredFinding

COLUMNS = ("severity", "status", "last_seen_at", "rule", "account", "region", "resource_id", "actor", "title", "uid")

app = typer.Typer(
    cls=ListByDefault, help="List findings and show what belongs to one.", add_completion=False, rich_markup_mode=None
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]


@app.command("list")
def list_(
    status: Annotated[str, typer.Option(help="open, resolved, waived; several with commas; all.")] = "open",
    severity: Annotated[str, typer.Option(help="Of these severities, with commas.")] = "",
    kind: Annotated[str, typer.Option(help="detection, compliance …, with commas.")] = "",
    account: Annotated[str, typer.Option(help="Of these accounts, with commas.")] = "",
    region: Annotated[str, typer.Option(help="Of these regions, with commas.")] = "",
    rule: Annotated[str, typer.Option(help="Of these rules or checks, with commas.")] = "",
    resource: Annotated[str, typer.Option(help="About the resource of this id.")] = "",
    since: Annotated[str, typer.Option(help="Seen since: 24h, 7d or a time.")] = "",
    text: Annotated[str, typer.Option("-q", "--text", help="With all these words.")] = "",
    order: Annotated[str, typer.Option(help="newest or gravest first.")] = "newest",
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 for all.")] = 0,
    format: Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List findings, the newest first.

    Exits with 0 if there are none, 1 if there are, 2 if there are none but something could not be seen.

    Example: nephoscope findings --severity high,critical --since 24h
    """
    shown = chosen_format(format)
    if order not in ("newest", "gravest"):
        raise typer.BadParameter(f"{order} is neither newest nor gravest", param_hint="--order")
    settings = configured(config, data)
    said = {"status": status, "severity": severity, "kind": kind, "account": account, "region": region, "rule": rule}
    choice = chosen({**said, "resource": resource, "since": since, "text": text}, settings)
    with _decided(settings) as connection:
        from nephoscope.store.finding_list import FindingFilter, all_findings

        found = all_findings(connection, FindingFilter(**choice), order=order)
        rows = (record(each) for each, _ in zip(found, range(limit or 1 << 62), strict=False))
        if print_rows(map(_called, rows) if shown == "table" else rows, COLUMNS, shown):
            return Exit.FINDINGS
        return nothing_found(connection)


@app.command("show")
def show(
    uid: Annotated[str, typer.Argument(help="The finding's uid, or its beginning.")],
    format: Annotated[str, typer.Option(metavar="jsonl|text", help="How to print.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Show one finding: what, why, who, what to do, the events and the change that belong to it, its history.

    Example: nephoscope findings show 3f2a90
    """
    settings = configured(config, data)
    with _decided(settings) as connection:
        from nephoscope.store.finding_list import findings_beginning
        from nephoscope.store.findings import finding_history

        found = findings_beginning(connection, uid)
        if len(found) != 1:
            many = f"{len(found)} findings begin so: {', '.join(each.uid for each in found[:5])}"
            raise typer.BadParameter(many if found else f"there is no finding {uid}", param_hint="UID")
        [stored] = found
        history = finding_history(connection, stored.uid)
    if wants_json(format):
        print_json(record(stored) | {"history": history, "detail": stored.finding.detail})
    else:
        print("\n".join(_lines(stored, history, _about(stored, settings))))
    return Exit.FINDINGS if stored.status is Status.OPEN else Exit.NOTHING


@contextmanager
def _decided(config: Config) -> Iterator[Connection]:
    """The ledger, in which waivers begin and end as they do while `up` runs."""
    with opened_ledger(config) as ledger:
        from nephoscope.store.waivers import apply_waivers, list_waivers

        with ledger.write() as connection:
            if list_waivers(connection):
                apply_waivers(connection)
        with ledger.read() as connection:
            yield connection


def chosen(said: Mapping[str, str], settings: Config) -> dict[str, Any]:
    """The fields of a filter from what its options say."""
    status = said["status"]
    return {
        "status": () if status == "all" else _among(status, Status, "--status"),
        "severity": _among(said["severity"], Severity, "--severity"),
        "kind": _among(said["kind"], Kind, "--kind"),
        "account": listed(said["account"]),
        "region": listed(said["region"]),
        "rule": _rule_ids(listed(said["rule"]), settings),
        "resource_id": said["resource"],
        "since": moment(said["since"], "--since"),
        "text": said["text"],
    }


def _called(row: dict[str, Any]) -> dict[str, Any]:
    """A row for people: a check's title says what would be true if it passed."""
    return row | {"title": f"Fail: {row['title']}"} if row["kind"] == Kind.COMPLIANCE else row


def _among(text: str, kind: type[Status | Severity | Kind], option: str) -> tuple[str, ...]:
    chosen = listed(text)
    known = [str(each) for each in kind]
    for each in chosen:
        if each not in known:
            raise typer.BadParameter(f"{each} is none of {', '.join(known)}", param_hint=option)
    return chosen


def _rule_ids(rules: tuple[str, ...], config: Config) -> tuple[str, ...]:
    """Rules as findings name them; a detection rule may be given by its file's name or its own."""
    if not rules:
        return ()
    known = _abouts(config).values()
    return (*rules, *(each.id for each in known if {each.name, PurePath(each.where).stem} & set(rules)))


def _abouts(config: Config) -> dict[str, About]:
    from nephoscope.detect.loading import abouts, load_rules

    return abouts(load_rules(config.content))


def _about(stored: StoredFinding, config: Config) -> About | None:
    return _abouts(config).get(stored.finding.rule) if stored.finding.kind is Kind.DETECTION else None


def nothing_found(connection: Any) -> int:
    """The exit code where no finding was found: 2, said on standard error, if something could not be seen."""
    from nephoscope.store.gaps import count_gaps

    unseen = sum(count_gaps(connection).values())
    if unseen:
        warn(f"No findings, but {unseen} things could not be seen: nephoscope coverage says which.")
    return Exit.UNSEEN if unseen else Exit.NOTHING


def _lines(stored: StoredFinding, history: list[FindingChange], about: About | None) -> Iterator[str]:
    row = record(stored)
    finding = stored.finding
    risk = about.description if about else str(finding.detail.get("why", ""))
    yield printable(f"{_called(row)['title']}  [{finding.severity}, {stored.status}]")
    parts = {
        "found": finding.reason,
        "risk": " ".join(risk.split()),
        "rule": f"{about.where if about else finding.rule} ({finding.kind})",
        "resource": " ".join(filter(None, (row["resource_type"], row["resource_id"], row["account"], row["region"]))),
        "who": _who(stored),
        "seen": f"{row['first_seen_at']:%Y-%m-%d %H:%M:%S} to {row['last_seen_at']:%Y-%m-%d %H:%M:%S} UTC, "
        f"{stored.occurrences} times",
        "change": " ".join(f"{name}={value}" for name, value in stored.change.items()),
        "waiver": stored.waiver,
        "resolved": f"{stored.resolved_at:%Y-%m-%d %H:%M:%S} UTC: {stored.resolved_why}" if stored.resolved_at else "",
        "what next": _advice(stored, about),
        "tags": " ".join(finding.tags),
        "uid": stored.uid,
    }
    for name, text in parts.items():
        if text:
            yield f"  {name:10} {printable(text)}"
    for name, value in finding.detail.items():
        if name in ("why", "fix"):
            continue
        yield f"  {printable(name):10} {printable(str(value))}"
    for event in finding.events:
        at = f"{event.time:%Y-%m-%d %H:%M:%S}" if event.time else "no time"
        yield f"  event      {at} {printable(event.operation)} {printable(event.uid)}"
        yield f"             {printable(event.object)} record {event.index}"
    for change in history:
        at = f"{change.changed_at:%Y-%m-%d %H:%M:%S}"
        yield f"  revision   {change.revision} {at} {change.status}: {printable(change.why)}"


def _who(stored: StoredFinding) -> str:
    actor = stored.finding.actor
    if actor is None:
        return "not known"
    more = {"type": actor.type, "session": actor.session, "key": actor.credential, "from": actor.ip}
    agent = f" ({actor.user_agent})" if actor.user_agent else ""
    return " ".join([str(actor), *(f"{name} {text}" for name, text in more.items() if text)]) + agent


def _advice(stored: StoredFinding, about: About | None) -> str:
    if fix := stored.finding.detail.get("fix"):
        return " ".join(str(fix).split())
    if stored.finding.kind is not Kind.DETECTION:
        return "correct the resource; the finding resolves when the check passes, or propose a waiver"
    rule_out = f"rule out {' or '.join(about.falsepositives)}; then " if about and about.falsepositives else ""
    return f"{rule_out}ask the actor; if it was not they, take their credentials out of use and read their other events"
