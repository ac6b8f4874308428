"""`nephoscope fleet`: hosts with an agent, and who of them is let in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import chosen_format, configured, identity, later, opened_ledger, print_rows
from nephoscope.cli.output import Exit, print_json, warn

if TYPE_CHECKING:
    from sqlalchemy import Connection

COLUMNS = ("id", "state", "hostname", "instance", "account", "region", "os", "agent_version", "last_seen_at", "cause")
TOKEN_COLUMNS = ("id", "uses", "expires_at", "tags", "made_by", "made_at")
TABLE_COLUMNS = ("name", "rows", "at", "cause")
CHANGE_COLUMNS = (
    "change", "host", "path", "class", "severity", "explained", "explanation", "package", "trust", "first_at",
    "ended_at",
)  # fmt: skip
BASELINE_COLUMNS = (
    "host", "path", "replaced", "entries", "unseen", "explained", "unexplained", "adopted_at", "looked_at",
    "oldest_hash_at",
)  # fmt: skip
FIELDS = {"class": "class_", "replaced": "is_replaced"}
TAG = re.compile(r"([^=]{1,100})=(.{0,200})", re.DOTALL)

app = typer.Typer(help="Hosts with an agent: let them in, list them, shut them out.", add_completion=False,
                  rich_markup_mode=None, no_args_is_help=True)  # fmt: skip

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
ByOption = Annotated[str, typer.Option(help="Who acts; else the user of this machine.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]
HostArgument = Annotated[str, typer.Argument(metavar="HOST", help="The host's id, or its beginning.")]


@app.command("token")
def token(
    uses: Annotated[int, typer.Option(min=1, max=100_000, help="How many hosts may join by it.")] = 1,
    expires: Annotated[str, typer.Option(help="24h, 7d, or a time.")] = "24h",
    tag: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Given to the hosts; repeatable.")] = None,
    by: ByOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Make a join token and print it; it is not shown again.

    Example: nephoscope fleet token --uses 20 --expires 2h --tag team=web > token
    """
    expires_at, tags, who, settings = (
        later(expires, "--expires"),
        _tags(tag or []),
        identity(by),
        configured(config, data),
    )
    with opened_ledger(settings) as ledger:
        from nephoscope.fleet.tokens import make_token
        from nephoscope.pipeline.fleet import add_token, policy_key

        now = datetime.now(UTC)
        text, made = make_token(policy_key(settings).fingerprint, uses, now, expires_at, tags, who)
        with ledger.write() as connection:
            add_token(connection, made)
            _note(connection, who, "join token make", made.id, {"uses": uses, "tags": tags, "expires_at": expires_at})
    print(text)
    warn(
        f"lets {uses} hosts join until {expires_at:%Y-%m-%d %H:%M} UTC; nephoscope fleet revoke {made.id} takes it back"
    )
    return Exit.NOTHING


@app.command("tokens")
def tokens(format: FormatOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """List join tokens, without their text.

    Example: nephoscope fleet tokens
    """
    shown = chosen_format(format)
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.fleet import list_tokens

        rows = [{name: getattr(each, name) for name in TOKEN_COLUMNS} for each in list_tokens(connection)]
    print_rows(rows, TOKEN_COLUMNS, shown)
    return Exit.NOTHING


@app.command("hosts")
def hosts(
    state: Annotated[str, typer.Option(help="Only waiting, enrolled, silent, tampered, left or revoked ones.")] = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List hosts. Exits with 1 if one was tampered with, 2 if none was but one is silent or waits.

    Example: nephoscope fleet hosts --state silent
    """
    shown, settings = chosen_format(format), configured(config, data)
    with opened_ledger(settings) as ledger, ledger.read() as connection:
        from nephoscope.store.fleet import list_hosts

        rows = [_row(host, settings.fleet.heartbeat_s) for host in list_hosts(connection)]
    print_rows([row for row in rows if state in ("", row["state"])], COLUMNS, shown)
    states = {row["state"] for row in rows}
    if "tampered" in states:
        return Exit.FINDINGS
    return Exit.UNSEEN if states & {"silent", "waiting"} else Exit.NOTHING


@app.command("show")
def show(
    host: HostArgument,
    table: Annotated[str, typer.Option(metavar="NAME", help="Print this table's rows as JSON lines.")] = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List what a host told of itself, or print one of its tables. Exits with 2 where a table could not be read.

    Example: nephoscope fleet show 3f2a90 --table listening_ports
    """
    shown = chosen_format(format)
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.fleet import tables_of

        known = tables_of(connection, _found(connection, host))
    if table:
        chosen = [each for each in known if each.name == table]
        if not chosen:
            raise typer.BadParameter(f"this host told of no table {table}", param_hint="--table")
        for row in chosen[0].rows:
            print_json(row)
        known = chosen
    else:
        rows = [{"name": each.name, "rows": len(each.rows), "at": each.at, "cause": each.cause} for each in known]
        print_rows(rows, TABLE_COLUMNS, shown)
    return Exit.UNSEEN if any(each.cause for each in known) else Exit.NOTHING


@app.command("approve")
def approve(host: HostArgument, by: ByOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """Let a host in that waits; whoever held its instance or machine id before is revoked.

    Example: nephoscope fleet approve 3f2a90
    """
    with opened_ledger(configured(config, data)) as ledger, ledger.write() as connection:
        from nephoscope.pipeline.fleet import approve as let_in

        id_ = _found(connection, host)
        if let_in(connection, id_, datetime.now(UTC)) is None:
            raise typer.BadParameter(f"{id_} does not wait for an approval", param_hint="HOST")
        _note(connection, identity(by), "host approve", id_, {})
    return Exit.NOTHING


@app.command("revoke")
def revoke(
    host: Annotated[str, typer.Argument(metavar="HOST|TOKEN", help="A host's id or its beginning, or a token's id.")],
    by: ByOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Refuse a host from now on, or take a join token back.

    Example: nephoscope fleet revoke 3f2a90
    """
    who = identity(by)
    with opened_ledger(configured(config, data)) as ledger, ledger.write() as connection:
        from nephoscope.pipeline.fleet import revoke as shut_out
        from nephoscope.store.fleet import drop_token

        if drop_token(connection, host):
            _note(connection, who, "join token revoke", host, {})
            return Exit.NOTHING
        id_ = _found(connection, host)
        if shut_out(connection, id_, f"revoked by {who}") is None:
            raise typer.BadParameter(f"{id_} left, or was revoked already", param_hint="HOST")
        _note(connection, who, "host revoke", id_, {})
    return Exit.NOTHING


@app.command("changes")
def changes(
    host: Annotated[str, typer.Option(metavar="HOST", help="Only of this host: its id, or its beginning.")] = "",
    unexplained: Annotated[bool, typer.Option("--unexplained", help="Only what nobody explains or approved.")] = False,
    ended: Annotated[bool, typer.Option("--ended", help="Also what is as it was again.")] = False,
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List files of hosts that are not as their baselines have them. Exits with 1 if one is not explained.

    Example: nephoscope fleet changes --unexplained
    """
    shown = chosen_format(format)
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.integrity import list_changes

        found = list_changes(connection, _found(connection, host) if host else "", with_ended=ended)
    names = FIELDS | {"explained": "is_explained"}
    rows = [{name: getattr(each, names.get(name, name)) for name in CHANGE_COLUMNS} for each in found]
    print_rows([row for row in rows if not (unexplained and row["explained"])], CHANGE_COLUMNS, shown)
    stands = any(not each.is_explained and each.ended_at is None for each in found)
    return Exit.FINDINGS if stands else Exit.NOTHING


@app.command("approve-changes")
def approve_changes(
    ids: Annotated[list[str], typer.Argument(metavar="CHANGE…", help="As `fleet changes` names them.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why these changes are as they should be.")] = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take approvals back instead.")] = False,
    by: ByOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Approve changes of files by what they led to: the same path with the same content is explained on every host.

    \b
    nephoscope fleet approve-changes 9f2c…41 --why "deploy 4711"
    nephoscope fleet approve-changes 9f2c…41 --withdraw
    """  # noqa: D301  click's mark for lines that stay as they are
    if not withdraw and not why.strip():
        raise typer.BadParameter("say why", param_hint="--why")
    who, now = identity(by), datetime.now(UTC)
    with opened_ledger(configured(config, data)) as ledger:
        from nephoscope.keep import Decided, decide
        from nephoscope.pipeline.integrity import approve_changes as approved
        from nephoscope.pipeline.integrity import withdraw_approval

        with ledger.write() as connection:
            if withdraw:
                taken = {each: withdraw_approval(connection, each, now) for each in ids}
                unknown = [each for each, found in taken.items() if found is None]
                decide(connection, Decided([one for found in taken.values() for one in found or ()], at=now))
            else:
                unknown = [each for each in ids if not _stands(connection, each)]
                decide(connection, Decided(ended=approved(connection, ids, why, who, now), at=now))
            if unknown:
                raise typer.BadParameter(f"no such change stands: {', '.join(unknown)}", param_hint="CHANGE")
            _note(connection, who, "file changes withdraw" if withdraw else "file changes approve", ",".join(ids)[:400],
                  {"why": why})  # fmt: skip
    return Exit.NOTHING


@app.command("baselines")
def baselines(
    accept: Annotated[
        str, typer.Option(metavar="PATH", help="Let the baseline that HOST told last for PATH hold from now on.")
    ] = "",
    host: Annotated[str, typer.Option(metavar="HOST", help="Only of this host: its id, or its beginning.")] = "",
    by: ByOption = "",
    format: FormatOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """List what watched folders of hosts are compared with. Exits with 1 if a host replaced its baseline.

    Example: nephoscope fleet baselines --host 3f2a90 --accept /etc
    """
    shown = chosen_format(format)
    if accept and not host:
        raise typer.BadParameter("--accept needs --host", param_hint="--host")
    with opened_ledger(configured(config, data)) as ledger, ledger.write() as connection:
        from nephoscope.keep import Decided, decide
        from nephoscope.pipeline.integrity import accept_baseline
        from nephoscope.store.fleet import get_host
        from nephoscope.store.integrity import list_file_baselines

        id_ = _found(connection, host) if host else ""
        if accept:
            known, now = get_host(connection, id_), datetime.now(UTC)
            accepted = accept_baseline(connection, known, accept, now) if known else None
            if accepted is None:
                raise typer.BadParameter(f"the baseline of {accept} was not replaced there", param_hint="--accept")
            decide(connection, Decided(ended={accepted.ended: accepted.why}, at=now))
            _note(connection, identity(by), "file baseline accept", id_, {"path": accept})
        found = list_file_baselines(connection, id_)
    rows = [{name: getattr(each, FIELDS.get(name, name)) for name in BASELINE_COLUMNS} for each in found]
    print_rows(rows, BASELINE_COLUMNS, shown)
    return Exit.FINDINGS if any(each.is_replaced for each in found) else Exit.NOTHING


def _stands(connection: Connection, change: str) -> bool:
    from nephoscope.store.integrity import changes_of

    return bool(changes_of(connection, [change]))


def _tags(given: list[str]) -> dict[str, str]:
    found = {text: TAG.fullmatch(text) for text in given}
    for text, match in found.items():
        if match is None:
            raise typer.BadParameter(f"{text} is not NAME=VALUE", param_hint="--tag")
    return {match[1]: match[2] for match in found.values() if match}


def _row(host: Any, heartbeat_s: int) -> dict[str, Any]:
    from nephoscope.pipeline.fleet import state_of

    system = f"{host.os.get('id', '')} {host.os.get('version_id', '')}".strip()
    row = {name: getattr(host, name) for name in COLUMNS if name not in ("state", "os")}
    return row | {"state": state_of(host, datetime.now(UTC), heartbeat_s), "os": system, "tags": host.tags}


def _found(connection: Connection, begins: str) -> str:
    from nephoscope.store.fleet import get_host, list_hosts

    if get_host(connection, begins):
        return begins
    found = [each.id for each in list_hosts(connection) if begins and each.id.startswith(begins)]
    if len(found) != 1:
        many = f"{len(found)} hosts begin so: {', '.join(found[:5])}"
        raise typer.BadParameter(many if found else f"there is no host {begins}", param_hint="HOST")
    return found[0]


def _note(connection: Connection, who: str, action: str, about: str, detail: dict[str, Any]) -> None:
    """Keep who did it in the audit log, where it is done."""
    from nephoscope.store.audit import Entry, record

    record(connection, Entry("", who, "command", "", action, about, "done", detail), datetime.now(UTC))
