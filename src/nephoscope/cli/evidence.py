"""`nephoscope evidence`."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003  typer reads the annotation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._evidence import case_row, print_report, read_keys, shown_case
from nephoscope.cli._store import (
    ListByDefault,
    chosen_format,
    configured,
    identity,
    opened_ledger,
    print_rows,
)
from nephoscope.cli.output import Exit, print_json, printable, wants_json, warn
from nephoscope.model.errors import CustodyError
from nephoscope.model.evidence import Custody

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nephoscope.config import Config
    from nephoscope.respond.evidence.vault import Vault
    from nephoscope.respond.evidence.verify import Report

COLUMNS = ("run", "state", "made_at", "captures", "bytes", "number", "finding", "place")
CUSTODY_COLUMNS = ("number", "at", "what", "who", "detail", "digest")
DIGEST = re.compile(r"[0-9a-f]{64}")

app = typer.Typer(
    cls=ListByDefault,
    help="List, verify and hand out the evidence that runs captured.",
    add_completion=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="nephoscope.toml; else ./nephoscope.toml")]
DataOption = Annotated[Path | None, typer.Option("--data", help="The data folder; else as configured.")]
ByOption = Annotated[str, typer.Option(help="Who acts; else the user of this machine.")]
FormatOption = Annotated[str, typer.Option(metavar="jsonl|csv|table", help="How to print.")]
TextOption = Annotated[str, typer.Option("--format", metavar="jsonl|text", help="How to print.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or its beginning.")]


@app.command("list")
def list_(format: FormatOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """List the runs that captured evidence, the newest first.

    Example: nephoscope evidence
    """
    shown = chosen_format(format)
    with opened_ledger(configured(config, data)) as ledger, ledger.read() as connection:
        from nephoscope.store.evidence import list_cases

        print_rows([case_row(each) for each in list_cases(connection)], COLUMNS, shown)
    return Exit.NOTHING


@app.command("show")
def show(
    run: RunArgument,
    content: Annotated[str, typer.Option(metavar="NAME", help="Print this capture, by name or SHA-256.")] = "",
    by: ByOption = "",
    format: TextOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Show what a run captured, or print one capture; printing one is written into the custody log.

    Example: nephoscope evidence show 3f2a90

    Example: nephoscope evidence show 3f2a90 --content instance.json
    """
    with _opened(config, data) as vault:
        full = _run(vault, run)
        if content:
            _print_content(vault, full, content, identity(by))
        elif wants_json(format):
            print_json({"run": full, "captures": vault.captures(full), "custody": vault.custody(full)})
        else:
            print("\n".join(shown_case(full, vault.captures(full))))
    return Exit.NOTHING


@app.command("verify")
def verify(
    path: Annotated[Path | None, typer.Argument(help="A folder or archive; else what this installation keeps.")] = None,
    key: Annotated[list[Path] | None, typer.Option(help="A public key, or a folder of some; repeatable.")] = None,
    head: Annotated[str, typer.Option(metavar="SHA256", help="The newest manifest's, as noted elsewhere.")] = "",
    by: ByOption = "",
    format: TextOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Check that evidence is as it was sealed, and name what is not. A folder or archive is checked offline.

    Exits with 0 if all of it is, 1 if something was altered, 2 if that cannot be said: not sealed yet, not readable,
    or the public key came with the evidence.

    Example: nephoscope evidence verify

    Example: nephoscope evidence verify case.zip --key nephoscope-key.pem
    """
    if head and not DIGEST.fullmatch(head):
        raise typer.BadParameter(f"{head} is no SHA-256: 64 hexadecimal digits", param_hint="--head")
    report = _verified(path, read_keys(key or []), head) if path else _own(config, data, key or [], head, by)
    print_report(report, is_json=wants_json(format))
    return _exit(report)


@app.command("export")
def export(
    run: RunArgument,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The archive to write: .zip or .tar.")],
    by: ByOption = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Write a run's sealed evidence into an archive, with public keys, custody log and how to check it by hand.

    Example: nephoscope evidence export 3f2a90 --to case.zip --by alice
    """
    with _opened(config, data) as vault:
        from nephoscope.respond.evidence.export import export as write

        full = _run(vault, run)
        print_json({"run": full, "archive": str(to), "sha256": write(vault, full, to, identity(by))})
    return Exit.NOTHING


@app.command("key")
def key(
    rotate: Annotated[bool, typer.Option("--rotate", help="Sign with a new key from now on.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> int:
    """Print the public key; publish it where nobody who could change the evidence could change it too.

    What older keys signed stays valid: keep their public halves.

    Example: nephoscope evidence key > nephoscope-key.pem
    """
    with _opened(config, data) as vault:
        signer = vault.rotate() if rotate else vault.signer
        vault.keys()
        print(signer.public, end="")
        warn(f"key id {signer.key_id}")
    return Exit.NOTHING


@app.command("custody")
def custody(run: RunArgument, format: FormatOption = "", config: ConfigOption = None, data: DataOption = None) -> int:
    """Show who did what with a run's evidence, in order. Exits with 1 if the log was altered.

    Example: nephoscope evidence custody 3f2a90
    """
    shown = chosen_format(format)
    with _opened(config, data) as vault:
        entries = vault.custody(_run(vault, run))
    previous, is_whole = "", True
    for entry in entries:
        is_whole = is_whole and entry.previous == previous
        previous = entry.digest
    print_rows([_custody_row(each) for each in entries], CUSTODY_COLUMNS, shown)
    if not is_whole:
        warn("The custody log was altered: an entry does not follow the one before it.")
    return Exit.NOTHING if is_whole else Exit.FINDINGS


def _custody_row(entry: Any) -> dict[str, Any]:
    names = ("run", "number", "at", "who", "what", "detail", "previous", "digest")
    return {name: getattr(entry, name) for name in names}


def _verified(path: Path, keys: Mapping[str, str], head: str) -> Report:
    from nephoscope.respond.evidence.archive import opened_files
    from nephoscope.respond.evidence.verify import verify as check

    with opened_files(path) as files:
        return check(files, keys, head)


def _own(config: Path | None, data: Path | None, key: list[Path], head: str, by: str) -> Report:
    """The installation's own evidence, held against its ledger; that it was verified is in each custody log."""
    with _opened(config, data) as vault:
        from nephoscope.respond.evidence.verify import Flaw
        from nephoscope.respond.evidence.verify import verify as check
        from nephoscope.store.evidence import manifests_after

        with vault.ledger.read() as connection:
            sealed = manifests_after(connection, 0)
        expected = head or (sealed[-1].sha256 if sealed else "")
        report = check(vault.storage, read_keys(key) or vault.keys(), expected)
        there = {manifest.run: manifest for manifest in report.manifests.values()}
        for each in sealed:
            if each.run in there and there[each.run].statement() != each.envelope.payload:
                report.flaws.append(Flaw(f"cases/{each.run}", "altered", "the ledger has another manifest of this run"))
        result = "as sealed" if report.is_proven else f"{len(report.flaws)} flaws in {vault.storage.place}"
        for each in sealed:
            vault.note(each.run, identity(by), Custody.VERIFIED, result)
        return report


def _exit(report: Report) -> int:
    if report.is_altered:
        return Exit.FINDINGS
    return Exit.NOTHING if report.is_proven else Exit.UNSEEN


@contextmanager
def _opened(config: Path | None, data: Path | None) -> Iterator[Vault]:
    settings = configured(config, data)
    with opened_ledger(settings) as ledger:
        from nephoscope.respond.evidence.vault import opened_vault

        yield opened_vault(settings, ledger, _aws(settings))


def _aws(settings: Config) -> Any:
    if not settings.evidence.bucket:
        return None
    from nephoscope.clouds.named import acting_of

    return acting_of(settings)("evidence", settings.evidence.account)


def _run(vault: Vault, begins: str) -> str:
    from nephoscope.store.evidence import get_case, list_cases

    with vault.ledger.read() as connection:
        if get_case(connection, begins):
            return begins
        found = [each.run for each in list_cases(connection, begins)]
    if len(found) != 1:
        many = f"{len(found)} runs begin so: {', '.join(found[:5])}"
        raise typer.BadParameter(many if found else f"there is no evidence of run {begins}", param_hint="RUN")
    return found[0]


def _print_content(vault: Vault, run: str, wanted: str, by: str) -> None:
    import sys

    from nephoscope.respond.evidence.storage import chunks_of

    found = [each for each in vault.captures(run) if wanted in (each.name, each.sha256)]
    if len(found) != 1:
        raise CustodyError(
            f"Run {printable(run)} has {len(found)} captures of that name: choose one by SHA-256; show lists them"
        )
    vault.note(run, by, Custody.READ, found[0].file)
    with vault.storage.open(f"{vault.folder_of(run)}/{found[0].file}") as content:
        for chunk in chunks_of(content):
            sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
