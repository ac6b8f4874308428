"""`nephoscope exporters`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from nephoscope.cli._store import ListByDefault, chosen_format, configured, identity, listed, opened_ledger, print_rows
from nephoscope.cli.output import Exit, warn
from nephoscope.settings import nearest

if TYPE_CHECKING:
    from nephoscope.config import Config
    from nephoscope.store.deliveries import Delivery

STATES = ("waiting", "collected", "held", "parked", "sent", "digested", "replaced", "cancelled", "dropped")
LIST = ("name", "type", "routes", "waiting", "parked", "sent", "permissions")
DELIVERIES = ("state", "exporter", "what", "title", "tries", "due_at", "ended_at", "error", "id")

app = typer.Typer(
    cls=ListByDefault,
    help="Exporters: what is sent where, and what became of it.",
    add_completion=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]
ByOption = Annotated[str, typer.Option(help="Who acts; else the user of this machine.")]


@app.command("list")
def list_(format: FormatOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """List the configured exporters, the routes that lead to each, and how its deliveries stand.

    Exits with 2 if deliveries are parked: their receiver refuses them.

    Example: nephoscope exporters
    """
    shown = chosen_format(format)
    settings = configured(config, data)
    from nephoscope.pipeline.exports import exports_of

    exports = exports_of(settings)
    with opened_ledger(settings) as ledger, ledger.read() as connection:
        from nephoscope.store.deliveries import count_deliveries

        counts = count_deliveries(connection)
    rows: list[dict[str, Any]] = []
    for name, exporter in exports.exporters.items():
        to = [route.name for route in exports.routes.values() if name in (*route.to, *route.escalate_to)]
        states = {state: counts.get(name, {}).get(state, 0) for state in STATES}
        kind = settings.exporters[name]["type"]
        rows.append({"name": name, "type": kind, "routes": to, **states, "permissions": exporter.permissions})
        if not to:
            warn(f"No route leads to {name}: nothing is sent there.")
    print_rows(rows, LIST, shown)
    return Exit.UNSEEN if any(row["parked"] for row in rows) else Exit.NOTHING


@app.command("role")
def role(config: ConfigOption = None, data: DataOption = None) -> int:
    """Print the IAM policy of the credentials that exporters use: what each calls, on what it calls it, and no more.

    Example: nephoscope exporters role > notify-policy.json
    """
    from nephoscope.pipeline.exports import exports_of

    statements = [
        {"Sid": f"Export{place}", "Effect": "Allow", "Action": [*each.permissions], "Resource": [*each.resources]}
        for place, each in enumerate(exports_of(configured(config, data)).exporters.values(), 1)
        if each.permissions
    ]
    print(json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2))
    return Exit.NOTHING


@app.command("test")
def send_test(
    name: Annotated[str, typer.Argument(help="The exporter's name in the configuration.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Send a notice that is marked as a test, now, past every route; says what the receiver answered.

    Where notices open something (an incident, an issue, a finding), this one does too: close it there.

    Example: nephoscope exporters test oncall
    """
    settings = configured(config, data)
    from nephoscope.pipeline.exports import send_test as send

    if name not in settings.exporters:
        raise typer.BadParameter(f"there is no exporter '{name}'{nearest(name, settings.exporters)}", param_hint="NAME")
    send(settings, name)
    print(f"{name} took the test notice")
    return Exit.NOTHING


@app.command("deliveries")
def deliveries(
    exporter: Annotated[str, typer.Option(help="To this exporter.")] = "",
    state: Annotated[str, typer.Option(help=f"In these states, with commas: {', '.join(STATES)}.")] = "",
    finding: Annotated[str, typer.Option(help="About the finding of this uid.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List deliveries, the newest first: what was sent, what waits, what was refused and why.

    Example: nephoscope exporters deliveries --state parked
    """
    shown = chosen_format(format)
    states = listed(state)
    for each in states:
        if each not in STATES:
            raise typer.BadParameter(f"{each} is none of {', '.join(STATES)}", param_hint="--state")
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.deliveries import list_deliveries

        found = list_deliveries(connection, exporter=exporter, states=states, subject=finding, limit=limit)
    print_rows([_row(each) for each in found], DELIVERIES, shown)
    return Exit.NOTHING


@app.command("retry")
def retry(
    id: Annotated[str, typer.Argument(help="A parked delivery's id, or its beginning; all.")],
    exporter: Annotated[str, typer.Option(help="With all: only to this exporter.")] = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Send parked deliveries again: what their receiver refused it may take now.

    Example: nephoscope exporters retry all --exporter tickets
    """
    return _change("retry", id, exporter, format, configured(config, data))


@app.command("drop")
def drop(
    id: Annotated[str, typer.Argument(help="A delivery's id, or its beginning; all that are parked.")],
    exporter: Annotated[str, typer.Option(help="With all: only to this exporter.")] = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Give up deliveries that were not sent; what waits behind them about the same finding goes on.

    Example: nephoscope exporters drop 4f0c11d2
    """
    return _change("drop", id, exporter, format, configured(config, data))


@app.command("acknowledge")
def acknowledge(
    uid: Annotated[str, typer.Argument(help="The finding's uid, or its beginning.")],
    by: ByOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Take a finding in hand: it is not escalated any more, unless it opens again.

    Example: nephoscope exporters acknowledge 3f2a90 --by alice
    """
    with opened_ledger(configured(config, data)) as ledger, ledger.write() as connection:
        from nephoscope.store.deliveries import acknowledge as put
        from nephoscope.store.finding_list import findings_beginning

        found = findings_beginning(connection, uid)
        if len(found) != 1:
            raise typer.BadParameter(f"{len(found)} findings begin so", param_hint="UID")
        put(connection, found[0].uid, identity(by))
    print(f"{found[0].uid} is in hand")
    return Exit.NOTHING


def _change(how: Literal["retry", "drop"], id_: str, exporter: str, format: str, settings: Config) -> int:
    """Retry or drop what was named, close the gaps that it was, and print it."""
    shown = chosen_format(format)
    now = datetime.now(UTC)
    with opened_ledger(settings) as ledger, ledger.write() as connection:
        from nephoscope.pipeline.exports import put_again
        from nephoscope.store import deliveries as kept

        if id_ == "all":
            named = kept.list_deliveries(connection, exporter=exporter, states=("parked",), limit=10_000)
        else:
            named = kept.list_deliveries(connection, beginning=id_, limit=2)
            if len(named) != 1:
                raise typer.BadParameter(f"{len(named) or 'no'} deliveries begin so", param_hint="ID")
        done = put_again(connection, [each.id for each in named], how, now)
        after = kept.get_deliveries(connection, done)
    if not done:
        warn(f"Nothing to {how}: nothing of it is {'parked' if how == 'retry' else 'unsent'}.")
    print_rows([_row(each) for each in after], DELIVERIES, shown)
    return Exit.NOTHING


def _row(delivery: Delivery) -> dict[str, Any]:
    hidden = ("body", "claimed_by", "claimed_until")
    return {name: value for name, value in vars(delivery).items() if name not in hidden}
