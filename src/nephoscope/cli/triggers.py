"""`nephoscope triggers`."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import ListByDefault, chosen_format, configured, moment, opened_ledger, print_rows
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn
from nephoscope.model.errors import ContentError

if TYPE_CHECKING:
    from nephoscope.config import Config
    from nephoscope.respond.trigger import Trigger, Triggers

COLUMNS = ("name", "mode", "on", "playbook", "last_fired_at", "stands_still", "title")

app = typer.Typer(
    cls=ListByDefault,
    help="List triggers, test them, play them against history, reset one that stands still.",
    add_completion=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="`nephoscope triggers` lists them.")]


@app.command("list")
def list_(format: FormatOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """List the triggers: their modes, when each last fired, and why one stands still.

    Example: nephoscope triggers
    """
    settings = configured(config, data)
    found = _triggers(settings)
    with opened_ledger(settings) as ledger, ledger.read() as connection:
        from nephoscope.store.firings import last_firing, stands_still

        rows = [
            _row(each)
            | {"last_fired_at": last_firing(connection, name), "stands_still": stands_still(connection, name)}
            for name, each in sorted(found.by_name.items())
        ]
    print_rows(rows, COLUMNS, chosen_format(format))
    return Exit.UNSEEN if found.errors else Exit.NOTHING


@app.command("test")
def examine(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files with triggers.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Load triggers and try the examples that stand in them. Exits with 1 if one does not do as it says.

    Example: nephoscope triggers test ./content/triggers/*.yaml
    """
    from nephoscope.documents import read_documents
    from nephoscope.respond.playbook import load_playbooks
    from nephoscope.respond.trigger import parse_trigger

    books = load_playbooks(configured(config, data).content).by_name
    wrong = 0
    for file in files:
        for document in read_documents(file):
            try:
                trigger = parse_trigger(document, books, "")
                print(printable(f"{trigger.where}: {trigger.name} does as its examples say"))
            except ContentError as error:
                wrong += 1
                print(printable(str(error)))
    return Exit.FINDINGS if wrong else Exit.NOTHING


@app.command("try")
def try_(
    name: NameArgument,
    since: Annotated[str, typer.Option(help="From when on: 30d, 24h or a time.")] = "30d",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Play a trigger against what has happened: when it would have fired, and with which inputs; changes nothing.

    Example: nephoscope triggers try quarantine_abused_instance --since 30d
    """
    from nephoscope.pipeline.rehearsal import rehearsed

    settings = configured(config, data)
    trigger = _named(_triggers(settings), name)
    start = moment(since, "--since") or datetime.now(UTC) - timedelta(days=30)
    with ExitStack() as opened:
        lake = None
        if trigger.on in ("item", "event"):
            from nephoscope.store.lake_socket import connect_lake

            lake = opened.enter_context(connect_lake(settings.data, settings.lake_url))
        ledger = opened.enter_context(opened_ledger(settings))
        with ledger.read() as connection:
            found = rehearsed(trigger, connection, lake, start)
    days = round((datetime.now(UTC) - start) / timedelta(days=1), 2)
    if wants_json(format):
        print_json(found)
    else:
        print(printable(f"{name}: {found.said(days)}"))
        for each in found.fired:
            inputs = ", ".join(f"{key}={value}" for key, value in each["inputs"].items())
            print(printable(f"  {each['at']:%Y-%m-%d %H:%M:%S} {each['playbook']} {inputs}"))
    for error in found.errors:
        warn(error)
    return Exit.UNSEEN if found.errors else Exit.NOTHING


@app.command("reset")
def reset(name: NameArgument, config: ConfigOption = None, data: DataOption = None) -> int:
    """Let a trigger that stands still act again.

    Example: nephoscope triggers reset quarantine_abused_instance
    """
    settings = configured(config, data)
    _named(_triggers(settings), name)
    with opened_ledger(settings) as ledger, ledger.write() as connection:
        from nephoscope.model.coverage import Gap
        from nephoscope.store.firings import reset_trigger, stands_still
        from nephoscope.store.gaps import close_gaps

        why = stands_still(connection, name)
        reset_trigger(connection, name)
        close_gaps(connection, [Gap("trigger", name, "").key])
    print(printable(f"{name} acts again; it stood still because {why}" if why else f"{name} did not stand still"))
    return Exit.NOTHING


def _triggers(settings: Config) -> Triggers:
    from nephoscope.respond.playbook import load_playbooks
    from nephoscope.respond.trigger import load_triggers, switched

    books = load_playbooks(settings.content)
    found = switched(load_triggers(books.by_name, settings.content), settings.respond.triggers)
    for error in (*books.errors, *found.errors):
        warn(str(error))
    return found


def _named(found: Triggers, name: str) -> Trigger:
    if name not in found.by_name:
        raise typer.BadParameter(f"there are {', '.join(sorted(found.by_name)) or 'none'}", param_hint="NAME")
    return found.by_name[name]


def _row(trigger: Trigger) -> dict[str, Any]:
    return {
        "name": trigger.name,
        "title": trigger.title,
        "mode": trigger.mode,
        "on": trigger.on,
        "playbook": f"{'revert ' if trigger.reverts else ''}{trigger.playbook}",
        "when": trigger.when.text,
    }
