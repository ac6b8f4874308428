"""`nephoscope doctor`."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli.output import Exit, print_json, printable, wants_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.clouds import Clouds
    from nephoscope.collect.source import Source
    from nephoscope.config import Account, Config

FREE_MB = 2_000
GAPS = 10_000
SKEW_S = 240  # AWS refuses signatures that are five minutes off
EXTRAS = {"server": ("chdb", "clickhouse_connect", "sqlalchemy", "pyarrow"), "aws": ("boto3",), "sandbox": ("moto",)}


@dataclass(frozen=True)
class Answer:
    """What one question was answered: is it well, what was found, and what to do if it is not."""

    about: str
    is_well: bool
    found: str
    todo: str = ""


def doctor(
    config: Annotated[Path | None, typer.Option(help="nephoscope.toml; else ./nephoscope.toml")] = None,
    data: Annotated[Path | None, typer.Option(help="the data folder; else as configured")] = None,
    output: Annotated[str, typer.Option("--format", help="table or jsonl")] = "",
) -> None:
    """Check extras, data folder, disk, stores, accounts, sources, permissions and clocks, and say what to do.

    Exits with 0 if all is well, 2 if something is not.

    Example: nephoscope doctor --config /etc/nephoscope.toml
    """
    from nephoscope.config import load

    if output not in ("", "table", "jsonl"):
        raise typer.BadParameter(f"{output} is neither table nor jsonl", param_hint="--format")
    settings = load(config, data)
    answers = list(examine(settings))
    for answer in answers:
        if wants_json(output):
            print_json({"about": answer.about, "well": answer.is_well, "found": answer.found, "todo": answer.todo})
        else:
            print(printable(f"{'ok  ' if answer.is_well else 'BAD '}  {answer.about}: {answer.found}"))
            if answer.todo and not answer.is_well:
                print(printable(f"      → {answer.todo}"))
    raise typer.Exit(Exit.NOTHING if all(answer.is_well for answer in answers) else Exit.UNSEEN)


def examine(config: Config) -> Iterator[Answer]:
    """Ask everything there is to ask of a configuration."""
    yield Answer("configuration", True, str(config.path or "none; defaults, and the sandbox"))
    yield from extras()
    yield from folder(config.data)
    if importlib.util.find_spec("sqlalchemy"):
        yield ledger(config.ledger_url)
        yield lake(config)
        yield from permissions(config.ledger_url)
    for name, account in config.accounts.items():
        yield from reach(name, account, config)
    yield from sources(config)


def extras() -> Iterator[Answer]:
    """Which extras are installed; only those that are half there are not well."""
    for extra, modules in EXTRAS.items():
        missing = [module for module in modules if importlib.util.find_spec(module) is None]
        found = "installed" if not missing else f"not installed ({', '.join(missing)} missing)"
        is_well = not missing or len(missing) == len(modules)
        yield Answer(f"extra {extra}", is_well, found, f"pip install 'nephoscope[{extra}]'")


def folder(data: Path) -> Iterator[Answer]:
    """Whether the data folder, or where it will be made, is ours alone, can be written and has room."""
    there = next(path for path in (data, *data.parents) if path.exists())
    writable = os.access(there, os.W_OK | os.X_OK)
    state = "is there" if there == data else f"will be made in {there}"
    yield Answer("data folder", writable, f"{data} {state}", f"make {there} writable, or choose another: --data")
    if there == data:
        mode = stat.S_IMODE(data.stat().st_mode)
        yield Answer("data folder's mode", not mode & 0o077, f"{mode:o}", f"chmod 700 {data}")
    free_mb = shutil.disk_usage(there).free // 1_000_000
    yield Answer("free disk", free_mb > FREE_MB, f"{free_mb:,} MB", f"free some; {FREE_MB:,} MB are the least")


def ledger(url: str) -> Answer:
    """Whether the ledger opens."""
    from nephoscope.model.errors import NephoscopeError
    from nephoscope.store.ledger import open_ledger
    from nephoscope.store.retention import kept_in_ledger
    from nephoscope.store.state import get_state

    try:
        with open_ledger(url) as opened, opened.read() as connection:
            kept = "".join(f"; {_counted(name, *each)}" for name, each in kept_in_ledger(connection).items())
            return Answer("ledger", True, f"{opened.address}{kept}{_forgotten(get_state(connection, 'retention'))}")
    except NephoscopeError as error:
        return Answer("ledger", False, str(error), "mend what it says; nothing stored is lost by that")


def lake(config: Config) -> Answer:
    """Whether the lake opens, or the process that holds it answers."""
    from nephoscope.model.errors import NephoscopeError
    from nephoscope.store.lake_socket import connect_lake
    from nephoscope.store.retention import kept_in_lake

    try:
        with connect_lake(config.data, config.lake_url) as opened:
            kept = [_counted(name, *each) for name, each in kept_in_lake(opened).items()]
            return Answer("lake", True, "; ".join(kept))
    except NephoscopeError as error:
        return Answer("lake", False, str(error), "mend what it says; nothing stored is lost by that")


def permissions(url: str) -> Iterator[Answer]:
    """Which permissions the reading that was done so far lacked; nothing before anything was read."""
    from nephoscope.model.errors import NephoscopeError
    from nephoscope.store.gaps import list_gaps
    from nephoscope.store.ledger import open_ledger

    try:
        with open_ledger(url) as opened, opened.read() as connection:
            gaps = list_gaps(connection, limit=GAPS)
    except NephoscopeError:
        return  # said of the ledger already
    lacking = sorted({each.gap.permission for each in gaps if each.gap.permission})
    found = f"lacking, as last read: {', '.join(lacking)}" if lacking else "none is known to be lacking"
    yield Answer("permissions", not lacking, found, "grant what `nephoscope roles` prints")
    todo = "`nephoscope coverage` says which, since when and why"
    yield Answer("coverage", not gaps, f"{len(gaps)} things cannot be seen", todo)


def sources(config: Config) -> Iterator[Answer]:
    """Whether each source is configured rightly, and lets itself be read."""
    from nephoscope.model.errors import MissingExtra, NephoscopeError

    if not config.sources:
        return
    try:
        from nephoscope.clouds.named import log_clouds_of
        from nephoscope.watch import sources_of

        made, clouds = sources_of(config), log_clouds_of(config)
    except ImportError:
        yield Answer("sources", False, str(MissingExtra("reading sources", "server")), "install it")
        return
    except NephoscopeError as error:
        yield Answer(
            "sources", False, str(error), f"mend {config.path}; `nephoscope collect --list` says what there is"
        )
        return
    for name, source in made.items():
        yield readable(f"source {name}", source, clouds)


def readable(about: str, source: Source, clouds: Clouds) -> Answer:
    """Whether a source lets itself be read."""
    from nephoscope.model.errors import NephoscopeError

    todo = f"it needs {', '.join(source.permissions) or 'no permission'}; see `nephoscope collect --list {source.name}`"
    try:
        gap = source.probe(clouds)
    except NephoscopeError as error:
        return Answer(about, False, str(error), todo)
    return Answer(about, gap is None, f"{gap.subject}: {gap.cause}" if gap else "can be read", todo)


def _counted(name: str, count: int, oldest: datetime | None) -> str:
    return f"{count:,} {name}" + (f" since {oldest:%Y-%m-%d}" if oldest else "")


def _forgotten(last: Any) -> str:
    """What the last round of retention deleted, and when."""
    if not last:
        return ""
    deleted = ", ".join(f"{count:,} {what}" for what, count in last["deleted"].items()) or "nothing"
    return f"; retention deleted {deleted} at {datetime.fromisoformat(last['at']):%Y-%m-%d %H:%M} UTC"


def reach(name: str, account: Account, config: Config) -> Iterator[Answer]:
    """Whether an account answers, is the one that was meant, and agrees about the time."""
    from nephoscope.clouds.aws import Aws
    from nephoscope.clouds.named import aws_account
    from nephoscope.model.errors import NephoscopeError

    about = f"account {name}"
    try:
        aws = Aws((aws_account(account),), config.aws.endpoint_url)
        answer = aws.call("sts", "GetCallerIdentity", account=account.id)
    except NephoscopeError as error:
        yield Answer(
            about, False, str(error), "check its profile, role and external id; `nephoscope roles` prints the role"
        )
        return
    meant = answer["Account"] == account.id
    yield Answer(about, meant, f"answers as {answer['Arn']}", f"these credentials are not of account {account.id}")
    yield clock(about, answer)


def clock(about: str, answer: Any) -> Answer:
    """How far our clock is from the provider's."""
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    if not said:
        return Answer(f"{about}'s clock", True, "the provider told no time")
    skew_s = abs((datetime.now(UTC) - parsedate_to_datetime(said)).total_seconds())
    return Answer(f"{about}'s clock", skew_s < SKEW_S, f"{skew_s:.0f} s apart", "set this machine's clock (NTP)")
