"""`nephoscope advisories`: the feeds that packages are matched with."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nephoscope.cli._store import ListByDefault, chosen_format, configured, opened_ledger, print_rows
from nephoscope.cli.output import Exit, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nephoscope.model.evidence import Envelope

FETCH_COLUMNS = ("name", "is_configured", "checked_at", "newest_at", "age_days", "cause")
COLUMNS = ("name", "advisories", "newest_at", "age_days", "imported_at", "checked_at", "is_matched")
OLD_DAYS = 7

app = typer.Typer(
    cls=ListByDefault,
    help="Advisories: the feeds that packages are matched with.",
    add_completion=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]


@app.command("list")
def list_(format: FormatOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """List the feeds, how many advisories each has, how old its newest is, and whether everything was matched with it.

    Exits with 2 if there is no feed, or one whose newest advisory is older than a week.

    Example: nephoscope advisories
    """
    shown = chosen_format(format)
    settings = configured(config, data)
    with opened_ledger(settings) as ledger, ledger.read() as connection:
        from nephoscope.store.advisory_feeds import age_days, list_feeds
        from nephoscope.store.advisory_fetches import list_fetches

        feeds, fetches = list_feeds(connection), list_fetches(connection)
    ages = {feed.name: age_days(feed.newest_at) for feed in feeds}
    rows = [
        {name: getattr(feed, name) for name in ("name", "advisories", "newest_at", "imported_at", "sha256", "file")}
        | {"age_days": ages[feed.name], "is_matched": feed.is_judged}
        | {"checked_at": fetches[feed.name].checked_at if feed.name in fetches else None}
        for feed in feeds
    ]
    print_rows(rows, COLUMNS, shown)
    if not feeds:
        warn("There are no advisories: nephoscope advisories import NAME PATH…")
    return Exit.NOTHING if feeds and all((age or 0) <= OLD_DAYS for age in ages.values()) else Exit.UNSEEN


@app.command("import")
def import_(
    what: Annotated[str, typer.Argument(metavar="NAME|BUNDLE", help="The feed's name, or a bundle (.tar).")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…", help="OSV records: json, jsonl, gz, zip, folders; of kev and epss the publisher's file."
        ),
    ] = None,
    source: Annotated[
        str, typer.Option("--from", metavar="FORMAT", help="A publisher's own format, as the guide to scan lists them.")
    ] = "osv",
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Whose signature a bundle must have, in PEM.")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Take up a feed from OSV records, or all feeds of a signed bundle; a feed of the same name is replaced whole.

    \b
    nephoscope advisories import debian ./Debian/all.zip
    nephoscope advisories import own ./our-advisories/
    nephoscope advisories import oracle com.oracle.elsa-all.xml.bz2 --from oracle_oval
    nephoscope advisories import kev known_exploited_vulnerabilities.json
    nephoscope advisories import epss epss_scores-current.csv.gz
    nephoscope advisories import advisories.tar --public-key nephoscope.pem

    Exit code: 0 all was read, 2 some of it could not be (it is named, and the rest counts), 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    settings = configured(config, data)
    folder = settings.data / "advisories"
    with opened_ledger(settings) as ledger:
        from nephoscope.pipeline.feeds import import_bundle, import_files

        if not paths:
            if public_key is None:
                raise typer.BadParameter("say whose bundle it must be", param_hint="--public-key")
            made, gaps = import_bundle(ledger, folder, Path(what), _trusting(public_key)), []
        else:
            with _progress() as seen:
                feed, gaps = import_files(ledger, folder, what, paths, seen, _known_format(source))
            made = [feed]
    for gap in gaps:
        warn(f"{gap.subject}: {gap.cause}")
    for feed in made:
        print(f"{feed.name}: {feed.advisories} advisories, the newest of {feed.newest_at or 'no date'}")
    return Exit.UNSEEN if gaps else Exit.NOTHING


def _known_format(name: str) -> str:
    """The name, if a feed can be read in that format."""
    from nephoscope.scan.feed import OSV, feeds

    if name != OSV and name not in feeds():
        raise typer.BadParameter(f"no format is named {name}; there are {', '.join((OSV, *sorted(feeds())))}")
    return name


def _trusting(file: Path) -> Callable[[Envelope], bool]:
    from nephoscope.signing import is_signed

    try:
        pem = file.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {error}", param_hint="--public-key") from None
    return lambda envelope: is_signed(envelope, pem)


@app.command("fetch")
def fetch(
    feeds: Annotated[list[str] | None, typer.Argument(metavar="FEED…", help="Which; else those configured.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List what can be fetched, and how old it is here.")] = False,
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Fetch feeds from their publishers, or from the mirrors that are configured; what cannot be had stays as it is.

    \b
    nephoscope advisories fetch debian pypi
    nephoscope advisories fetch                 # those of [advisories] in nephoscope.toml
    nephoscope advisories fetch --list

    Exit code: 0 all is as its publisher has it, 2 a feed or a part of one could not be had, 64 wrong call.
    """  # noqa: D301  click's mark for lines that stay as they are
    shown = chosen_format(format)
    settings = configured(config, data)
    with opened_ledger(settings) as ledger, _progress() as seen:
        from nephoscope.pipeline.fetching import FAILED, fetching_of

        fetching = fetching_of(settings, ledger, seen)
        if listed:
            print_rows(fetching.listed(), FETCH_COLUMNS, shown)
            return Exit.NOTHING
        wanted = feeds or list(settings.advisories.feeds)
        unknown = [name for name in wanted if name not in fetching.publishers]
        if unknown or not wanted:
            said = f"no publisher's feed is named {unknown[0]}" if unknown else "none is named, and none is configured"
            raise typer.BadParameter(f"{said}; see --list", param_hint="FEED")
        outcomes = fetching.refresh(wanted)
    for outcome in outcomes:
        for gap in outcome.gaps:
            warn(f"{outcome.name}: {gap.subject}: {gap.cause}")
        print(f"{outcome.name}: {outcome.state}{f', {outcome.advisories} advisories' if outcome.advisories else ''}")
        if outcome.state == FAILED:
            warn(f"{outcome.name}: {outcome.cause}; what was here before stays")
    return Exit.UNSEEN if any(each.state == FAILED or each.gaps for each in outcomes) else Exit.NOTHING


@app.command("export")
def export(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The bundle to write.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Write every feed as a bundle for a place without a network, signed by this installation's evidence key.

    Its public half is printed by `nephoscope evidence key`; who imports the bundle names it.

    Example: nephoscope advisories export -o advisories.tar
    """
    settings = configured(config, data)
    with opened_ledger(settings) as ledger:
        from nephoscope.pipeline.feeds import export_bundle
        from nephoscope.respond.evidence.vault import opened_vault

        part = output.with_name(f"{output.name}.part")
        with part.open("wb") as out:
            feeds = export_bundle(ledger, settings.data / "advisories", out, opened_vault(settings, ledger).signer.sign)
        part.replace(output)
    print(f"{output}: {len(feeds)} feeds, {sum(feed.advisories for feed in feeds)} advisories")
    return Exit.NOTHING


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The feed's name.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Forget a feed and everything that it said; what other feeds say stays.

    Example: nephoscope advisories remove own
    """
    settings = configured(config, data)
    with opened_ledger(settings) as ledger:
        from nephoscope.pipeline.feeds import remove_feed

        if not remove_feed(ledger, settings.data / "advisories", name):
            raise typer.BadParameter(f"there is no feed '{name}'", param_hint="NAME")
    print(f"{name} is forgotten")
    return Exit.NOTHING


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading")
        yield lambda count: progress.update(task, description=f"{count} advisories")
