"""`nephoscope collect`: log sources → events and findings, once."""

from __future__ import annotations

import importlib.util
import inspect
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._lines import row_of
from nephoscope.cli._live import finding_text, gap_text
from nephoscope.cli._offline import source_types
from nephoscope.cli._store import moment
from nephoscope.cli.output import Exit, print_json, wants_json, warn
from nephoscope.collect.source import Source
from nephoscope.config import Config, load
from nephoscope.model.errors import ConfigError, MissingExtra, Stopped, StoreError
from nephoscope.settings import nearest, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.clouds import Clouds
    from nephoscope.keep import Stores
    from nephoscope.model.coverage import Gap
    from nephoscope.model.finding import Finding
    from nephoscope.pipeline import Logs


LOOK_S = 0.5


def collect(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]…", help="Sources of nephoscope.toml; all, if none is named.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Read what there is and stop; `up` keeps on reading.")] = False,
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Also read what is so old: 30d, or an ISO time; else from where reading ended."
        ),
    ] = "",
    list_types: Annotated[bool, typer.Option("--list", help="List the types of sources, and their settings.")] = False,
    config: Annotated[Path | None, typer.Option(help="nephoscope.toml; else ./nephoscope.toml")] = None,
    data: Annotated[Path | None, typer.Option(help="The data folder; else as configured.")] = None,
    format: Annotated[str, typer.Option(metavar="jsonl|text", help="JSON lines, or text for people.")] = "",
) -> int:
    """Read log sources once: keep their events, and print the findings that come of them.

    \b
    nephoscope collect --once
    nephoscope collect --once prod_trail --format jsonl
    nephoscope collect --once prod_trail --since 30d
    nephoscope collect --list aws_cloudtrail

    Exit code: 0 nothing found, 1 findings, 2 no findings but something could not be seen, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    if format not in ("", "jsonl", "text"):
        raise typer.BadParameter(f"{format} is neither jsonl nor text", param_hint="--format")
    if list_types:
        return _list(chosen(names or [], source_types(), "type of source"), as_json=wants_json(format))
    if not once:
        raise typer.BadParameter("say --once; `nephoscope up` reads again and again", param_hint="--once")
    _require()
    return _collect(load(config, data), names or [], Report(as_json=wants_json(format)), moment(since, "--since"))


def chosen(names: list[str], known: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Those that were named, or all. Raises ConfigError for a name that there is not, with the nearest."""
    for name in names:
        if name not in known:
            raise ConfigError(f"there is no {what} '{name}'{nearest(name, known)}")
    return {name: known[name] for name in names or known}


def _list(types: Mapping[str, type[Source]], *, as_json: bool) -> int:
    for name, kind in types.items():
        row = _described(name, kind)
        if as_json:
            print_json(row)
            continue
        print(f"{name}: {row['title']}")
        print(f"  rules with logsource: {', '.join(f'{key} {value}' for key, value in row['log_source'].items())}")
        print(f"  permissions: {', '.join(row['permissions']) or 'none'}")
        for setting in row["settings"]:
            default = "required" if setting["is_required"] else f"else {setting['default']!r}"
            print(f"    {setting['name']:<14} {setting['type']:<8} {default}")
        print(*(f"  {line}" for line in row["about"].splitlines()), "", sep="\n")
    return Exit.NOTHING


def _described(name: str, kind: type[Source]) -> dict[str, Any]:
    """A type of source, as a user needs it to write the configuration: one text, shown everywhere."""
    title, _, about = (inspect.getdoc(kind) or "").partition("\n")
    shared = [
        inspect.getdoc(base) or "" for base in kind.__mro__[1:] if issubclass(base, Source) and base is not Source
    ]
    log_source = {key: value for key in ("product", "service", "category") if (value := getattr(kind.log_source, key))}
    return {
        "type": name,
        "title": title,
        "log_source": log_source,
        "permissions": kind.permissions,
        "settings": [
            {"name": each.name, "type": each.type, "is_required": each.is_required, "default": each.default}
            for each in settings_of(kind)
        ],
        "about": "\n".join([*shared, about.strip()]),
    }


def _require() -> None:
    for module in ("sqlalchemy", "chdb", "pyarrow"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtra("nephoscope collect --once", "server")


@dataclass
class Report:
    """Prints findings as they come, and says on standard error what could not be seen."""

    as_json: bool
    findings: int = 0
    gaps: dict[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])

    def found(self, finding: Finding) -> None:
        self.findings += 1
        if self.as_json:
            print_json(row_of(finding))
        else:
            print(finding_text(finding))
        sys.stdout.flush()

    def cannot_see(self, gap: Gap) -> None:
        if self.gaps.get(gap.key) != gap.cause:
            self.gaps[gap.key] = gap.cause
            warn(f"not seen: {gap_text(gap)}")

    def sees_again(self, gap: Gap) -> None:
        self.gaps.pop(gap.key, None)

    @property
    def exit_code(self) -> int:
        if self.findings:
            return Exit.FINDINGS
        return Exit.UNSEEN if self.gaps else Exit.NOTHING


class Patience:
    """Waiting that ends, in whatever thread, within half a second of Ctrl-C; a handler may take no lock."""

    def __init__(self) -> None:
        self.is_over = False

    def wait(self, seconds: float) -> None:
        """Let seconds pass. Raises Stopped once it is over."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.is_over:
                raise Stopped("Ctrl-C was pressed")
            time.sleep(min(left, LOOK_S))

    @contextmanager
    def until_interrupted(self) -> Iterator[None]:
        """While this lasts, Ctrl-C ends the waiting of every thread and interrupts this one, the main one."""
        before = signal.signal(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _interrupt(self, number: int, frame: Any) -> None:
        self.is_over = True
        raise KeyboardInterrupt


def _collect(config: Config, names: list[str], report: Report, since: datetime | None) -> int:
    """Read the named sources one after the other. Raises ConfigError, and StoreError where `up` holds the stores."""
    from nephoscope.clouds import Clouds
    from nephoscope.clouds.named import log_clouds_of
    from nephoscope.detect.loading import load_rules
    from nephoscope.keep import Stores
    from nephoscope.pipeline import Logs
    from nephoscope.store.lake import open_lake
    from nephoscope.store.lake_socket import is_served
    from nephoscope.store.ledger import open_ledger
    from nephoscope.watch import silence_of, sources_of

    sources = chosen(names, sources_of(config), "source")
    if not sources:
        raise ConfigError("no source is configured: name one under [sources.NAME]; `collect --list` says what there is")
    _remembered(config, sources, since)
    if is_served(config.data):
        raise StoreError(f"`nephoscope up` runs in {config.data} and reads the sources itself: stop it first")
    patience, rules = Patience(), load_rules(config.content)
    clouds = Clouds(log_clouds_of(config).aws_or_none, patience.wait)
    for error in rules.errors:
        warn(f"rule left out: {error}")
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        patience.until_interrupted(),
        open_lake(config.lake_url) as lake,
        open_ledger(config.ledger_url) as ledger,
    ):
        stores = Stores(lake, ledger, report)
        for name, source in sources.items():
            silence = silence_of(name, source, config, stores)
            logs = Logs(name, source, clouds, stores, rules, silence=silence, since=since)
            with _progress(logs):
                _read(logs, clouds, stores)
            if not report.as_json:
                print(f"{name}: {logs.objects:,} files, {logs.events:,} events")
    if not report.as_json:
        print(f"{report.findings} findings; {len(report.gaps)} things could not be seen.")
    return report.exit_code


def _remembered(config: Config, sources: Mapping[str, Source], since: datetime | None) -> None:
    """Raise ConfigError where it is forgotten whether objects so old were read: they would be read twice."""
    days = config.retention.seen_days
    for name, source in sources.items():
        reach = timedelta(days=source.reach_days or 0)
        if (
            since
            and days
            and source.reach_days is not None
            and since - reach < datetime.now(UTC) - timedelta(days=days)
        ):
            raise ConfigError(
                f"--since {since:%Y-%m-%d}: which objects of {name} were read is remembered for {days} days, so that "
                "older ones might be read twice: say a later time, or more retention.seen_days"
            )


def _read(logs: Logs, clouds: Clouds, stores: Stores) -> None:
    """Read one source until a round brings nothing new, then judge how complete its hours are."""
    from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
    from nephoscope.collect.verify import Verifier
    from nephoscope.jobs import gap_of
    from nephoscope.keep import keep_gaps
    from nephoscope.pipeline import Hours

    try:
        before = -1
        while before < logs.objects:
            before = logs.objects
            logs.collect()
        if isinstance(logs.source, AwsCloudTrail):
            Hours(logs.name, Verifier(logs.name, logs.source, clouds.aws), stores, since=logs.since).verify()
    except Exception as error:  # noqa: BLE001 - boundary: one source; it becomes a gap, the others go on
        keep_gaps(stores, [gap_of(f"collect {logs.name}", error)])
    else:
        keep_gaps(stores, [], [gap_of(f"collect {logs.name}", None)])


@contextmanager
def _progress(logs: Logs) -> Iterator[None]:
    """A line on standard error that says how far it is, where a person watches."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner

    def line() -> Spinner:
        spinner.update(text=f"{logs.name}: {logs.objects:,} files, {logs.events:,} events")
        return spinner

    spinner = Spinner("dots")
    console = Console(stderr=True)
    with Live(get_renderable=line, console=console, transient=True, redirect_stdout=sys.stdout.isatty()):
        yield
