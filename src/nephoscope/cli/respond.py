"""`nephoscope respond`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import ListByDefault, chosen_format, configured, identity, listed, opened_ledger, print_rows
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn
from nephoscope.model.errors import ContentError
from nephoscope.model.response import Run, RunStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from nephoscope.respond.playbook import Playbooks
    from nephoscope.store.ledger import Ledger

COLUMNS = ("made_at", "status", "playbook", "account", "requested_by", "steps", "id", "note")
LOOK_S = 0.2
PATIENCE_S = 10.0

app = typer.Typer(
    cls=ListByDefault,
    help="Plan, run, approve and take back what playbooks do.",
    add_completion=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
ByOption = Annotated[str, typer.Option(help="Who acts; else the user of this machine.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]
ReasonOption = Annotated[str, typer.Option(help="Why.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning.")]
PlaybookArgument = Annotated[str, typer.Argument(metavar="PLAYBOOK", help="`nephoscope respond playbooks` lists them.")]
InputOption = Annotated[list[str] | None, typer.Option("--input", "-i", metavar="NAME=VALUE", help="Repeatable.")]
WaitOption = Annotated[bool, typer.Option(help="Follow the run to its end, or until it waits for approval.")]


@app.command("list")
def list_(
    status: Annotated[str, typer.Option(help="waiting, running, done, reverted, failed …, with commas.")] = "",
    playbook: Annotated[str, typer.Option(help="Of this playbook.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 200,
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List runs, the newest first. Exits with 1 if one waits for approval or has failed.

    Example: nephoscope respond --status waiting,running
    """
    known = {each.value for each in RunStatus}
    wanted = listed(status)
    if unknown := [each for each in wanted if each not in known]:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(sorted(known))}", param_hint="--status")
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.runs import list_runs

        runs = list_runs(connection, status=wanted, playbook=playbook, limit=limit)
    print_rows([_row(run) for run in runs], COLUMNS, chosen_format(format))
    asks = any(run.status in (RunStatus.WAITING, RunStatus.FAILED) for run in runs)
    return Exit.FINDINGS if asks else Exit.NOTHING


@app.command("show")
def show(run: RunArgument, format: FormatOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """Show a run: who asked, its plan, what each step found and did, who approved, what became of it.

    Example: nephoscope respond show 3f2a90
    """
    with opened_ledger(configured(config, data)) as ledger:
        from nephoscope.store.runs import run_history

        found = _found(ledger, run)
        with ledger.read() as connection:
            history = run_history(connection, found.id)
    if wants_json(format):
        print_json({"run": found, "history": history})
    else:
        _print(found)
        for each in history:
            told = " ".join(filter(None, (each.step, each.phase))) or each.status
            print(printable(f"  {each.at:%Y-%m-%d %H:%M:%S} {told} {each.by and 'by ' + each.by} {each.note}").rstrip())
    return Exit.FINDINGS if found.status in (RunStatus.WAITING, RunStatus.FAILED) else Exit.NOTHING


@app.command("playbooks")
def playbooks(
    name: Annotated[str, typer.Argument(help="Only this one, with its inputs, steps and limits.")] = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List the playbooks, or show one whole.

    Example: nephoscope respond playbooks quarantine_instance
    """
    books = _playbooks(config, data)
    if not name:
        rows = [
            {"name": each.name, "title": each.title, "inputs": list(each.inputs), "steps": len(each.steps)}
            for each in sorted(books.by_name.values(), key=lambda each: each.name)
        ]
        print_rows(rows, ("name", "title", "inputs", "steps"), chosen_format(format))
    elif name not in books.by_name:
        raise typer.BadParameter(f"there are {', '.join(sorted(books.by_name))}", param_hint="NAME")
    else:
        print(books.by_name[name].text.rstrip())
    return Exit.UNSEEN if books.errors else Exit.NOTHING


@app.command("plan")
def plan(
    playbook: PlaybookArgument,
    given: InputOption = None,
    by: ByOption = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Say what a playbook would change and cut off, and what it does not reach; changes nothing.

    `nephoscope up` must be running: it reads what is now, through the roles of the actions.

    Example: nephoscope respond plan quarantine_instance -i account=111122223333 -i region=eu-west-1
    -i instance_id=i-0abc
    """
    return _ask(playbook, given or [], by, "plan", format, config, data, wait=True)


@app.command("run")
def run(
    playbook: PlaybookArgument,
    given: InputOption = None,
    by: ByOption = "",
    wait: WaitOption = True,
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Run a playbook. Where policy asks for consent, the run waits for somebody else to approve it.

    `nephoscope up` carries it out; where none runs, the run waits for one.

    Example: nephoscope respond run quarantine_instance -i account=111122223333 -i region=eu-west-1
    -i instance_id=i-0abc
    """
    return _ask(playbook, given or [], by, "run", format, config, data, wait=wait)


def _decision(decide: Callable[[Run, str, str], Run]) -> Callable[..., int]:
    """A command that keeps what `decide` makes of a run, for who acts and why; its help is that one's."""

    def command(
        run: RunArgument,
        by: ByOption = "",
        reason: ReasonOption = "",
        format: FormatOption = "",
        config: ConfigOption = None,
        data: DataOption = None,
    ) -> int:
        from nephoscope.store.runs import get_run, keep_run

        who = identity(by)
        with opened_ledger(configured(config, data)) as ledger:
            whole = _found(ledger, run).id
            with ledger.write() as connection:
                found = get_run(connection, whole)
                assert found is not None
                kept = keep_run(connection, decide(found, who, reason), by=who, note=reason)
        return _told(kept, format)

    command.__doc__ = decide.__doc__
    return command


@app.command("approve")
@_decision
def approve(run: Run, who: str, reason: str) -> Run:
    """Consent to a run that waits. Who asked for it cannot; some runs need two people.

    Example: nephoscope respond approve 3f2a90 --by ann --reason "seen, go on"
    """
    from nephoscope.respond.consent import approved

    return approved(run, who, datetime.now(UTC), reason)


@app.command("decline")
@_decision
def decline(run: Run, who: str, reason: str) -> Run:
    """Say no to a run that waits; nothing was changed for it.

    Example: nephoscope respond decline 3f2a90 --reason "a drill"
    """
    from nephoscope.respond.consent import declined

    return declined(run, who, datetime.now(UTC), reason)


@app.command("revert")
@_decision
def revert(run: Run, who: str, reason: str) -> Run:
    """Take back what a run has done, the last step first; the state it recorded is put back and read afresh.

    Example: nephoscope respond revert 3f2a90 --reason "false alarm"
    """
    from nephoscope.respond.consent import reverted

    return reverted(run, who, reason)


def _ask(
    playbook: str,
    given: list[str],
    by: str,
    mode: str,
    format: str,
    config: Path | None,
    data: Path | None,
    *,
    wait: bool,
) -> int:
    from nephoscope.pipeline.responses import planned_run
    from nephoscope.store.runs import add_run

    who = identity(by)
    books = _playbooks(config, data)
    inputs = _inputs(books, playbook, given)
    try:
        asked = planned_run(books, playbook, inputs, who, {"mode": mode, "asked_by": who})
    except ContentError as error:
        raise typer.BadParameter(str(error), param_hint="PLAYBOOK") from error
    with opened_ledger(configured(config, data)) as ledger:
        with ledger.write() as connection:
            add_run(connection, asked)
        found = _followed(ledger, asked.id) if wait else _found(ledger, asked.id)
    return _told(found, format)


def _inputs(books: Playbooks, playbook: str, given: list[str]) -> dict[str, Any]:
    """Inputs from NAME=VALUE, each of its input's type."""
    kinds = {name: one.type for name, one in getattr(books.by_name.get(playbook), "inputs", {}).items()}
    found: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--input")
        found[name] = _typed(kinds.get(name, "string"), value, name)
    return found


def _typed(kind: str, text: str, name: str) -> Any:
    try:
        if kind == "boolean":
            return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]
        if kind == "list":
            return [part for part in text.split(",") if part]
        return {"integer": int, "number": float}.get(kind, str)(text)
    except (ValueError, KeyError):
        raise typer.BadParameter(f"{name} is {text!r}, not of type {kind}", param_hint="--input") from None


def _followed(ledger: Ledger, id_: str) -> Run:
    """The run when it has ended or waits, its steps told on the way; as it is where nobody takes it up."""
    end = time.monotonic() + PATIENCE_S
    told: set[tuple[str, str]] = set()
    while True:
        found = _found(ledger, id_)
        for step in found.steps:
            if step.phase != "pending" and (step.name, step.phase) not in told:
                told.add((step.name, step.phase))
                warn(f"  {step.name}: {step.phase}")
        if found.status.is_ended or found.status is RunStatus.WAITING:
            return found
        if found.status is RunStatus.PLANNED and time.monotonic() > end:
            warn("nothing takes the run up: it is kept, and begins when `nephoscope up` runs")
            return found
        time.sleep(LOOK_S)


def _found(ledger: Ledger, id_: str) -> Run:
    from nephoscope.store.runs import runs_beginning

    with ledger.read() as connection:
        found = runs_beginning(connection, id_)
    if len(found) != 1:
        said = f"{len(found)} runs begin so" if found else f"there is no run {id_}"
        raise typer.BadParameter(said, param_hint="RUN")
    return found[0]


def _playbooks(config: Path | None, data: Path | None) -> Playbooks:
    from nephoscope.respond.playbook import load_playbooks

    found = load_playbooks(configured(config, data).content)
    for error in found.errors:
        warn(str(error))
    return found


def _told(found: Run, format: str) -> int:
    if wants_json(format):
        print_json(_row(found) | {"plan": found.plan})
    else:
        _print(found)
    return Exit.FINDINGS if found.status in (RunStatus.WAITING, RunStatus.FAILED, RunStatus.REFUSED) else Exit.NOTHING


def _row(run: Run) -> dict[str, Any]:
    done = sum(step.phase == "verified" for step in run.steps)
    return {
        "id": run.id,
        "status": run.status,
        "playbook": run.playbook,
        "inputs": run.inputs,
        "account": run.inputs.get("account", ""),
        "requested_by": run.requested_by,
        "finding": run.finding,
        "made_at": run.made_at,
        "changed_at": run.changed_at,
        "steps": f"{done}/{len(run.steps)}",
        "note": run.note or run.approval.needed,
    }


def _print(run: Run) -> None:
    inputs = ", ".join(f"{name}={value}" for name, value in run.inputs.items())
    print(printable(f"{run.playbook} {run.id}: {run.status}"))
    print(printable(f"  {inputs}; asked for by {run.requested_by}"))
    if run.note:
        print(printable(f"  {run.note}"))
    if run.status is RunStatus.WAITING:
        people = "two other people" if run.approval.second else "somebody else"
        until = f" until {run.approval.expires_at:%Y-%m-%d %H:%M} UTC" if run.approval.expires_at else ""
        print(printable(f"  waits for {people} to approve it{until}: {run.approval.needed}"))
        print(f"  nephoscope respond approve {run.id[:12]}")
    for line in run.plan:
        print(printable(f"  · {line}"))
    for step in run.steps:
        if step.phase != "pending":
            print(printable(f"  {step.name}: {step.phase} {step.note}").rstrip())
