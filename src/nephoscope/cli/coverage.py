"""`nephoscope coverage`."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003  typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import chosen_format, configured, moment, opened_ledger, print_rows
from nephoscope.cli.output import Exit
from nephoscope.model.coverage import Hour, HourState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.store.gaps import OpenGap

GAP_COLUMNS = ("area", "subject", "account", "region", "cause", "permission", "since", "times")
HOUR_COLUMNS = ("source", "account", "region", *(state.value for state in HourState), "reasons")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before any log
UNSEEN = {HourState.MISSING, HourState.TAMPERED, HourState.UNREADABLE, HourState.NOT_LOGGING}


def coverage(
    since: Annotated[str, typer.Option(help="Hours of logs since: 24h, 7d or a time.")] = "24h",
    area: Annotated[str, typer.Option(help="Only gaps of this area: source, object, read, check, rule …")] = "",
    account: Annotated[str, typer.Option(help="Only of this account.")] = "",
    closed: Annotated[bool, typer.Option("--closed", help="Also gaps that have closed.")] = False,
    format: Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")] = "",
    config: Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")] = None,
) -> int:
    """Say what could not be seen, since when and why, and which hours of logs are proven complete.

    Exits with 0 if all could be seen, 2 if something could not.

    Example: nephoscope coverage --since 7d
    """
    shown = chosen_format(format)
    hour = timedelta(hours=1)
    start = moment(since, "--since") or datetime.now(UTC) - 24 * hour
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.gaps import list_gaps
        from nephoscope.store.hours import list_hours

        gaps = list_gaps(connection, area=area, with_closed=closed, limit=100_000)
        hours = list_hours(connection, max(start, EARLIEST) - hour, datetime.now(UTC) + hour, account=account)
    gaps = [each for each in gaps if account in ("", each.gap.account)]
    if shown == "jsonl":
        print_rows([*map(_gap_row, gaps), *map(_hour_row, hours)], (), shown)
    else:
        _print_tables(gaps, hours, shown)
    is_blind = any(each.closed_at is None for each in gaps) or any(each.state in UNSEEN for each in hours)
    return Exit.UNSEEN if is_blind else Exit.NOTHING


def _print_tables(gaps: list[OpenGap], hours: list[Hour], shown: str) -> None:
    if shown == "table":
        print("What could not be seen:" if gaps else "Everything that was looked at could be seen.")
    if gaps:
        print_rows(map(_gap_row, gaps), GAP_COLUMNS, shown)
    print()
    if shown == "table":
        print("Hours of logs, by what is proven of them:" if hours else "No hours of logs are known.")
    if hours:
        print_rows(_by_place(hours), HOUR_COLUMNS, shown)


def _gap_row(each: OpenGap) -> dict[str, Any]:
    return {
        "entry": "gap",
        "area": each.gap.area,
        "subject": each.gap.subject,
        "account": each.gap.account,
        "region": each.gap.region,
        "cause": each.gap.cause,
        "permission": each.gap.permission,
        "since": each.since,
        "last_at": each.last_at,
        "times": each.times,
        "closed_at": each.closed_at,
    }


def _hour_row(hour: Hour) -> dict[str, Any]:
    return {
        "entry": "hour",
        "source": hour.source,
        "account": hour.account,
        "region": hour.region,
        "start_at": hour.start_at,
        "state": hour.state,
        "reasons": hour.reasons,
    }


def _by_place(hours: Iterable[Hour]) -> Iterator[dict[str, Any]]:
    """One row for each source, account and region: how many hours are in each state, and the first reasons."""
    places: defaultdict[tuple[str, str, str], list[Hour]] = defaultdict(list)
    for hour in hours:
        places[(hour.source, hour.account, hour.region)].append(hour)
    for (source, account, region), found in sorted(places.items()):
        counts = Counter(hour.state.value for hour in found)
        reasons = [reason for hour in found if hour.state in UNSEEN for reason in hour.reasons]
        row = {"source": source, "account": account, "region": region, "reasons": "; ".join(reasons[:3])}
        yield row | {state.value: counts[state.value] or "" for state in HourState}
