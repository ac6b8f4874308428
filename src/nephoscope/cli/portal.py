"""`nephoscope portal`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from nephoscope.cli._store import configured, identity, opened_ledger
from nephoscope.cli.output import Exit, print_json, wants_json

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Sign-in and audit log of the portal."
)
ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]


@app.command("setup-link")
def setup_link(config: ConfigOption = None, data: DataOption = None) -> int:
    """Print a new one-time link that makes an administrator; good for 15 minutes, the earlier one is void.

    Example: nephoscope portal setup-link
    """
    settings = configured(config, data)
    with opened_ledger(settings) as ledger, ledger.write() as connection:
        from nephoscope.store.audit import Entry, record
        from nephoscope.store.state import get_state
        from nephoscope.store.users import ADDRESS, make_link

        now = datetime.now(UTC)
        token, _ = make_link(connection, "setup", "", now)
        record(connection, Entry("", identity(""), "command", "", "setup link"), now)
        address = settings.portal.public_url or get_state(connection, ADDRESS) or settings.portal.url
    print(f"{address.rstrip('/')}/setup#{token}")
    return Exit.NOTHING


audit = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="The audit log.")
app.add_typer(audit, name="audit")


@audit.command("verify")
def verify(
    format: Annotated[str, typer.Option(metavar="jsonl|text", help="How to print.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Compute the audit log's chain of hashes again; exits with 1 where a row was changed, removed or put in.

    Example: nephoscope portal audit verify
    """
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.audit import verify as verified

        chain = verified(connection)
    if wants_json(format):
        print_json({"is_whole": chain.is_whole, "rows": chain.rows, "broken_at": chain.broken_at, "head": chain.head})
    elif chain.is_whole:
        print(f"The audit log is whole: {chain.rows} rows, head {chain.head or 'none'}")
    else:
        print(f"The audit log is broken at row {chain.broken_at}; {chain.rows} rows before it are as written")
    return Exit.NOTHING if chain.is_whole else Exit.FINDINGS
