"""`nephoscope schedules`."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import ListByDefault, chosen_format, configured, identity, opened_ledger, print_rows
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn
from nephoscope.model.errors import ContentError, StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.config import Config
    from nephoscope.pipeline.schedule_preview import Preview
    from nephoscope.pipeline.schedules import Ready
    from nephoscope.store.schedules import Kept

COLUMNS = ("name", "kind", "when", "zone", "next_at", "last_at", "last_status", "paused_by", "error")
RUN_COLUMNS = ("due_at", "status", "cause", "targets", "done", "failed", "ended_at", "why", "id")
JOB_COLUMNS = ("status", "type", "target", "account", "region", "attempt", "started_at", "ended_at", "note")
MOST_BYTES = 64_000
SHOWN = 20

app = typer.Typer(
    cls=ListByDefault,
    help="Say when packages are looked at and of what; preview it, run it now, let it rest.",
    add_completion=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]
ByOption = Annotated[str, typer.Option(help="Who does it; else the user of this machine.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="`nephoscope schedules` lists them.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A schedule in YAML.")]


@app.command("list")
def list_(format: FormatOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """List the schedules: when each runs next, and what became of its last run. Exits with 2 if one cannot be read.

    Example: nephoscope schedules
    """
    shown = chosen_format(format)
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.schedules import list_schedules

        rows = [_row(connection, each) for each in list_schedules(connection)]
    print_rows(rows, COLUMNS, shown)
    return Exit.UNSEEN if any(row["error"] for row in rows) else Exit.NOTHING


@app.command("kinds")
def kinds(format: FormatOption = "") -> int:
    """List what a schedule can do, and whether this installation can.

    Example: nephoscope schedules kinds
    """
    from nephoscope.pipeline.schedules import known

    rows = [
        {"kind": each.name, "about": each.about, "is_here": each.is_here, "types": list(each.types)}
        for each in known().kinds.values()
    ]
    print_rows(rows, ("kind", "is_here", "about", "types"), chosen_format(format))
    return Exit.NOTHING


@app.command("show")
def show(name: NameArgument, config: ConfigOption = None, data: DataOption = None) -> int:
    """Print a schedule as it is written.

    Example: nephoscope schedules show weekly_instances > weekly_instances.yaml
    """
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        print(_found(connection, name).text.rstrip())
    return Exit.NOTHING


@app.command("create")
def create(
    file: FileArgument,
    by: ByOption = "",
    replace: Annotated[bool, typer.Option("--replace", help="In place of the one of the same name.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Keep a schedule; its times count from now on, and `nephoscope up` sees to them.

    Example: nephoscope schedules create weekly_instances.yaml
    """
    from nephoscope.pipeline.schedules import known
    from nephoscope.scan.schedule_document import parse_schedule

    text, who, now = _text(file), identity(by), datetime.now(UTC)
    schedule = parse_schedule(text, known(), str(file))
    with opened_ledger(configured(config, data)) as ledger, ledger.write() as connection:
        from nephoscope.store.schedules import add_schedule, change_schedule, get_schedule

        before = get_schedule(connection, schedule.name) if replace else None
        if before is None:
            add_schedule(connection, schedule.name, text, who, now)
        else:
            change_schedule(connection, before, who, now, text=text)
    done = "replaced" if before else "kept"
    print(printable(f"{schedule.name} is {done}: nephoscope schedules preview {schedule.name}"))
    return Exit.NOTHING


@app.command("preview")
def preview(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A schedule, or a file with one not yet kept.")],
    count: Annotated[int, typer.Option(min=1, max=50, help="So many runs.")] = 10,
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Say when a schedule runs next, of what as it is now, and what is left out and why; changes nothing.

    Example: nephoscope schedules preview weekly_instances
    """
    settings = configured(config, data)
    file = Path(name)
    with ExitStack() as opened:
        if file.suffix in (".yaml", ".yml"):
            ready = _ready(_unkept(file))
        else:
            with opened_ledger(settings) as ledger, ledger.read() as connection:
                ready = _ready(_found(connection, name))
        found = _previewed(ready, settings, count, opened)
    if wants_json(format):
        print_json(found)
    else:
        _print(found)
    return Exit.NOTHING if found.targets is not None else Exit.UNSEEN


@app.command("run")
def run(name: NameArgument, by: ByOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """Have a schedule run now, beside its times; `nephoscope up` does it.

    Example: nephoscope schedules run weekly_instances
    """
    who = identity(by)
    with opened_ledger(configured(config, data)) as ledger, ledger.write() as connection:
        from nephoscope.pipeline.schedules import ask_for_run

        kept = _found(connection, name)
        asked = ask_for_run(connection, _ready(kept).schedule, who, datetime.now(UTC))
    rests = f"; it begins when {kept.paused_by}'s pause ends" if kept.paused_by else ""
    print(printable(f"{name} is to run: nephoscope schedules jobs {asked.id[:12]}{rests}"))
    return Exit.NOTHING


@app.command("pause")
def pause(name: NameArgument, by: ByOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """Let a schedule rest: nothing begins, and what has begun is put off.

    Example: nephoscope schedules pause weekly_instances
    """
    return _rest(name, identity(by), config, data, is_paused=True)


@app.command("resume")
def resume(name: NameArgument, by: ByOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """Let a schedule go on; what came meanwhile is past.

    Example: nephoscope schedules resume weekly_instances
    """
    return _rest(name, identity(by), config, data, is_paused=False)


@app.command("delete")
def delete(name: NameArgument, by: ByOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """Forget a schedule and cancel what of it goes on; what it did stays.

    Example: nephoscope schedules delete weekly_instances
    """
    who = identity(by)
    with opened_ledger(configured(config, data)) as ledger, ledger.write() as connection:
        from nephoscope.pipeline.schedules import close_schedule_gaps
        from nephoscope.store.schedules import delete_schedule

        delete_schedule(connection, _found(connection, name), who, datetime.now(UTC))
        close_schedule_gaps(connection, name)
    print(printable(f"{name} is forgotten"))
    return Exit.NOTHING


@app.command("runs")
def runs(
    name: NameArgument,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 20,
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List the latest runs of a schedule: what set them off, and what became of them. Exits with 2 if one failed.

    Example: nephoscope schedules runs weekly_instances
    """
    shown = chosen_format(format)
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.schedule_jobs import count_jobs
        from nephoscope.store.schedules import list_runs

        _found(connection, name)
        found = list_runs(connection, name, limit)
        counts = count_jobs(connection, [each.id for each in found])
    none = {"done": 0, "failed": 0}
    rows = [vars(each) | none | counts[each.id] for each in found]
    print_rows(rows, RUN_COLUMNS, shown)
    return Exit.UNSEEN if any(row["status"] in ("failed", "missed") for row in rows) else Exit.NOTHING


@app.command("jobs")
def jobs(
    id_: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning.")],
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List the jobs of a run: what was looked at, and what could not be. Exits with 2 if one failed.

    Example: nephoscope schedules jobs 3f2a90c41b77
    """
    shown = chosen_format(format)
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.schedule_jobs import list_jobs
        from nephoscope.store.schedules import runs_beginning

        found = runs_beginning(connection, id_)
        if len(found) != 1:
            said = f"{len(found)} runs begin so" if found else f"there is no run {id_}"
            raise typer.BadParameter(said, param_hint="RUN")
        rows = [_job(each) for each in list_jobs(connection, found[0].id, limit=100_000)]
    print_rows(rows, JOB_COLUMNS, shown)
    return Exit.UNSEEN if any(row["status"] == "failed" for row in rows) else Exit.NOTHING


def _job(job: Any) -> dict[str, Any]:
    target = job.target
    same = ("id", "status", "attempt", "group", "not_before", "started_at", "ended_at", "note")
    place = {"type": target.type, "target": target.id, "account": target.account, "region": target.region}
    return {name: getattr(job, name) for name in same} | place


def _rest(name: str, who: str, config: Path | None, data: Path | None, *, is_paused: bool) -> int:
    with opened_ledger(configured(config, data)) as ledger, ledger.write() as connection:
        from nephoscope.store.schedules import change_schedule

        kept = _found(connection, name)
        if bool(kept.paused_by) is not is_paused:
            change_schedule(connection, kept, who, datetime.now(UTC), paused_by=who if is_paused else "")
    print(printable(f"{name} rests" if is_paused else f"{name} goes on"))
    return Exit.NOTHING


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        text = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {error}", param_hint="FILE") from None
    if len(content) > MOST_BYTES:
        raise typer.BadParameter(f"{file} is larger than {MOST_BYTES // 1000} kB", param_hint="FILE")
    return text


def _unkept(file: Path) -> Kept:
    from nephoscope.store.schedules import Kept

    now = datetime.now(UTC)
    return Kept(str(file), _text(file), 0, "", now, "", now, "", now)


def _found(connection: Connection, name: str) -> Kept:
    from nephoscope.store.schedules import get_schedule, list_schedules

    kept = get_schedule(connection, name)
    if kept is None:
        names = ", ".join(each.name for each in list_schedules(connection))
        raise typer.BadParameter(f"there are {names}" if names else "there is no schedule", param_hint="NAME")
    return kept


def _ready(kept: Kept) -> Ready:
    from nephoscope.pipeline.schedules import known, read_schedule

    return read_schedule(kept, known())


def _row(connection: Connection, kept: Kept) -> dict[str, Any]:
    from nephoscope.store.schedules import list_runs

    last = next(iter(list_runs(connection, kept.name, 1)), None)
    row: dict[str, Any] = {"name": kept.name, "paused_by": kept.paused_by, "error": "", "next_at": None}
    row |= {"last_at": last.due_at if last else None, "last_status": str(last.status) if last else ""}
    try:
        ready = _ready(kept)
    except ContentError as error:
        return row | {"error": str(error)}
    schedule, when = ready.schedule, ready.schedule.when
    coming = [] if kept.paused_by else ready.table.next_runs(datetime.now(UTC), 1)
    said = (when.cron or when.rrule) if when else f"on {schedule.on.topic}" if schedule.on else ""
    return row | {
        "title": schedule.title,
        "kind": schedule.kind,
        "when": said,
        "zone": when.zone if when else "",
        "next_at": next((each.at for each in coming if not each.blackout), None),
    }


def _previewed(ready: Ready, settings: Config, count: int, opened: ExitStack) -> Preview:
    """The preview, without targets where no lake can be asked."""
    from nephoscope.model.schedule import LooksAt
    from nephoscope.pipeline.schedule_preview import preview as preview_of
    from nephoscope.pipeline.schedules import kind_of
    from nephoscope.store.scope import Scope

    lake = None
    if kind_of(ready.schedule).looks_at is LooksAt.ITEMS:
        from nephoscope.store.lake_socket import connect_lake

        try:
            lake = opened.enter_context(connect_lake(settings.data, settings.lake_url))
        except StoreError as error:
            warn(str(error))
    return preview_of(ready, lake, datetime.now(UTC), Scope.everything(), count)


def _print(found: Preview) -> None:
    print(printable(f"{found.name}: {found.kind}"))
    for each in found.runs:
        more = f"swallowed by the blackout {each.blackout}" if each.blackout else each.note
        print(printable(f"  {each.local:30} {each.at:%Y-%m-%d %H:%M} UTC  {more}".rstrip()))
    for note in found.notes:
        print(printable(f"  · {note}"))
    if found.targets:
        print(printable(f"  {found.count} targets fit now:"))
        for target in found.targets[:SHOWN]:
            place = " ".join(filter(None, (target.account, target.region)))
            print(printable(f"    {target.type} {target.id} {place}".rstrip()))
        if found.count > SHOWN:
            print(f"    … and {found.count - SHOWN} more")
