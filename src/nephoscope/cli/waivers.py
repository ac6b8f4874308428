"""`nephoscope waivers`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import (
    ListByDefault,
    chosen_format,
    configured,
    identity,
    later,
    opened_ledger,
    print_rows,
)
from nephoscope.cli.output import Exit
from nephoscope.model.errors import ContentError
from nephoscope.model.waiver import Waiver

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = ("uid", "state", "scope", "reason", "owner", "requested_by", "approved_by", "expires_at")

app = typer.Typer(
    cls=ListByDefault,
    help="Propose, approve and revoke accepted exceptions.",
    add_completion=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
ByOption = Annotated[str, typer.Option(help="Who acts; else the user of this machine.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]


@app.command("list")
def list_(format: FormatOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """List waivers, the newest first, and whether they hold.

    Example: nephoscope waivers
    """
    from_ledger = opened_ledger(configured(config, data))
    with from_ledger as ledger, ledger.read() as connection:
        from nephoscope.store.waivers import list_waivers

        print_rows([_row(each) for each in list_waivers(connection)], COLUMNS, chosen_format(format))
    return Exit.NOTHING


@app.command("propose")
def propose(
    scope: Annotated[str, typer.Option(help="Which findings: CEL, e.g. rule == 'x' && resource_id == 'y'.")],
    reason: Annotated[str, typer.Option(help="Why they are accepted.")],
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    expires: Annotated[str, typer.Option(help="Until when: 30d or a time.")],
    by: ByOption = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Propose a waiver; it holds once somebody else has approved it.

    Example: nephoscope waivers propose --scope "resource_id == 'public-site'" --reason "meant to be public"
    --owner web-team --expires 90d
    """
    now = datetime.now(UTC)
    proposal = Waiver("", scope, reason, owner, identity(by), now, later(expires, "--expires"))

    def change(connection: Any) -> Waiver:
        from nephoscope.store.waivers import propose_waiver

        return propose_waiver(connection, proposal, now)

    return _change(change, format, config, data)


@app.command("approve")
def approve(
    uid: Annotated[str, typer.Argument(help="The waiver's uid.")],
    by: ByOption = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Approve a proposed waiver; whoever proposed it cannot.

    Example: nephoscope waivers approve 4f0c11d2a9b3 --by bob
    """

    def change(connection: Any) -> Waiver:
        from nephoscope.store.waivers import approve_waiver

        return approve_waiver(connection, uid, identity(by))

    return _change(change, format, config, data)


@app.command("revoke")
def revoke(
    uid: Annotated[str, typer.Argument(help="The waiver's uid.")],
    by: ByOption = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Revoke a waiver, or withdraw a proposal; its findings open again.

    Example: nephoscope waivers revoke 4f0c11d2a9b3
    """

    def change(connection: Any) -> Waiver:
        from nephoscope.store.waivers import revoke_waiver

        return revoke_waiver(connection, uid, identity(by))

    return _change(change, format, config, data)


def _change(change: Callable[[Any], Waiver], format: str, config: Path | None, data: Path | None) -> int:
    """Change a waiver, apply all of them to the findings there are, and print it; what is refused is a wrong call."""
    shown = chosen_format(format)
    with opened_ledger(configured(config, data)) as ledger, ledger.write() as connection:
        from nephoscope.store.waivers import WaiverRefused, apply_waivers

        try:
            waiver = change(connection)
        except (WaiverRefused, ContentError) as error:
            raise typer.BadParameter(str(error)) from None
        apply_waivers(connection)
    print_rows([_row(waiver)], COLUMNS, shown)
    return Exit.NOTHING


def _row(waiver: Waiver) -> dict[str, Any]:
    from nephoscope.store.waivers import waiver_state

    return {
        "uid": waiver.uid,
        "state": waiver_state(waiver, datetime.now(UTC)),
        "scope": waiver.scope,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "requested_by": waiver.requested_by,
        "requested_at": waiver.requested_at,
        "approved_by": waiver.approved_by,
        "approved_at": waiver.approved_at,
        "revoked_by": waiver.revoked_by,
        "revoked_at": waiver.revoked_at,
        "expires_at": waiver.expires_at,
    }
